"""Privacy: whether training cases shine through, judged by how near unseen patients lie to them."""

from __future__ import annotations

from collections.abc import Callable

from cancergan.assessment.context import Context, Integers
from cancergan.assessment.findings import Skipped
from cancergan.assessment.neighbours import nearest_training_cases
from cancergan.assessment.protocols.registry import NO_TRAINING, PROTOCOLS, Outcome
from cancergan.cohort.case import Float64
from cancergan.core.estimates import Estimate
from cancergan.metrics.memorisation import (
    copy_rate_of_distances,
    data_copying_of_distances,
    expected_copy_rate,
)
from cancergan.metrics.resampling import half_sample_interval, units_of_ranking


@PROTOCOLS.register("privacy")
def privacy(context: Context) -> Outcome:
    """Measure near-copies and the data-copying statistic in encoder features and in pixels."""
    if not context.generator_saw_learning:
        return [Skipped("privacy", "*", NO_TRAINING)]
    return [
        found
        for space, measured_in in (("encoder", context.encoder.fingerprint), ("pixels", "flips"))
        for found in _memorisation(context, space, measured_in)
    ]


def _memorisation(context: Context, space: str, measured_in: str) -> list[Estimate]:
    quantile = context.settings.copy_quantile
    held_out = nearest_training_cases(context, "real", space).distance
    synthetic = nearest_training_cases(context, "synthetic", space).distance

    def copies(unseen: Float64, made: Float64) -> float:
        return copy_rate_of_distances(made, unseen, quantile=quantile)

    def nearer(unseen: Float64, made: Float64) -> float:
        return data_copying_of_distances(made, unseen)

    units = context.real.units, context.synthetic.units
    return [
        _estimate(context, "copy_rate", space, copies, held_out, synthetic,
                  share_of=context.synthetic.patients,
                  floor=expected_copy_rate(len(held_out), quantile=quantile),
                  measured_in=[measured_in, quantile]),
        _estimate(context, "data_copying_statistic", space, nearer, held_out, synthetic,
                  share_of=units_of_ranking(nearer(held_out, synthetic), *units),
                  floor=None, measured_in=measured_in),
    ]  # fmt: skip


def _estimate(
    context: Context,
    name: str,
    space: str,
    statistic: Callable[[Float64, Float64], float],
    held_out: Float64,
    synthetic: Float64,
    *,
    share_of: int | None,
    floor: float | None,
    measured_in: object,
) -> Estimate:
    def of_half(unseen: Integers, made: Integers) -> float:
        return statistic(held_out[unseen], synthetic[made])

    value = statistic(held_out, synthetic)
    interval = half_sample_interval(
        of_half,
        context.real.units,
        context.synthetic.units,
        value=value,
        seed=context.seed_for(name, space),
        replicates=context.settings.replicates,
        confidence=context.settings.confidence,
        bounds=(0.0, 1.0),
        share_of=share_of,
    )
    return context.estimate(
        "privacy",
        name,
        space,
        value,
        interval,
        direction="lower",
        measured_in=measured_in,
        floor=floor,
    )
