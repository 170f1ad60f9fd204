"""Which of two synthetic cohorts is better? Figure by figure, on the same real patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from cancergan.assessment.alarms import half_widths
from cancergan.assessment.context import Context, Integers
from cancergan.assessment.division import divide
from cancergan.assessment.protocols.fidelity import floor_by_patients
from cancergan.assessment.protocols.halves import BOUNDS_OF_SHARES, too_few_for_neighbours
from cancergan.assessment.report import Report
from cancergan.assessment.settings import AssessmentSettings
from cancergan.assessment.sides import context_of
from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Direction, Estimate, difference
from cancergan.downstream.feature_space import FeatureSpace
from cancergan.metrics.frechet import frechet_distance
from cancergan.metrics.kernel import kernel_distance
from cancergan.metrics.neighbours import precision_recall_density_coverage
from cancergan.metrics.resampling import Interval, half_samples_of, interval_about

Better = Literal["first", "second", "undecided"]
DIRECTIONS: Mapping[str, Direction] = {
    "frechet_excess": "lower",
    "kernel_distance": "lower",
    "precision": "higher",
    "recall": "higher",
    "coverage": "higher",
}


@dataclass(frozen=True)
class Gap:
    """One figure of both cohorts and the difference first minus second.

    Attributes:
        name, space: the metric, and what it was measured in.
        first, second: its values.
        difference: first minus second.
        interval: of the difference, by patients that both are compared with; None with too few, or
            where two finished reports are compared, which do not share their draws.
        better: "undecided" where the interval holds 0 once it is widened so that all comparisons
            together err in at most 5 %, or where there is none.
    """

    name: str
    space: str
    first: float
    second: float
    difference: float
    interval: Interval | None
    better: Better

    def __str__(self) -> str:
        """Return one line."""
        between = "no interval"
        if self.interval is not None:
            between = f"{self.interval[0]:+.3g} to {self.interval[1]:+.3g}"
        return (
            f"{self.name} [{self.space}]: {self.first:.4g} against {self.second:.4g}, "
            f"difference {self.difference:+.3g} ({between}): {self.better}"
        )


def compare_cohorts(
    *,
    real: Cohort,
    first: Cohort,
    second: Cohort,
    training: Cohort | None = None,
    seed: int = 0,
    settings: AssessmentSettings | None = None,
) -> tuple[Gap, ...]:
    """Compare two synthetic cohorts with the same real patients, in the same spaces.

    Every random half of the real patients judges both cohorts, so what moves both figures alike (an
    odd patient) cancels in the difference. Its interval speaks of other patients and other cases
    from both generators, not of other trainings.

    Raises:
        BadInputError: as for ``assess``; or the cohorts were prepared in different windows or
            sizes, so that no geometry is fair to both.
    """
    settings = settings or AssessmentSettings()
    one, other = (
        context_of(divide(real=real, synthetic=made, training=training, seed=seed), settings, seed)
        for made in (first, second)
    )
    prints = [context.preparation.fingerprint for context in (one, other)]
    if prints[0] != prints[1]:
        raise BadInputError(
            f"{first.origin} and {second.origin} have different windows or image sizes "
            f"({prints[0]}, {prints[1]}): nothing measured on both compares. Train both alike."
        )
    spaces = one.spaces
    widths = half_widths(len(spaces) * len(DIRECTIONS), settings.confidence)
    return tuple(gap for space in spaces for gap in _gaps(one, other, space, widths))


def compare_reports(first: Report, second: Report) -> tuple[Gap, ...]:
    """Return the differences of all findings that two reports share, without intervals.

    Raises:
        BadInputError: the same finding was measured in two ways (different fingerprints), or they
            share none.
    """
    gaps = []
    for one in first.findings:
        other = second.find(one.family, one.name, one.space)
        if other is not None:
            gaps.append(_without_interval(one, other))
    if not gaps:
        raise BadInputError("the two reports share no finding. Assess both in the same way.")
    return tuple(gaps)


def _without_interval(one: Estimate, other: Estimate) -> Gap:
    apart = difference(one, other)
    return Gap(one.name, one.space, one.value, other.value, apart, None, "undecided")


def _gaps(one: Context, other: Context, space: FeatureSpace, widths: float) -> list[Gap]:
    """Return the gap of every metric in one space, all from the same halves."""
    real = one.features(space, "real")
    sides = [one.features(space, "synthetic"), space.features(other.synthetic.images)]
    statistics = _statistics(one)
    values = [statistics(real, side) for side in sides]
    floors = [floor_by_patients(real, one.real, len(side)) for side in sides]

    def of_halves(rows: Integers, *made: Integers) -> list[float]:
        measured = [
            list(statistics(real[rows], side[part]).values())
            for side, part in zip(sides, made, strict=True)
        ]
        return [a - b for a, b in zip(*measured, strict=True)]

    halves = half_samples_of(
        of_halves, [one.real.units, one.synthetic.units, other.synthetic.units],
        seed=one.seed_for("compare", space.name), replicates=one.settings.replicates,
        at_least=one.settings.k + 1,
    )  # fmt: skip
    units = min(one.real.patients, one.synthetic.patients, other.synthetic.patients)
    gaps = []
    for column, name in enumerate(values[0]):
        mine, theirs = (value[name] for value in values)
        if name == "frechet_excess":
            mine, theirs = mine - floors[0], theirs - floors[1]
        interval = None
        if halves is not None:
            interval = interval_about(
                mine - theirs, halves[:, column], units=units, confidence=one.settings.confidence
            )
        better = _better(name, mine - theirs, interval, widths)
        gaps.append(Gap(name, space.name, mine, theirs, mine - theirs, interval, better))
    return gaps


def _statistics(context: Context) -> Callable[[Float64, Float64], dict[str, float]]:
    k, neighbours = context.settings.k, not too_few_for_neighbours(context)

    def statistics(real: Float64, made: Float64) -> dict[str, float]:
        found = {
            "frechet_excess": frechet_distance(real, made, allow_biased=True),
            "kernel_distance": kernel_distance(real, made),
        }
        if neighbours:
            shares = precision_recall_density_coverage(real, made, k)
            found |= {name: shares[name] for name in BOUNDS_OF_SHARES if name in DIRECTIONS}
        return found

    return statistics


def _better(name: str, apart: float, interval: Interval | None, widths: float) -> Better:
    if interval is None or apart == 0:
        return "undecided"
    near = interval[1] - apart if apart < 0 else apart - interval[0]
    if abs(apart) <= widths * near:
        return "undecided"
    return "first" if (apart < 0) == (DIRECTIONS[name] == "lower") else "second"
