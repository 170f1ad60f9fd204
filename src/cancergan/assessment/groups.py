"""The groups of patients whose figures are told apart: by sex, age band and centre."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.assessment.context import Side

COLUMNS = ("sex", "age", "centre")
AGE_EDGES = (0, 40, 60, 200)
AGE_NAMES = ("below_40", "40_to_59", "60_and_above")


def groups_of(side: Side, column: str) -> npt.NDArray[np.str_]:
    """Return the group of each case of a side; empty where it is not known. Ages are in bands."""
    values = side.table[column]
    if column == "age":
        years = pd.to_numeric(values, errors="coerce")
        values = pd.cut(years, list(AGE_EDGES), right=False, labels=list(AGE_NAMES)).astype(object)
    return np.array(["" if pd.isna(value) else str(value) for value in values])
