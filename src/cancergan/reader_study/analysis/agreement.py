"""How far readers agree with themselves and with each other, beyond chance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from cancergan.core.errors import BadInputError
from cancergan.metrics.agreement import cohen_kappa, fleiss_kappa
from cancergan.metrics.arrays import Integers
from cancergan.metrics.resampling import bootstrap_interval
from cancergan.reader_study.analysis.detection import ALL, Result
from cancergan.reader_study.analysis.readings import complete, first_readings

# A draw in which everybody always says the same has no kappa; it counts as full agreement, since
# leaving such draws out would narrow the interval.
ONE_CATEGORY = 1.0


def _cohen(pairs: Integers) -> float:
    """Return Cohen's kappa of (n, 2) answers; 1 where both only ever say one same thing."""
    return ONE_CATEGORY if (pairs == pairs[0, 0]).all() else cohen_kappa(pairs[:, 0], pairs[:, 1])


def within_readers(table: pd.DataFrame, column: str, *, seed: int) -> Iterator[Result]:
    """Yield Cohen's kappa of every reader's first and second reading of the repeated cases."""
    for name, rows in table[table["phase"] == "blind"].groupby("name", sort=False):
        pairs = _pairs(rows, column)
        if len(pairs) < 2:
            continue
        yield _kappa("kappa_within_reader", str(name), pairs, seed)
    everybody = np.concatenate([
        _pairs(rows, column) for _, rows in table[table["phase"] == "blind"].groupby("name")
    ])  # fmt: skip
    if len(everybody) >= 2:
        yield _kappa("kappa_within_readers", ALL, everybody, seed)


def _pairs(rows: pd.DataFrame, column: str) -> Integers:
    """Return first and second reading of repeated cases, (n, 2)."""
    second = rows[rows["repeat"] == 1].set_index("item")[column]
    first = rows[rows["repeat"] == 0].set_index("item")[column]
    return np.column_stack([first.reindex(second.index), second]).astype(np.int64).reshape(-1, 2)


def _kappa(name: str, who: str, pairs: Integers, seed: int) -> Result:
    def statistic(cases: Integers) -> float:
        return _cohen(pairs[cases])

    cases = np.arange(len(pairs))
    ends = bootstrap_interval(statistic, cases, seed=seed) or (None, None)
    value = statistic(cases)
    note = "Cohen, bootstrap over repeated cases"
    return Result(name, who, value, *_around(value, ends), len(pairs), note)


def between_readers(table: pd.DataFrame, column: str, *, seed: int) -> Result:
    """Return Fleiss' kappa of all complete readers, with a bootstrap interval over cases.

    Raises:
        BadInputError: fewer than 2 complete readers, or a single answer was ever given.
    """
    whole, _ = complete(first_readings(table))
    if whole["reader"].nunique() < 2:
        raise BadInputError("fewer than 2 readers have read every case")
    answers = whole.pivot(index="item", columns="name", values=column).to_numpy(dtype=int)
    counts = np.stack([(answers == kind).sum(1) for kind in np.unique(answers)], axis=1)
    value = fleiss_kappa(counts)

    def statistic(cases: Integers) -> float:
        drawn = counts[cases]
        one = (drawn.sum(0) == drawn.sum()).any()
        return ONE_CATEGORY if one else fleiss_kappa(drawn)

    cases = np.arange(len(counts))
    ends = bootstrap_interval(statistic, cases, seed=seed) or (None, None)
    note = "Fleiss, bootstrap over cases"
    return Result("kappa_between_readers", ALL, value, *_around(value, ends), len(counts), note)


def _around(
    value: float, ends: tuple[float, float] | tuple[None, None]
) -> tuple[float | None, float | None]:
    """Return the ends, opened where a skewed bootstrap leaves the value outside."""
    low, high = ends
    if low is None or high is None:
        return None, None
    return min(low, value), max(high, value)
