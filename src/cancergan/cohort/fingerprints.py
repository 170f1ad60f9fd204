"""What identifies a cohort: its table and its float32 pixels, whatever the folder or format."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from cancergan.cohort.case import Case
from cancergan.cohort.table import PATH_COLUMNS, array_columns
from cancergan.core.provenance import fingerprint


def case_fingerprint(case: Case) -> str:
    """Return the fingerprint of the pixels of one case: image, mask and further arrays."""
    parts: list[object] = [array for array in (case.image, case.mask) if array is not None]
    for name in sorted(case.arrays):
        parts += [name, case.arrays[name]]
    return fingerprint(*parts)


def cohort_fingerprint(table: pd.DataFrame, cases: Iterable[Case]) -> str:
    """Return the fingerprint of a table and its cases, in their order.

    Paths to files do not count, nor do columns without any value; the order of the columns neither.
    """
    paths = (*PATH_COLUMNS, *array_columns(table))
    columns = {
        str(name): [_plain(value) for value in table[name]]
        for name in table.columns
        if name not in paths
    }
    columns = {
        name: values for name, values in columns.items() if any(v is not None for v in values)
    }
    return fingerprint(columns, [case_fingerprint(case) for case in cases])


def _plain(value: object) -> object:
    """Return a value as a text file would keep it: 3 and 3.0 are equal, nothing is None."""
    if value is None or value == "" or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | float | np.integer | np.floating):
        number = float(value)
        return None if math.isnan(number) else number
    return str(value)
