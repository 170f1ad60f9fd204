"""What a study found: figures by method with intervals by patient, and paired differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Direction, Estimate
from cancergan.core.provenance import fingerprint
from cancergan.metrics.resampling import bootstrap_interval
from cancergan.studies.base import Method

Values = npt.NDArray[np.float64]
Statistic = Callable[[Values], float]
FAMILY = "study"


def mean(values: Values) -> float:
    """Return the mean of the cases that have a value; NaN where none has."""
    there = values[np.isfinite(values)]
    return float(there.mean()) if there.size else float("nan")


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one method did on every test case, in one figure.

    Attributes:
        method: the competitor's name.
        figure: the metric's standard name ("dice", "auc").
        values: (seeds, cases, ...): what the statistic reads of each case, for each seed. Of a
            method without chance there is one seed.
        units: the patient of each case.
        direction: which way is better.
        statistic: from one seed's values (cases, ...) to the figure; the mean by default. NaN where
            the drawn cases do not determine it.
        space: where it was measured ("whole image", "inside mask", "task").
        strata: the label of each case, where every draw must keep the number of each (AUC).
        note: one sentence beside the figure.
    """

    method: str
    figure: str
    values: Values
    units: Sequence[str]
    direction: Direction
    statistic: Statistic = mean
    space: str = "task"
    strata: Sequence[object] | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.values.ndim < 2 or self.values.shape[1] != len(self.units):
            raise ValueError(
                f"{self.method}, {self.figure}: values {self.values.shape} are not "
                f"(seeds, {len(self.units)}, ...)"
            )

    def by_seed(self, rows: npt.NDArray[np.intp] | None = None) -> Values:
        """Return the figure of every seed, over all cases or the given ones."""
        chosen = self.values if rows is None else self.values[:, rows]
        return np.array([self.statistic(seed) for seed in chosen])

    def over_seeds(self, rows: npt.NDArray[np.intp] | None = None) -> float:
        """Return the mean over the seeds."""
        return float(self.by_seed(rows).mean())


@dataclass(frozen=True)
class Difference:
    """How much larger a method's figure is than a baseline's, paired by patient."""

    method: str
    baseline: str
    estimate: Estimate

    @property
    def verdict(self) -> str:
        """Say "better", "worse" or "no difference shown" by the interval.

        Of a figure of which neither more nor less is better: "higher" or "lower".
        """
        found = self.estimate
        if found.low is None or found.high is None or found.low <= 0 <= found.high:
            return "no difference shown"
        if found.direction == "neither":
            return "higher" if found.low > 0 else "lower"
        return "better" if (found.low > 0) == (found.direction == "higher") else "worse"


@dataclass(frozen=True)
class Figure:
    """One method's figure: the estimate, and what each seed gave."""

    method: str
    estimate: Estimate
    seeds: tuple[float, ...]


@dataclass(frozen=True)
class Evidence:
    """All that a study found, for the page, the table and the literature's comparison.

    ``notes`` are sentences that a reader needs (why a method lost, what the data cannot say);
    ``record`` says of what it was found: recipe, cohort, split, seeds.
    """

    methods: tuple[Method, ...]
    figures: tuple[Figure, ...]
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        methods: Sequence[Method],
        outcomes: Sequence[Outcome],
        *,
        seed: int = 0,
        notes: Sequence[str] = (),
    ) -> Evidence:
        """Return the evidence of outcomes, intervals by patient.

        A figure is the mean over seeds of the statistic; its interval resamples patients and keeps
        the seeds, so what the seeds give is shown beside it and not in it. Differences resample the
        patients of both methods together.

        Raises:
            BadInputError: two methods have the same figure of different cases.
        """
        known = {method.name: method for method in methods}
        figures = [_figure(outcome, seed) for outcome in outcomes]
        differences = []
        for base in outcomes:
            if not known[base.method].baseline:
                continue
            for other in outcomes:
                same = (other.figure, other.space) == (base.figure, base.space)
                if same and not known[other.method].baseline:
                    differences.append(_difference(other, base, seed))
        return cls(
            tuple(methods),
            tuple(figure for figure in figures if figure is not None),
            tuple(difference for difference in differences if difference is not None),
            tuple(notes),
        )

    def sentences(self) -> list[str]:
        """Return one sentence for each method and figure that has a baseline."""
        from cancergan.assessment.figures import interval

        said = []
        for found in self.differences:
            estimate = found.estimate
            said.append(
                f"{found.method} against {found.baseline}: {found.verdict} in {estimate.name} "
                f"({estimate.space}), difference {interval(estimate)}, "
                f"{estimate.n_real} cases of {estimate.note}."
            )
        return said

    def to_json(self) -> dict[str, Any]:
        """Return the evidence as a JSON object."""
        return {
            **self.record,
            "methods": [vars(method) for method in self.methods],
            "figures": [
                {"method": f.method, **f.estimate.to_json(), "seeds": list(f.seeds)}
                for f in self.figures
            ],
            "differences": [
                {"method": d.method, "baseline": d.baseline, "verdict": d.verdict,
                 **d.estimate.to_json()}
                for d in self.differences
            ],
            "notes": list(self.notes),
        }  # fmt: skip


def _figure(outcome: Outcome, seed: int) -> Figure | None:
    by_seed = outcome.by_seed()
    if not np.isfinite(by_seed).all():
        return None
    found = _estimate(outcome, float(by_seed.mean()), outcome.over_seeds, seed)
    return Figure(outcome.method, found, tuple(float(value) for value in by_seed))


def _difference(other: Outcome, base: Outcome, seed: int) -> Difference | None:
    if list(other.units) != list(base.units):
        raise BadInputError(
            f"{other.method} and {base.method} have {other.figure} of different cases; compare on "
            "the same."
        )

    def change(rows: npt.NDArray[np.intp]) -> float:
        return other.over_seeds(rows) - base.over_seeds(rows)

    value = other.over_seeds() - base.over_seeds()
    if not np.isfinite(value):
        return None
    found = _estimate(other, value, change, seed)
    return Difference(other.method, base.method, found)


def _estimate(
    outcome: Outcome, value: float, statistic: Callable[[npt.NDArray[np.intp]], float], seed: int
) -> Estimate:
    """Return the estimate with its interval by patient; without one where draws leave it open."""
    units = [str(unit) for unit in outcome.units]
    interval = bootstrap_interval(statistic, units, seed=seed, strata=outcome.strata)
    if interval is not None and not np.isfinite(interval).all():
        interval = None
    low, high = interval or (None, None)
    patients = len(set(units))
    return Estimate(
        family=FAMILY,
        name=outcome.figure,
        space=outcome.space,
        value=value,
        low=low,
        high=high,
        n_real=len(units),
        direction=outcome.direction,
        fingerprint=fingerprint("study", outcome.figure, outcome.space, units),
        note=outcome.note or f"{patients} patients",
    )
