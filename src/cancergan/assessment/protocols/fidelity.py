"""Fidelity: how near the synthetic cases lie to real ones that the generator never saw."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cancergan.assessment.context import Context
from cancergan.assessment.findings import Skipped
from cancergan.assessment.protocols.halves import (
    measure,
    neighbour_shares,
    of_real_cases,
    too_few_for_neighbours,
)
from cancergan.assessment.protocols.registry import NO_TRAINING, PROTOCOLS, Outcome
from cancergan.cohort.case import Float64
from cancergan.core.estimates import Estimate
from cancergan.downstream.feature_space import FeatureSpace
from cancergan.metrics.frechet import frechet_distance, frechet_floor
from cancergan.metrics.kernel import kernel_distance

SMALL_SAMPLE = (
    "Fewer than twice as many cases as features: mostly sampling error, compare it with its mark."
)


@PROTOCOLS.register("fidelity")
def fidelity(context: Context) -> Outcome:
    """Measure Fréchet distance, kernel distance and precision in every space, and the gap."""
    distances = [found for space in context.spaces for found in _distances(context, space)]
    reason = too_few_for_neighbours(context)
    precision: Outcome = (
        [Skipped("fidelity", "precision", reason)]
        if reason
        else [_precision(context, space) for space in context.spaces]
    )
    return [*distances, *precision, _gap(context)]


def _distances(context: Context, space: FeatureSpace) -> list[Estimate]:
    real = context.features(space, "real")
    sizes = len(context.real), len(context.synthetic)

    def distances(first: Float64, second: Float64) -> Mapping[str, float]:
        return {
            "frechet_distance": frechet_distance(first, second, allow_biased=True),
            "kernel_distance": kernel_distance(first, second),
        }

    bounds = {"frechet_distance": (0.0, np.inf)}
    found = measure(context, space, distances, purpose="distances", bounds=bounds)
    frechet, kernel = found["frechet_distance"], found["kernel_distance"]
    return [
        context.estimate(
            "fidelity",
            "frechet_distance",
            space.name,
            frechet.value,
            frechet.interval,
            direction="lower",
            measured_in=space.fingerprint,
            floor=frechet_floor(real, *sizes),
            note=SMALL_SAMPLE if min(sizes) < 2 * real.shape[1] else "",
        ),
        context.estimate(
            "fidelity",
            "kernel_distance",
            space.name,
            kernel.value,
            kernel.interval,
            direction="lower",
            measured_in=space.fingerprint,
        ),
    ]


def _precision(context: Context, space: FeatureSpace) -> Estimate:
    found = neighbour_shares(context, space)["precision"]
    return context.estimate(
        "fidelity",
        "precision",
        space.name,
        found.value,
        found.interval,
        direction="higher",
        measured_in=[space.fingerprint, context.settings.k],
        floor=of_real_cases(context, space)["precision"],
    )


def _gap(context: Context) -> Estimate | Skipped:
    """Measure how much nearer the synthetic cases lie to training cases than to unseen ones.

    In the random space, since an encoder that learnt from the training cases sets them apart. Each
    distance is taken less its own floor, because the two references differ in size. The training
    cases are what they are: only unseen patients and synthetic cases are resampled.
    """
    if not context.generator_saw_learning:
        return Skipped("fidelity", "frechet_gap", NO_TRAINING)
    space = context.random_convolution
    training = context.features(space, "learning")

    def gap(unseen: Float64, synthetic: Float64) -> Mapping[str, float]:
        return {"frechet_gap": _excess(unseen, synthetic) - _excess(training, synthetic)}

    found = measure(context, space, gap, purpose="gap")["frechet_gap"]
    return context.estimate(
        "fidelity",
        "frechet_gap",
        space.name,
        found.value,
        found.interval,
        direction="lower",
        measured_in=space.fingerprint,
    )


def _excess(reference: Float64, synthetic: Float64) -> float:
    """Return the Fréchet distance less what equal distributions would show at these sizes."""
    floor = frechet_floor(reference, len(reference), len(synthetic))
    return frechet_distance(reference, synthetic, allow_biased=True) - floor
