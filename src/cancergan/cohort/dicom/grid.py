"""Bringing an array from its own grid in the patient onto the grid of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.pixels import AnyArray

# Indices that differ by less are one: geometry in files is rounded.
_ROUNDING = 1e-3


@dataclass(frozen=True)
class Grid:
    """An array's shape (x, y, z) and its affine (4, 4) to patient millimetres."""

    shape: tuple[int, int, int]
    affine: Float64

    def indices(self, points: Float64) -> Float64:
        """Return the array indices, not rounded, of (n, 3) points in patient millimetres."""
        inverse = np.linalg.inv(self.affine)
        return np.asarray(points @ inverse[:3, :3].T + inverse[:3, 3])


def resampled(
    array: AnyArray, own: Grid, onto: Grid, *, method: Literal["nearest", "linear"]
) -> AnyArray:
    """Return an array on another grid, 0 outside its own; equal grids change no value.

    A slice reaches half its thickness up and down; linear interpolation falls to 0 within one
    voxel beyond the edge.
    """
    from scipy.ndimage import affine_transform

    matrix = np.linalg.inv(own.affine) @ onto.affine
    if _is_shift(matrix):
        return _shifted(array, np.rint(matrix[:3, 3]).astype(int), onto.shape)
    moved: AnyArray = affine_transform(
        array,
        matrix[:3, :3],
        offset=matrix[:3, 3],
        output_shape=onto.shape,
        order=0 if method == "nearest" else 1,
        mode="grid-constant",
    )
    return moved


def _is_shift(matrix: Float64) -> bool:
    """Say whether indices differ by whole numbers alone, over any array of a thousand voxels."""
    same = np.allclose(matrix[:3, :3], np.eye(3), atol=_ROUNDING / 100)
    return same and np.allclose(matrix[:3, 3], np.rint(matrix[:3, 3]), atol=_ROUNDING * 10)


def _shifted(array: AnyArray, offset: AnyArray, shape: tuple[int, int, int]) -> AnyArray:
    """Return ``array[i + offset]`` for every index of ``shape``, 0 where there is none."""
    moved = np.zeros(shape, array.dtype)
    target, source = [], []
    for shift, size, there in zip(offset, shape, array.shape, strict=True):
        low, high = max(0, -shift), min(size, there - shift)
        if high <= low:
            return moved
        target.append(slice(low, high))
        source.append(slice(low + shift, high + shift))
    moved[tuple(target)] = array[tuple(source)]
    return moved
