"""The unit that is drawn and counted: the patient, with all of its cases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cancergan.metrics.arrays import Integers

Units = Sequence[object] | npt.NDArray[np.generic]


def cases_by_unit(units: Units) -> list[Integers]:
    """Return the rows of each unit, given the unit of each case; units are equal as texts.

    >>> [rows.tolist() for rows in cases_by_unit(["b", "a", "b"])]
    [[1], [0, 2]]
    """
    names = np.asarray([str(unit) for unit in units])
    _, unit_of_case = np.unique(names, return_inverse=True)
    order = np.argsort(unit_of_case, kind="stable")
    return np.split(order, np.cumsum(np.bincount(unit_of_case))[:-1]) if len(names) else []
