"""Fidelity: how near the synthetic cases lie to real ones that the generator never saw."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cancergan.assessment.context import Context, Integers, Side
from cancergan.assessment.findings import Skipped
from cancergan.assessment.protocols.halves import (
    measure,
    neighbour_shares,
    of_real_cases,
    too_few_for_neighbours,
)
from cancergan.assessment.protocols.registry import NO_TRAINING, PROTOCOLS, Outcome
from cancergan.assessment.protocols.table_shape import table_shape
from cancergan.cohort.case import Float64
from cancergan.core.estimates import Estimate
from cancergan.downstream.feature_space import FeatureSpace
from cancergan.metrics.frechet import frechet_distance, frechet_floor
from cancergan.metrics.kernel import kernel_distance
from cancergan.metrics.resampling import half_sample_interval
from cancergan.metrics.spectral import ring_powers, spectral_distance_of_powers, spectral_floor

SMALL_SAMPLE = (
    "Fewer than twice as many cases as features: mostly sampling error, compare it with its mark."
)


@PROTOCOLS.register("fidelity")
def fidelity(context: Context) -> Outcome:
    """Measure distances and precision in every space, the texture, and the gap."""
    distances = [found for space in context.spaces for found in _distances(context, space)]
    reason = too_few_for_neighbours(context)
    precision: Outcome = (
        [Skipped("fidelity", "precision", reason)]
        if reason
        else [_precision(context, space) for space in context.spaces]
    )
    shape = table_shape(context) if context.is_table else [_spectrum(context)]
    return [*distances, *precision, *shape, _gap(context)]


def _distances(context: Context, space: FeatureSpace) -> list[Estimate]:
    real, synthetic = context.features(space, "real"), context.features(space, "synthetic")
    few = min(len(real), len(synthetic)) < 2 * real.shape[1]
    floor = floor_by_patients(real, context.real, len(synthetic))

    def distances(first: Float64, second: Float64) -> Mapping[str, float]:
        frechet = frechet_distance(first, second, allow_biased=True)
        # Halves have another floor than the whole, which their mean takes along when it goes.
        return {
            "frechet_distance": frechet,
            "frechet_excess": frechet - floor,
            "kernel_distance": kernel_distance(first, second),
        }

    bounds = {"frechet_distance": (0.0, np.inf)}
    found = measure(context, space, distances, purpose="distances", bounds=bounds)
    floors = {"frechet_distance": floor}
    notes = {"frechet_distance": SMALL_SAMPLE if few else ""}
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
            note=notes.get(name, ""),
        )
        for name, measured in found.items()
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


def _spectrum(context: Context) -> Estimate:
    """Measure whether fine and coarse texture is as strong as in real images."""
    real, synthetic = (ring_powers(side.images) for side in (context.real, context.synthetic))

    def of_half(first: Integers, second: Integers) -> float:
        return spectral_distance_of_powers(real[first], synthetic[second])

    value = spectral_distance_of_powers(real, synthetic)
    interval = half_sample_interval(
        of_half,
        context.real.units,
        context.synthetic.units,
        value=value,
        seed=context.seed_for("spectrum"),
        replicates=context.settings.replicates,
        confidence=context.settings.confidence,
        bounds=(0.0, np.inf),
    )
    many = context.real.patients > 1
    return context.estimate(
        "fidelity",
        "spectral_distance",
        "pixels",
        value,
        interval,
        direction="lower",
        measured_in="rings",
        floor=spectral_floor(real, context.real.units, len(synthetic)) if many else None,
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
    training, synthetic = context.features(space, "learning"), context.features(space, "synthetic")
    unseen_floor = floor_by_patients(context.features(space, "real"), context.real, len(synthetic))
    training_floor = floor_by_patients(training, context.learning, len(synthetic))

    def gap(unseen: Float64, made: Float64) -> Mapping[str, float]:
        to_unseen = frechet_distance(unseen, made, allow_biased=True) - unseen_floor
        to_training = frechet_distance(training, made, allow_biased=True) - training_floor
        return {"frechet_gap": to_unseen - to_training}

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


def floor_by_patients(features: Float64, side: Side, n_synthetic: int) -> float:
    """Return the floor by patients; by cases where all of them are of one patient."""
    units = side.units if side.patients > 1 else None
    return frechet_floor(features, len(features), n_synthetic, units=units)
