"""Diversity: whether the synthetic cases show the whole range of the real ones."""

from __future__ import annotations

import numpy as np

from cancergan.assessment.context import Context, Integers
from cancergan.assessment.findings import Skipped
from cancergan.assessment.protocols.halves import (
    neighbour_shares,
    of_real_cases,
    too_few_for_neighbours,
)
from cancergan.assessment.protocols.registry import PROTOCOLS, Outcome
from cancergan.core.estimates import Direction, Estimate
from cancergan.downstream.feature_space import FeatureSpace
from cancergan.metrics.neighbours import expected_coverage
from cancergan.metrics.resampling import bootstrap_interval
from cancergan.metrics.similarity import mean_pairwise_ms_ssim, pairwise_ms_ssim, random_pairs

SMALLEST_SIDE = 11


@PROTOCOLS.register("diversity")
def diversity(context: Context) -> Outcome:
    """Measure recall, coverage and density in every space, and the likeness of random pairs."""
    reason = too_few_for_neighbours(context)
    if reason:
        names = ("recall", "coverage", "density")
        return [*(Skipped("diversity", name, reason) for name in names), _likeness(context)]
    shares = [found for space in context.spaces for found in _shares(context, space)]
    return [*shares, _likeness(context)]


def _shares(context: Context, space: FeatureSpace) -> list[Estimate]:
    k = context.settings.k
    found = neighbour_shares(context, space)
    floors = {
        "recall": of_real_cases(context, space)["recall"],
        "coverage": expected_coverage(len(context.real), len(context.synthetic), k),
        "density": 1.0,
    }
    # More density than 1 is no better: it means that typical cases crowd out the others.
    directions: dict[str, Direction] = {"recall": "higher", "coverage": "higher"}
    return [
        context.estimate(
            "diversity",
            name,
            space.name,
            found[name].value,
            found[name].interval,
            direction=directions.get(name, "neither"),
            measured_in=[space.fingerprint, k],
            floor=floor,
        )
        for name, floor in floors.items()
    ]


def _likeness(context: Context) -> Estimate | Skipped:
    """Measure the mean MS-SSIM of random synthetic pairs of one class, beside that of real ones."""
    name, shape = "mean_pairwise_ms_ssim", context.synthetic.images.shape[2:]
    if context.is_table:
        return Skipped("diversity", name, "Is of images; these cases are rows of a table.")
    if min(shape) < SMALLEST_SIDE:
        return Skipped("diversity", name, f"Needs sides of {SMALLEST_SIDE} or more, not {shape}.")
    settings, seed = context.settings, context.seed_for("pairs")
    synthetic, real = context.synthetic, context.real
    pairs = random_pairs(len(synthetic), pairs=settings.pairs, seed=seed, groups=synthetic.labels)
    likeness = pairwise_ms_ssim(synthetic.images, pairs)

    def mean(drawn: Integers) -> float:
        # A pair counts as often as both of its images were drawn: the bootstrap of a U-statistic.
        times = np.bincount(drawn, minlength=len(synthetic))
        weights = times[pairs[:, 0]] * times[pairs[:, 1]]
        return float(np.average(likeness, weights=weights)) if weights.any() else likeness.mean()

    interval = bootstrap_interval(
        mean,
        synthetic.units,
        seed=seed,
        replicates=settings.bootstrap_replicates,
        confidence=settings.confidence,
    )
    return context.estimate(
        "diversity",
        name,
        "pixels",
        likeness.mean(),
        interval,
        direction="lower",
        measured_in="pairs of one class" if synthetic.labels is not None else "pairs",
        floor=mean_pairwise_ms_ssim(
            real.images, pairs=settings.pairs, seed=seed, groups=real.labels
        ),
    )
