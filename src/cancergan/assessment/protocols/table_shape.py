"""What is measured of tables beside distances: their columns one by one, and in pairs."""

from __future__ import annotations

from collections.abc import Mapping

from cancergan.assessment.context import Context
from cancergan.assessment.protocols.halves import Statistics, measure
from cancergan.cohort.case import Float64
from cancergan.core.estimates import Estimate
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.tables import correlation_difference, marginal_distances
from cancergan.metrics.units import cases_by_unit

BOUNDS = {"marginal_distance": (0.0, float("inf")), "correlation_difference": (0.0, 2.0)}


def table_shape(context: Context) -> list[Estimate]:
    """Measure how far columns and their correlations are from the real ones.

    Columns are standardised on the learning side, so a distance of 1 is one standard deviation.
    """
    space = context.random_convolution

    def shape(real: Float64, synthetic: Float64) -> Mapping[str, float]:
        return {
            "marginal_distance": float(marginal_distances(real, synthetic).mean()),
            "correlation_difference": correlation_difference(real, synthetic),
        }

    found = measure(context, space, shape, purpose="table", bounds=BOUNDS)
    floors = _floors(context, shape)
    return [
        context.estimate(
            "fidelity",
            name,
            space.name,
            measured.value,
            measured.interval,
            direction="lower",
            measured_in=space.fingerprint,
            floor=floors.get(name),
        )
        for name, measured in found.items()
    ]


def _floors(context: Context, shape: Statistics) -> dict[str, float]:
    """Return what two halves of the real patients show, the mark that sampling alone reaches."""
    patients = cases_by_unit(context.real.units)
    if len(patients) < 4:
        return {}
    real = context.features(context.random_convolution, "real")
    order = numpy_generator(context.seed_for("table", "floor")).permutation(len(patients))
    halves = [
        [case for number in part for case in patients[number]]
        for part in (order[: len(order) // 2], order[len(order) // 2 :])
    ]
    return dict(shape(real[halves[0]], real[halves[1]]))
