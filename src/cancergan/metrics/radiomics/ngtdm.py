"""Neighbourhood grey-tone difference: how far a level is from its surroundings (IBSI 3.10)."""

from __future__ import annotations

import numpy as np

from cancergan.metrics.arrays import Float64, Integers
from cancergan.metrics.radiomics.counting import totals
from cancergan.metrics.radiomics.texture import Texture

COARSEST = 1e6


def ngtdm(texture: Texture) -> dict[str, Float64]:
    """Return the grey-tone difference features of each region, (regions,) each.

    Source: Amadasun and King 1989, neighbours at Chebyshev distance 1 inside the region. Coarseness
    of a region without any difference is 1e6, as IBSI says; busyness and strength are then
    undefined.
    """
    often, difference = tone_differences(texture)
    with np.errstate(divide="ignore", invalid="ignore"):
        features = _features(often, difference)
    return {name: texture.mean(figures) for name, figures in features.items()}


def tone_differences(texture: Texture) -> tuple[Float64, Float64]:
    """Return how often each level occurs and the sum of its differences, (groups, levels) each.

    A difference is that of a voxel's level from the mean level of its neighbours; a voxel without a
    neighbour does not count.
    """
    levels = texture.levels.astype(np.int64)
    around = box_sums(levels) - levels
    inside = levels > 0
    neighbours = box_sums(inside.astype(np.int64)) - inside
    counts = inside & (neighbours > 0)
    level = levels[counts]
    difference = np.abs(level - around[counts] / neighbours[counts])
    unit = np.repeat(np.arange(len(levels)), counts.reshape(len(levels), -1).sum(axis=1))
    width = texture.n_levels + 1
    key = texture.group_of_units()[unit] * width + level
    cells = texture.groups() * width
    often = np.bincount(key, minlength=cells).astype(np.float64)
    differences = totals(key, difference, cells)
    return often.reshape(-1, width)[:, 1:], differences.reshape(-1, width)[:, 1:]


def box_sums(units: Integers) -> Integers:
    """Return the sum over each voxel and its neighbours, of units (n, *spatial) framed by zeros."""
    for axis in range(1, units.ndim):
        summed = units.copy()
        before, after = np.moveaxis(units, axis, 0), np.moveaxis(summed, axis, 0)
        after[1:] += before[:-1]
        after[:-1] += before[1:]
        units = summed
    return units


def _features(often: Float64, difference: Float64) -> dict[str, Float64]:
    total = often.sum(axis=1)
    total = np.where(total > 0, total, np.nan)
    share = often / total[:, None]
    level = np.arange(1, often.shape[1] + 1, dtype=np.float64)
    present = often > 0
    both = present[:, :, None] & present[:, None, :]
    kinds = present.sum(axis=1)
    weighted = (share * difference).sum(axis=1)
    gap = level[:, None] - level[None, :]
    of_pair = share[:, :, None] + share[:, None, :]
    spread = np.einsum("gi,gj,ij->g", share, share, gap**2) / (kinds * (kinds - 1))
    scaled = share * level
    unrest = (np.abs(scaled[:, :, None] - scaled[:, None, :]) * both).sum(axis=(1, 2))
    moved = (share * difference)[:, :, None] + (share * difference)[:, None, :]
    relative = np.divide(moved, of_pair, out=np.zeros_like(moved), where=both)
    strength = (of_pair * gap**2 * both).sum(axis=(1, 2))
    changes = difference.sum(axis=1)
    return {
        "coarseness": np.where(weighted > 0, 1 / weighted, np.where(kinds > 0, COARSEST, np.nan)),
        "contrast": np.where(kinds > 1, spread * changes / total, np.where(kinds > 0, 0.0, np.nan)),
        "busyness": np.where(kinds > 1, weighted / unrest, np.nan),
        "complexity": (np.abs(gap) * relative).sum(axis=(1, 2)) / total,
        "strength": np.where(changes > 0, strength / changes, np.nan),
    }
