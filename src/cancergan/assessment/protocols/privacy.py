"""Privacy: whether training cases shine through, judged by how near unseen patients lie to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cancergan.assessment.context import Context, Integers
from cancergan.assessment.findings import Skipped
from cancergan.assessment.neighbours import nearest_training_cases
from cancergan.assessment.protocols.claim import claimed_privacy
from cancergan.assessment.protocols.registry import NO_TRAINING, PROTOCOLS, Outcome
from cancergan.cohort.case import Float64
from cancergan.core.estimates import Estimate
from cancergan.metrics.memorisation import (
    copy_rate_of_distances,
    data_copying_of_distances,
    expected_copy_rate,
)
from cancergan.metrics.resampling import half_sample_interval, units_of_ranking

# Share of the median distance below which two images are one: nothing unseen lies so near.
SAME_IMAGE = 0.05
FEWEST_UNSEEN = 8


@PROTOCOLS.register("privacy")
def privacy(context: Context) -> Outcome:
    """Measure near-copies and data copying in features, pixels or columns; audit a claim."""
    claimed = claimed_privacy(context)
    if not context.generator_saw_learning:
        return [*claimed, Skipped("privacy", "*", NO_TRAINING)]
    return claimed + [
        found
        for space, measured_in in (
            ("encoder", context.encoder.fingerprint),
            ("table", "columns") if context.is_table else ("pixels", "flips and quarter turns"),
        )
        for found in _memorisation(context, space, measured_in)
    ]


def _memorisation(context: Context, space: str, measured_in: str) -> list[Estimate]:
    quantile = context.settings.copy_quantile
    held_out, units, note = _unseen(context, space)
    synthetic = nearest_training_cases(context, "synthetic", space).distance

    def copies(unseen: Float64, made: Float64) -> float:
        return copy_rate_of_distances(made, unseen, quantile=quantile)

    def nearer(unseen: Float64, made: Float64) -> float:
        return data_copying_of_distances(made, unseen)

    return [
        _estimate(context, "copy_rate", space, copies, held_out, synthetic, units, note,
                  share_of=context.synthetic.patients,
                  floor=expected_copy_rate(len(held_out), quantile=quantile),
                  measured_in=[measured_in, quantile]),
        _estimate(context, "data_copying_statistic", space, nearer, held_out, synthetic, units,
                  note,
                  share_of=units_of_ranking(nearer(held_out, synthetic), units,
                                            context.synthetic.units),
                  floor=None, measured_in=measured_in),
    ]  # fmt: skip


def _unseen(context: Context, space: str) -> tuple[Float64, tuple[str, ...], str]:
    """Return distance and patient of the real cases that are no copies of training cases.

    One leaked image among the real ones would set the standard of what is near, and no synthetic
    copy could lie nearer.
    """
    distance = nearest_training_cases(context, "real", space).distance
    kept = distance > SAME_IMAGE * np.median(distance)
    if kept.all() or kept.sum() < FEWEST_UNSEEN:
        return distance, context.real.units, ""
    units = tuple(np.array(context.real.units)[kept])
    left_out = int((~kept).sum())
    cases = "1 real case" if left_out == 1 else f"{left_out} real cases"
    note = f"{cases} as good as equal to a training case did not count as unseen."
    return distance[kept], units, note


def _estimate(
    context: Context,
    name: str,
    space: str,
    statistic: Callable[[Float64, Float64], float],
    held_out: Float64,
    synthetic: Float64,
    units: tuple[str, ...],
    note: str,
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
        units,
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
        note=note,
        n_real=len(held_out),
    )
