"""Trees of vessels and airways that branch by Murray's law."""

from __future__ import annotations

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.phantoms.fields import Generator

# Radius of a branch relative to its parent's where both halves are alike: r^3 = 2 (0.794 r)^3.
MURRAY = 2.0 ** (-1 / 3)
STEPS = 12


def grown_tree(
    random: Generator,
    *,
    start: Float64,
    headings: Float64,
    radius: float,
    generations: int,
    spread: float = 0.6,
    length: float = 8.0,
) -> tuple[Float64, Float64]:
    """Return points (n, 3) and radii (n,) of a tree, in millimetres.

    Every branch divides into two whose cubed radii add up to its own (Murray 1926), unevenly.

    Args:
        random: where draws come from.
        start: (3,) the root.
        headings: (m, 3) the directions of the first branches.
        radius: of the first branches.
        generations: how often branches divide.
        spread: how far a branch turns off its parent's way, in radians about.
        length: a branch of radius 1 mm is as long; longer ones in proportion to radius^0.6.
    """
    at = np.repeat(np.asarray(start, float)[None], len(headings), axis=0)
    ahead = _unit(np.asarray(headings, float))
    radii = np.full(len(at), radius)
    points, widths = [], []
    for _ in range(generations):
        way = _walk(random, at, ahead, length * radii**0.6)
        points.append(way.reshape(-1, 3))
        widths.append(np.repeat(radii, STEPS))
        ahead = _unit(way[:, -1] - way[:, -4])
        at = np.repeat(way[:, -1], 2, axis=0)
        ahead, radii = _divided(random, ahead, radii, spread)
    return np.concatenate(points), np.concatenate(widths)


def _walk(random: Generator, at: Float64, ahead: Float64, length: Float64) -> Float64:
    """Return the ways (m, STEPS, 3) of branches that start at ``at`` and bend a little."""
    turns = np.cumsum(random.normal(0.0, 0.05, (len(at), STEPS, 3)), axis=1)
    steps = _unit(ahead[:, None] + turns) * (length / STEPS)[:, None, None]
    return np.asarray(at[:, None] + np.cumsum(steps, axis=1))


def _divided(
    random: Generator, ahead: Float64, radii: Float64, spread: float
) -> tuple[Float64, Float64]:
    """Return directions and radii of the two children of every branch; the thinner turns more."""
    share = random.uniform(0.3, 0.7, len(radii))
    cubes = np.stack([share, 1 - share], axis=1)
    aside = _unit(np.cross(ahead, random.standard_normal(ahead.shape)))
    angle = spread * random.uniform(0.6, 1.4, cubes.shape) * (1.5 - cubes)
    sides = np.stack([aside, -aside], axis=1)
    children = np.cos(angle)[..., None] * ahead[:, None] + np.sin(angle)[..., None] * sides
    return children.reshape(-1, 3), (radii[:, None] * np.cbrt(cubes)).reshape(-1)


def _unit(vectors: Float64) -> Float64:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
