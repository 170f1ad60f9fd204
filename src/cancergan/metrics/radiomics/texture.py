"""Grey levels of several regions at once, laid out so that neighbours are counted in one pass."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from cancergan.metrics.arrays import Float64, Integers
from cancergan.metrics.radiomics.levels import grey_levels
from cancergan.metrics.radiomics.region import Mask, Region
from cancergan.metrics.radiomics.settings import RadiomicsSettings

Levels = npt.NDArray[np.int32]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Texture:
    """Regions of one number of dimensions, each in a frame of zeros.

    A unit is a region, or one slice of it where features are taken slice by slice. The frame keeps
    neighbours apart: a step along the flat array that leaves a row, a slice or a region lands on 0.

    Attributes:
        levels: (units, *spatial) grey levels, 0 outside the region; the outermost layer is 0.
        drawn: (units, *spatial), the regions as drawn, before resegmentation.
        slices: units of each region, which follow one another.
        highest: (regions,) the highest grey level of each region.
        settings: how units and directions become one figure.
    """

    levels: Levels
    drawn: Mask
    slices: int
    highest: Integers
    settings: RadiomicsSettings

    @property
    def regions(self) -> int:
        """How many regions there are."""
        return len(self.highest)

    @property
    def n_levels(self) -> int:
        """The highest grey level of all."""
        return int(self.highest.max())

    @property
    def unit_size(self) -> int:
        """Voxels of a unit with its frame."""
        return int(np.prod(self.levels.shape[1:]))

    @cached_property
    def directions(self) -> tuple[tuple[int, ...], ...]:
        """One of each pair of opposite directions to the neighbours: 4 in a plane, 13 in space."""
        steps = product((-1, 0, 1), repeat=self.levels.ndim - 1)
        return tuple(step for step in steps if step > (0,) * len(step))

    def stride(self, direction: Sequence[int]) -> int:
        """Return the step along the flat array that one step in a direction is."""
        shape = self.levels.shape[1:]
        strides = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
        return sum(step * stride for step, stride in zip(direction, strides, strict=True))

    def group_of_units(self, direction: int = 0, *, directions: int = 1) -> Integers:
        """Return into which matrix each unit counts, for one of so many directions."""
        by_slice = self.settings.neighbourhood == "2D"
        units = np.arange(len(self.levels))
        rows = units if by_slice else units // self.slices
        if self.settings.directions == "merge" or directions == 1:
            return rows
        return rows * directions + direction

    def groups(self, directions: int = 1) -> int:
        """Return how many matrices there are."""
        slices = self.slices if self.settings.neighbourhood == "2D" else 1
        separate = directions if self.settings.directions == "average" else 1
        return self.regions * slices * separate

    def region_of_groups(self, directions: int = 1) -> Integers:
        """Return the region that each matrix belongs to."""
        groups = self.groups(directions)
        return np.arange(groups) // (groups // self.regions)

    def mean(self, figures: Float64) -> Float64:
        """Return one figure for each region: the mean over its matrices, (groups,) to (regions,).

        Empty matrices, such as those of slices beside the region, do not count; NaN where all are.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # all NaN: undefined, and says so
            averaged: Float64 = np.nanmean(figures.reshape(self.regions, -1), axis=1)
        return averaged


def texture_of(regions: Sequence[Region], settings: RadiomicsSettings) -> Texture:
    """Return the grey levels of regions with equally many dimensions, in frames of one size."""
    shapes = [tuple(part.stop - part.start for part in region.box) for region in regions]
    frame = tuple(np.max(shapes, axis=0) + 2)
    levels = np.zeros((len(regions), *frame), dtype=np.int32)
    drawn = np.zeros(levels.shape, dtype=bool)
    for unit, (region, shape) in enumerate(zip(regions, shapes, strict=True)):
        inner = tuple(slice(1, size + 1) for size in shape)
        counted = region.counted[region.box]
        levels[unit][inner][counted] = grey_levels(region.image[region.box][counted], settings)
        drawn[unit][inner] = region.mask[region.box]
    highest = levels.reshape(len(levels), -1).max(axis=1).astype(np.int64)
    slices = 1
    if len(frame) == 3 and settings.neighbourhood != "3D":
        levels, drawn = (_by_slice(array) for array in (levels, drawn))
        slices = frame[2] - 2
    return Texture(levels, drawn, slices, highest, settings)


def _by_slice(volumes: npt.NDArray[T]) -> npt.NDArray[T]:
    """Return volumes (n, x, y, z) as pictures (n * (z - 2), x, y), without the frame's slices."""
    slices = np.moveaxis(volumes, 3, 1)[:, 1:-1]
    return np.ascontiguousarray(slices).reshape(-1, *volumes.shape[1:3])
