"""The surface of a body as triangles, the outline of a figure as segments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cancergan.metrics.arrays import Float64
from cancergan.metrics.radiomics.region import Mask


@dataclass(frozen=True, eq=False)
class Surface:
    """What bounds a region halfway between its voxels and those around it.

    Attributes:
        vertices: (n, d) in millimetres.
        volume: what it encloses: mm^3, in 2D mm^2.
        area: of the surface: mm^2, in 2D the length in mm.
    """

    vertices: Float64
    volume: float
    area: float

    @cached_property
    def _corners(self) -> Float64:
        from scipy.spatial import ConvexHull

        corners: Float64 = self.vertices[ConvexHull(self.vertices).vertices]
        return corners

    @property
    def hull(self) -> tuple[float, float]:
        """Volume and area of the convex hull."""
        from scipy.spatial import ConvexHull

        hull = ConvexHull(self._corners)
        return float(hull.volume), float(hull.area)

    @property
    def diameter(self) -> float:
        """The greatest distance between two vertices."""
        return _diameter(self._corners)

    def diameter_across(self, axis: int) -> float:
        """Return the greatest distance between two vertices at one place along an axis."""
        places = np.unique(self.vertices[:, axis])
        return max(_diameter(self.vertices[self.vertices[:, axis] == place]) for place in places)


def _diameter(points: Float64) -> float:
    from scipy.spatial.distance import pdist

    return float(pdist(points).max(initial=0.0))


def surface_of(mask: Mask, spacing: tuple[float, ...]) -> Surface:
    """Return the surface of a mask (x, y, z) by marching cubes (Lorensen and Cline 1987)."""
    from skimage.measure import marching_cubes

    framed = np.pad(mask, 1).astype(np.float32)
    vertices, faces, _, _ = marching_cubes(  # type: ignore[no-untyped-call]
        framed, 0.5, spacing=spacing, method="lorensen"
    )
    corners = vertices.astype(np.float64)[faces]
    first, second, third = corners[:, 0], corners[:, 1], corners[:, 2]
    volume = np.einsum("ij,ij->i", first, np.cross(second, third)).sum() / 6
    area = np.sqrt((np.cross(second - first, third - first) ** 2).sum(axis=1)).sum() / 2
    return Surface(vertices.astype(np.float64), float(abs(volume)), float(area))


def outline_of(mask: Mask, spacing: tuple[float, ...]) -> Surface:
    """Return the outline of a mask (rows, columns) by marching squares.

    Every square of four pixel centres is crossed by the segments that join the middles of its
    sides; where two diagonal pixels alone are inside, each is cut off by itself.
    """
    framed = np.pad(mask, 1)
    corners = framed[:-1, :-1], framed[:-1, 1:], framed[1:, :-1], framed[1:, 1:]
    inside = np.sum(corners, axis=0, dtype=np.int64)
    diagonal = (inside == 2) & (corners[0] == corners[3])
    tall, wide = spacing
    slanted = np.hypot(tall, wide) / 2
    alone = (inside == 1).sum() + (inside == 3).sum() + 2 * diagonal.sum()
    upright = (inside == 2) & (corners[0] == corners[2]) & ~diagonal
    level = (inside == 2) & (corners[0] == corners[1]) & ~diagonal
    length = alone * slanted + upright.sum() * tall + level.sum() * wide
    # Of each square's area: an eighth per lone corner, a half where two sides are cut, the rest.
    eighths = np.array([0, 1, 4, 7, 8])[inside] - 2 * diagonal
    return Surface(
        _midpoints(framed, spacing), float(eighths.sum() / 8 * tall * wide), float(length)
    )


def _midpoints(framed: Mask, spacing: tuple[float, ...]) -> Float64:
    """Return where the outline crosses the lines between neighbouring pixel centres."""
    down = np.argwhere(framed[1:] != framed[:-1]) + np.array([0.5, 0.0])
    across = np.argwhere(framed[:, 1:] != framed[:, :-1]) + np.array([0.0, 0.5])
    return np.asarray(np.concatenate([down, across]) * spacing)
