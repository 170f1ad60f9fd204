"""Structures drawn on one grid: as a mask of numbers, and as one channel each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cancergan.cohort.pixels import AnyArray

# Structures with their numbers in a mask, from 1: where the (bool) array is true.
Drawn = Iterable[tuple[int, AnyArray]]


def label_map(drawn: Drawn, shape: tuple[int, ...], count: int) -> AnyArray:
    """Return a mask (*spatial) of the numbers of structures, 0 where there is none.

    Where structures overlap, the one with fewer voxels lies on top: so no organ disappears under
    the outline of the body. Of equal ones the first stays.
    """
    mask = np.zeros(shape, np.int32)
    sizes = np.zeros(count + 1, np.int64)
    sizes[0] = mask.size + 1
    for code, inside in drawn:
        sizes[code] = np.count_nonzero(inside)
        mask[inside & (sizes[mask] > sizes[code])] = code
    return mask


def channels(drawn: Drawn, shape: tuple[int, ...], count: int) -> AnyArray:
    """Return (count, *spatial) of 0 and 1, the structure of number n in channel n - 1."""
    stacked = np.zeros((count, *shape), np.uint8)
    for code, inside in drawn:
        stacked[code - 1] |= inside
    return stacked
