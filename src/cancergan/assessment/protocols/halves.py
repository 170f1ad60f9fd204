"""Figures that compare two sets of features, with intervals from shared half-samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cancergan.assessment.context import Context, Integers
from cancergan.cohort.case import Float64
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.feature_space import FeatureSpace
from cancergan.metrics.neighbours import precision_recall_density_coverage
from cancergan.metrics.resampling import half_samples, interval_about

Statistics = Callable[[Float64, Float64], Mapping[str, float]]
Interval = tuple[float, float]
BOUNDS_OF_SHARES: Mapping[str, Interval] = {
    "precision": (0.0, 1.0),
    "recall": (0.0, 1.0),
    "coverage": (0.0, 1.0),
    "density": (0.0, np.inf),
}
UNBOUNDED: Interval = (-np.inf, np.inf)


@dataclass(frozen=True)
class Measured:
    """A value and its interval; None where there are too few patients for one."""

    value: float
    interval: Interval | None


def measure(
    context: Context,
    space: FeatureSpace,
    statistics: Statistics,
    *,
    purpose: str,
    at_least: int = 2,
    bounds: Mapping[str, Interval] | None = None,
    share_of: Mapping[str, int] | None = None,
) -> dict[str, Measured]:
    """Return each of ``statistics(real, synthetic)`` on the features of one space, by name.

    ``bounds`` and ``share_of``, by name too, are those of ``interval_about``.
    """
    real, synthetic = context.features(space, "real"), context.features(space, "synthetic")
    values = dict(statistics(real, synthetic))

    def of_half(first: Integers, second: Integers) -> list[float]:
        return list(statistics(real[first], synthetic[second]).values())

    halves = half_samples(
        of_half,
        context.real.units,
        context.synthetic.units,
        seed=context.seed_for(purpose, space.name),
        replicates=context.settings.replicates,
        at_least=at_least,
    )
    measured = {}
    for column, (name, value) in enumerate(values.items()):
        interval = about(
            context,
            value,
            None if halves is None else halves[:, column],
            units=min(context.real.patients, context.synthetic.patients),
            bounds=(bounds or {}).get(name, UNBOUNDED),
            share_of=(share_of or {}).get(name),
        )
        measured[name] = Measured(value, interval)
    return measured


def about(
    context: Context,
    value: float,
    halves: Float64 | None,
    *,
    units: int,
    bounds: Interval = UNBOUNDED,
    share_of: int | None = None,
) -> Interval | None:
    """Return the interval about a value from its halves (replicates,); None without halves."""
    if halves is None:
        return None
    return interval_about(
        value,
        halves,
        units=units,
        confidence=context.settings.confidence,
        bounds=bounds,
        share_of=share_of,
    )


def neighbour_shares(context: Context, space: FeatureSpace) -> dict[str, Measured]:
    """Return precision, recall, density and coverage in one space, by name."""
    k = context.settings.k
    counted = {
        "precision": context.synthetic.patients,
        "recall": context.real.patients,
        "coverage": context.real.patients,
    }

    def shares(real: Float64, synthetic: Float64) -> Mapping[str, float]:
        return precision_recall_density_coverage(real, synthetic, k)

    def measured() -> dict[str, Measured]:
        return measure(
            context,
            space,
            shares,
            purpose="shares",
            at_least=k + 1,
            bounds=BOUNDS_OF_SHARES,
            share_of=counted,
        )

    return context.remembered(("shares", space.name), measured)


def too_few_for_neighbours(context: Context) -> str:
    """Return why neighbours cannot be counted, or an empty string where they can."""
    k = context.settings.k
    fewest = min(len(context.real), len(context.synthetic), len(context.learning))
    return "" if fewest > k else f"{k} neighbours need more than {k} cases in every cohort."


def of_real_cases(context: Context, space: FeatureSpace) -> dict[str, float]:
    """Return the four shares with real learning cases in place of the synthetic ones.

    As many of them as there are synthetic cases, where there are enough.
    """
    stand_in = context.features(space, "learning")
    wanted = min(len(stand_in), len(context.synthetic))
    generator = numpy_generator(context.seed_for("stand-in"))
    chosen = generator.choice(len(stand_in), wanted, replace=False)
    return precision_recall_density_coverage(
        context.features(space, "real"), stand_in[chosen], context.settings.k
    )
