"""Where the pixels of a slice or volume lie in the patient, and tubes that run through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.core.errors import BadInputError

Point = tuple[float, float, float]
ORIGIN: Point = (0.0, 0.0, 0.0)
FAR = -1e3


@dataclass(frozen=True, eq=False)
class Grid:
    """Pixels of an axial slice (rows, columns), or voxels of a volume (x, y, z).

    A slice is cut out of the same three-dimensional scene as a volume: both have positions in
    patient millimetres, right, anterior and superior positive.

    Attributes:
        shape: number of pixels along every axis.
        affine: (4, 4) from index to those millimetres; the third column of a slice is its normal,
            as long as the slice is thick.
    """

    shape: tuple[int, ...]
    affine: Float64

    @property
    def spacing(self) -> tuple[float, ...]:
        """Millimetres per axis."""
        lengths = np.linalg.norm(self.affine[:3, : len(self.shape)], axis=0)
        return tuple(float(length) for length in lengths)

    @property
    def pixel(self) -> float:
        """Millimetres of the pixel's side, of the cube or square of its size."""
        return float(np.prod(self.spacing) ** (1 / len(self.shape)))

    @cached_property
    def positions(self) -> Float64:
        """Positions (3, *shape) of the pixels' centres in patient millimetres."""
        steps = np.indices(self.shape, dtype=np.float64)
        along = np.tensordot(self.affine[:3, : len(self.shape)], steps, axes=1)
        return np.asarray(along + self.affine[:3, 3].reshape(3, *(1,) * len(self.shape)))

    def around(self, centre: Sequence[float] | Float64) -> Float64:
        """Return positions (3, *shape) relative to a point in patient millimetres."""
        return np.asarray(self.positions - np.reshape(centre, (3, *(1,) * len(self.shape))))


def axial_slice(
    shape: Sequence[int], field: Point, *, centre: Point = ORIGIN, thickness: float = 3.0
) -> Grid:
    """Return the axial slice through ``centre`` as radiologists look at it.

    Rows run from anterior to posterior, columns from the patient's right to the left; ``field`` is
    the extent of the whole scene along x, y and z in millimetres.
    """
    down, across = field[1] / shape[0], field[0] / shape[1]
    affine = np.eye(4)
    affine[:3, :3] = [[0, -across, 0], [-down, 0, 0], [0, 0, thickness]]
    middle = (across * (shape[1] - 1) / 2, down * (shape[0] - 1) / 2, 0.0)
    affine[:3, 3] = np.asarray(centre) + middle
    return Grid(tuple(shape), affine)


def volume(shape: Sequence[int], field: Point, *, centre: Point = ORIGIN) -> Grid:
    """Return voxels (x, y, z) that fill ``field`` (millimetres along x, y and z) around a point."""
    steps = np.asarray(field) / np.asarray(shape)
    affine = np.diag([*steps, 1.0])
    affine[:3, 3] = np.asarray(centre) - steps * (np.asarray(shape) - 1) / 2
    return Grid(tuple(shape), affine)


def grid_of(
    shape: Sequence[int], field: Point, *, centre: Point = ORIGIN, cut: float = 0.0
) -> Grid:
    """Return the volume of three numbers, or the axial slice of two at height ``cut`` (mm)."""
    if len(shape) == 3:
        return volume(shape, field, centre=centre)
    return axial_slice(shape, field, centre=(centre[0], centre[1], cut))


def slab(grid: Grid, *, reach: float, step: float) -> Grid:
    """Return a slice with parallel planes ``step`` mm apart, up to ``reach`` on either side.

    The slice itself is the middle plane, along the last axis.
    """
    planes = int(np.ceil(reach / step))
    affine = grid.affine.copy()
    affine[:3, 2] *= step / np.linalg.norm(affine[:3, 2])
    affine[:3, 3] -= planes * affine[:3, 2]
    return Grid((*grid.shape, 2 * planes + 1), affine)


def checked_shape(
    size: int | Sequence[int], dimensions: int, *, at_least: int = 48
) -> tuple[int, ...]:
    """Return the number of pixels per axis: ``size`` once, or as it is.

    Raises:
        BadInputError: ``dimensions`` is neither 2 nor 3, numbers and dimensions differ, or a number
            is below ``at_least`` (half of that for volumes), under which nothing can be seen.
    """
    if dimensions not in (2, 3):
        raise BadInputError(f"dimensions is {dimensions}; give 2 (slices) or 3 (volumes).")
    shape = tuple(size) if isinstance(size, Sequence) else (size,) * dimensions
    least = at_least if dimensions == 2 else at_least // 2
    if len(shape) != dimensions or min(shape) < least:
        raise BadInputError(
            f"size is {size}; give one number or {dimensions}, each at least {least}."
        )
    return tuple(int(number) for number in shape)


def tube_depth(grid: Grid, points: Float64, radii: Float64) -> Float64:
    """Return how deep (mm) every pixel lies in tubes around points (n, 3); -1000 far outside.

    Points along a curve, closer than their radius (n,), make a tube. Around it, the depth is known
    to one pixel's distance outside.
    """
    depth = np.full(grid.shape, FAR)
    axes = len(grid.shape)
    spacing = np.asarray(grid.spacing)
    ends = np.vstack([points.T, np.ones(len(points))])
    index = np.asarray((np.linalg.inv(grid.affine) @ ends)[:3].T, dtype=np.float64)
    aside = np.zeros(len(index))
    if axes == 2:
        aside = index[:, 2] * float(np.linalg.norm(grid.affine[:3, 2]))
    reach = np.ceil((radii + spacing.max()) / spacing.min()).astype(int)
    for steps in np.unique(reach):
        chosen = (reach == steps) & (np.abs(aside) < radii + spacing.max())
        _stamp(depth, index[chosen, :axes], aside[chosen], radii[chosen], spacing, steps)
    return depth


def _stamp(
    depth: Float64, index: Float64, aside: Float64, radii: Float64, spacing: Float64, steps: int
) -> None:
    """Raise ``depth`` to that of balls around fractional indices, in a box of +-``steps``."""
    reach = [np.minimum(int(np.ceil(steps * spacing.min() / step)), steps) for step in spacing]
    box = np.stack(np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij"))
    cells = np.rint(index).astype(int)[:, None] + box.reshape(len(spacing), -1).T
    apart = (cells - index[:, None]) * spacing
    value = radii[:, None] - np.sqrt((apart**2).sum(axis=2) + (aside**2)[:, None])
    kept = ((cells >= 0) & (cells < np.asarray(depth.shape))).all(axis=2)
    np.maximum.at(depth, tuple(cells[kept].T), value[kept])
