"""Can readers tell? Accuracy, d', ROC curves and equivalence, for each reader and for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, Integers
from cancergan.metrics.equivalence import equivalence_p_value
from cancergan.metrics.multi_reader import (
    ReaderAverage,
    delong,
    jackknife_covariance,
    logit_interval,
    modality_difference,
    reader_average,
)
from cancergan.metrics.resampling import binomial_interval
from cancergan.metrics.signal_detection import d_prime, d_prime_2afc, d_primes, d_primes_2afc
from cancergan.reader_study.analysis.readings import complete, first_readings

CHANCE = 0.5


@dataclass(frozen=True)
class Result:
    """One figure: ``who`` is a reader's name or "all readers"; None where no interval can be had.

    ``p`` is of the hypothesis that the note names.
    """

    name: str
    who: str
    value: float
    low: float | None
    high: float | None
    n: int
    note: str = ""
    p: float | None = None
    confidence: float = 0.95
    phase: str = "blind"


ALL = "all readers"


def per_reader(table: pd.DataFrame, *, pairs: bool, margin: float) -> Iterator[Result]:
    """Yield accuracy with its exact interval, d', AUC and equivalence of each reader."""
    for name, rows in table.groupby("name", sort=False):
        who, n, correct = str(name), len(rows), int(rows["correct"].sum())
        low, high = binomial_interval(correct / n, n)
        yield Result("accuracy", who, correct / n, low, high, n, "Clopper and Pearson")
        p = equivalence_p_value(correct, n, margin=margin)
        low, high = binomial_interval(correct / n, n, 0.90)
        yield Result(
            "equivalence", who, correct / n, low, high, n,
            f"two one-sided exact tests within {CHANCE} +- {margin:g}", p, 0.90,
        )  # fmt: skip
        if pairs:
            found = d_prime_2afc(correct, n)
            yield Result("d_prime", who, found.value, found.low, found.high, n, "sqrt(2) z")
            continue
        yield from _yes_no(who, rows)


def _yes_no(who: str, rows: pd.DataFrame) -> Iterator[Result]:
    truth = rows["truth"].to_numpy(dtype=bool)
    says, n = rows["says"].to_numpy(), len(rows)
    hits, alarms = int(says[truth].sum()), int(says[~truth].sum())
    counts = {"sensitivity": (hits, int(truth.sum())),
              "specificity": (int((~truth).sum()) - alarms, int((~truth).sum()))}  # fmt: skip
    for name, (count, of) in counts.items():
        if of:
            yield Result(name, who, count / of, *binomial_interval(count / of, of), of)
    if not truth.any() or truth.all():
        return
    found = d_prime(hits, int(truth.sum()), alarms, int((~truth).sum()))
    note = f"criterion {found.criterion:.2f}"
    yield Result("d_prime", who, found.value, found.low, found.high, n, note)
    if min(truth.sum(), (~truth).sum()) >= 2:
        area, covariance = delong(truth, rows["score"].to_numpy()[None])
        low, high = logit_interval(float(area[0]), float(covariance[0, 0]))
        yield Result("auc", who, float(area[0]), low, high, n, "DeLong, logit interval")


@dataclass(frozen=True)
class Crossed:
    """Complete readings as arrays: scores and correctness (readers, cases), truth (cases,)."""

    scores: Float64
    correct: Float64
    truth: Integers
    readers: tuple[str, ...]
    items: Integers

    @classmethod
    def of(cls, table: pd.DataFrame) -> Crossed:
        """Return the readings of complete readers; items are in the order of their numbers."""
        whole, _ = complete(table)
        scores = whole.pivot(index="name", columns="item", values="score")
        correct = whole.pivot(index="name", columns="item", values="correct")
        truth = whole.groupby("item")["truth"].first()
        return cls(
            scores.to_numpy(dtype=float), correct.to_numpy(dtype=float), truth.to_numpy(dtype=int),
            tuple(map(str, scores.index)), scores.columns.to_numpy(dtype=int),
        )  # fmt: skip


def merits(crossed: Crossed, *, pairs: bool) -> dict[str, Callable[[Integers], Float64]]:
    """Return the figures of merit that are averaged over readers, by name."""
    truth = crossed.truth.astype(bool)

    def share(cases: Integers) -> Float64:
        return np.asarray(crossed.correct[:, cases].mean(1))

    def detectability(cases: Integers) -> Float64:
        right = crossed.correct[:, cases]
        if pairs:
            return d_primes_2afc(right.sum(1), len(cases))
        kind = truth[cases]
        alarms = (1 - right[:, ~kind]).sum(1)
        return d_primes(right[:, kind].sum(1), int(kind.sum()), alarms, int((~kind).sum()))

    found: dict[str, Callable[[Integers], Float64]] = {"accuracy": share, "d_prime": detectability}
    if not pairs:
        found["auc"] = lambda cases: _areas(truth[cases], crossed.scores[:, cases])
    return found


def _areas(truth: npt.NDArray[np.bool_], scores: Float64) -> Float64:
    from scipy.stats import rankdata

    ranks, positive = rankdata(scores, axis=1), int(truth.sum())
    won = ranks[:, truth].sum(1) - positive * (positive + 1) / 2
    return np.asarray(won / (positive * (len(truth) - positive)))


def pooled(table: pd.DataFrame, *, pairs: bool, margin: float) -> Iterator[Result]:
    """Yield figures of all readers: over new readers and new cases (Obuchowski and Rockette).

    Accuracy also comes with the exact interval of independent readings, which is too narrow where
    readers share cases; the note says so.
    """
    n, correct = len(table), int(table["correct"].sum())
    low, high = binomial_interval(correct / n, n)
    yield Result(
        "accuracy_of_readings", ALL, correct / n, low, high, n,
        "Clopper and Pearson as if readings were independent; too narrow, as readers share cases",
    )  # fmt: skip
    crossed = Crossed.of(table)
    if len(crossed.readers) < 2:
        return
    for name, merit in merits(crossed, pairs=pairs).items():
        average = averaged(merit, len(crossed.truth))
        yield _pooled(name, average, crossed.scores.size)
        if name in ("accuracy", "auc"):
            bounds = CHANCE - margin, CHANCE + margin
            p = average.equivalence_p_value(*bounds)
            low, high = average.interval(0.90)
            yield Result(
                f"{name}_equivalence", ALL, average.value, max(low, 0), min(high, 1), n,
                f"two one-sided tests within {bounds[0]:g} to {bounds[1]:g}", p, 0.90,
            )  # fmt: skip


def averaged(merit: Callable[[Integers], Float64], cases: int) -> ReaderAverage:
    """Return the average of a figure of merit over readers, by the jackknife over cases."""
    return reader_average(merit(np.arange(cases)), jackknife_covariance(merit, cases))


def _pooled(name: str, average: ReaderAverage, n: int) -> Result:
    null = 0.0 if name == "d_prime" else CHANCE
    low, high = average.interval() if name == "d_prime" else average.interval_of_share()
    parts = ", ".join(f"{key} {value:.3g}" for key, value in average.variances.items())
    note = f"{parts}; {average.degrees_of_freedom:.3g} degrees of freedom; p against chance"
    return Result(name, ALL, average.value, low, high, n, note, average.p_value(null))


def disclosure(table: pd.DataFrame, *, pairs: bool) -> Iterator[Result]:
    """Yield informed minus blind: what readers gain from being told.

    Raises:
        BadInputError: no two readers have finished both phases.
    """
    both = [first_readings(table, phase) for phase in ("blind", "informed")]
    names = set.intersection(*(set(complete(rows)[0]["name"]) for rows in both))
    if len(names) < 2:
        raise BadInputError("fewer than 2 readers have finished both phases")
    crossed = [Crossed.of(rows[rows["name"].isin(names)]) for rows in both]
    if not np.array_equal(crossed[0].items, crossed[1].items):
        raise BadInputError("the phases have different cases")
    before, after = (merits(half, pairs=pairs) for half in crossed)
    for name in before:

        def merit(cases: Integers, name: str = name) -> Float64:
            return np.stack([before[name](cases), after[name](cases)])

        cases = len(crossed[0].truth)
        gain = modality_difference(merit(np.arange(cases)), jackknife_covariance(merit, cases))
        low, high = gain.interval()
        yield Result(
            f"{name}_gain_of_disclosure", ALL, gain.value, low, high, 2 * crossed[0].scores.size,
            f"{gain.degrees_of_freedom:.3g} degrees of freedom", gain.p_value(0.0), phase="both",
        )  # fmt: skip
