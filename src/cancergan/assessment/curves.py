"""Figures along an axis: how the Fréchet distance depends on the number of cases."""

from __future__ import annotations

import numpy as np

from cancergan.assessment.context import Context
from cancergan.assessment.figures import number
from cancergan.assessment.findings import Curve, Point
from cancergan.assessment.vocabulary import SPACES
from cancergan.downstream.feature_space import FeatureSpace
from cancergan.metrics.frechet import frechet_curve, frechet_floor

FEWEST = 16
POINTS, DRAWS = 6, 4


def curves(context: Context) -> tuple[Curve, ...]:
    """Return the sample-size curve of every space; none with too few cases to thin."""
    if min(len(context.real), len(context.synthetic), context.real.patients) < FEWEST:
        return ()
    return tuple(_sample_size(context, space) for space in context.spaces)


def _sample_size(context: Context, space: FeatureSpace) -> Curve:
    real, synthetic = context.features(space, "real"), context.features(space, "synthetic")
    fractions, distances = frechet_curve(
        real, synthetic, seed=context.seed_for("curve", space.name),
        points=POINTS, draws=DRAWS, units=context.real.units,
    )  # fmt: skip
    _, limit = np.polyfit(1 / fractions, distances, 1)
    whole = frechet_floor(real, len(real), len(synthetic), units=context.real.units)
    cases = fractions * len(real)
    lines = {
        "found": _points(cases, distances),
        "real against real": _points(cases, whole / fractions),
    }
    return Curve(
        title=f"Fréchet distance by number of cases, in {SPACES.get(space.name, space.name)}",
        text="Fewer cases make any Fréchet distance larger, so figures of different sizes do not "
        f"compare. Extrapolated to endless cases it would be {number(float(limit))}: the Fréchet "
        "distance at infinity (Chong and Forsyth 2020).",
        x="real cases",
        y="Fréchet distance",
        lines=lines,
        level=float(limit),
        level_name="endless cases",
    )


def _points(x: np.ndarray, y: np.ndarray) -> tuple[Point, ...]:
    return tuple(Point(float(round(at)), float(value)) for at, value in zip(x, y, strict=True))
