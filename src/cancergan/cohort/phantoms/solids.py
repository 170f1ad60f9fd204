"""Solid bodies by their depth (millimetres below the surface, negative outside), and painting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.cohort.phantoms.shapes import Blob, Generator, soft_edge
from cancergan.cohort.phantoms.space import FAR


def ellipsoid(at: Float64, centre: Sequence[float], axes: Sequence[float]) -> Float64:
    """Return the depth (*shape) at positions (d, *shape) in an ellipsoid of half axes ``axes``.

    Exact on the surface and, for a ball, everywhere; to first order elsewhere.
    """
    column = (len(at), *(1,) * (at.ndim - 1))
    scaled = (at - np.reshape(centre, column)) / np.reshape(axes, column)
    size = np.sqrt((scaled**2).sum(axis=0))
    slope = np.sqrt(((scaled / np.reshape(axes, column)) ** 2).sum(axis=0))
    steep = size * (1 - size) / np.maximum(slope, 1e-9)
    return np.asarray(np.where(size < 1e-6, min(axes), np.minimum(steep, min(axes))))


def superellipse(
    across: Float64, along: Float64, axes: tuple[float, float], *, power: float = 2.5
) -> Float64:
    """Return the depth in a cylinder of cross-section |x/a|^p + |y/b|^p = 1, to first order."""
    u, v = np.abs(across) / axes[0], np.abs(along) / axes[1]
    size = (u**power + v**power) ** (1 / power)
    safe = np.maximum(size, 1e-6)
    slope = np.hypot((u / safe) ** (power - 1) / axes[0], (v / safe) ** (power - 1) / axes[1])
    steep = (1 - size) / np.maximum(slope, 1e-9)
    return np.asarray(np.minimum(steep, min(axes)))


def body_depth(around: Float64, body: Blob, *, edge: float) -> Float64:
    """Return the depth (mm) in a body at positions (3, *shape) around its middle.

    Computed only within three radii and two edges, since bodies are small and volumes large; -1000
    farther outside.
    """
    near = (around**2).sum(axis=0) < (3 * body.radius + 2 * edge) ** 2
    depth = np.full(around.shape[1:], FAR)
    depth[near] = body.depth(around[:, near])
    return depth


def union(*depths: Float64, blend: float = 0.0) -> Float64:
    """Return the depth in the union of bodies; ``blend`` (mm) rounds the seams between them."""
    joined = depths[0]
    for depth in depths[1:]:
        overlap = np.maximum(blend - np.abs(joined - depth), 0.0) / max(blend, 1e-9)
        joined = np.maximum(joined, depth) + overlap**2 * blend / 4
    return joined


def without(depth: Float64, hole: Float64) -> Float64:
    """Return the depth in a body from which another is cut out."""
    return np.minimum(depth, -hole)


def paint(image: Float64, depth: Float64, value: npt.ArrayLike, *, edge: float) -> None:
    """Lay a body of ``value`` over the image in place; its edge is ``edge`` millimetres wide.

    With ``edge`` the side of a pixel, a pixel that the body half fills gets half of its value.
    """
    # Beyond 2.5 edges less than 1 in 20,000 of the value would arrive.
    near = depth > -2.5 * edge
    laid = np.broadcast_to(np.asarray(value), image.shape)[near]
    image[near] += soft_edge(depth[near], edge) * (laid - image[near])


@dataclass(frozen=True, eq=False)
class Bumps:
    """Smooth random heights over space, several fields of them, to make bodies less perfect.

    ``vectors`` (fields, waves, d) in radians per millimetre, ``phases`` and ``heights`` (fields,
    waves), heights in millimetres.
    """

    vectors: Float64
    phases: Float64
    heights: Float64

    def waves(self, at: Float64, field: int) -> Float64:
        """Return the heights (mm) of one field at positions (d, *shape)."""
        total = np.zeros(at.shape[1:])
        for vector, phase, height in zip(
            self.vectors[field], self.phases[field], self.heights[field], strict=True
        ):
            total += height * np.cos(np.tensordot(vector, at, axes=1) + phase)
        return total


def draw_bumps(
    random: Generator, *, fields: int, height: float, length: float, waves: int = 6
) -> Bumps:
    """Draw bumps of standard deviation ``height`` whose wave length is about ``length``, in mm.

    Many waves look random, few are quick.
    """
    vectors = random.normal(0.0, 2 * np.pi / length / np.sqrt(3), (fields, waves, 3))
    heights = np.full((fields, waves), height * np.sqrt(2 / waves))
    return Bumps(vectors, random.uniform(0, 2 * np.pi, (fields, waves)), heights)
