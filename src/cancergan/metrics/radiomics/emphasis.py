"""The features that runs, zones and dependences share: how often a level comes in which size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.metrics.arrays import Float64, Integers
from cancergan.metrics.radiomics.counting import totals


@dataclass(frozen=True, eq=False)
class Counts:
    """Sparse matrices of grey level by size, one a group.

    Attributes:
        group, level, size: (entries,); levels and sizes begin at 1.
        count: (entries,), above 0.
        groups: how many matrices there are; some may have no entry.
    """

    group: Integers
    level: Integers
    size: Integers
    count: Float64
    groups: int

    def total(self, weight: Float64 | float = 1.0) -> Float64:
        """Return the sum of count times weight (entries,) in each matrix, (groups,)."""
        return totals(self.group, self.count * weight, self.groups)

    def squares(self, axis: Integers) -> Float64:
        """Return the sum of squared margins along ``level`` or ``size`` in each matrix."""
        width = int(axis.max(initial=0)) + 1
        margin = totals(self.group * width + axis, self.count, self.groups * width)
        squared: Float64 = (margin.reshape(self.groups, width) ** 2).sum(axis=1)
        return squared


def counted(group: Integers, level: Integers, size: Integers, groups: int) -> Counts:
    """Count equal (group, level, size), all (n,) and the latter two from 1."""
    levels, sizes = int(level.max(initial=0)) + 1, int(size.max(initial=0)) + 1
    key = (group * levels + level) * sizes + size
    cells = groups * levels * sizes
    # Sorting is slower than counting unless nearly all cells stay empty.
    if cells <= 8 * len(key) + 4096:
        every = np.bincount(key, minlength=cells)
        found = np.flatnonzero(every)
        count = every[found]
    else:
        found, count = np.unique(key, return_counts=True)
    rest, size_found = np.divmod(found, sizes)
    group_found, level_found = np.divmod(rest, levels)
    return Counts(group_found, level_found, size_found, count.astype(np.float64), groups)


def emphasis(
    counts: Counts, *, size_name: str, short: str, long: str, low: str
) -> dict[str, Float64]:
    """Return the sixteen features of IBSI 3.7 to 3.9 and 3.11 that need no voxel count.

    NaN in an empty matrix.

    Args:
        counts: the matrices.
        size_name: what a size is, such as ``run_length``.
        short, long: prefixes for small and great sizes, such as ``short_run`` and ``long_run``.
        low: suffix of the emphasis of levels, such as ``run`` in ``low_grey_level_run_emphasis``.
    """
    total = counts.total()
    with np.errstate(divide="ignore", invalid="ignore"):
        return _emphasis(counts, np.where(total > 0, total, np.nan), size_name, short, long, low)


def _emphasis(
    counts: Counts, total: Float64, size_name: str, short: str, long: str, low: str
) -> dict[str, Float64]:
    i, j = counts.level.astype(np.float64), counts.size.astype(np.float64)
    level_mean, size_mean = counts.total(i) / total, counts.total(j) / total
    share = counts.count / total[counts.group]
    by_level, by_size = counts.squares(counts.level), counts.squares(counts.size)
    information = totals(counts.group, -share * np.log2(share), counts.groups)
    return {
        f"{short}_emphasis": counts.total(j**-2) / total,
        f"{long}_emphasis": counts.total(j**2) / total,
        f"low_grey_level_{low}_emphasis": counts.total(i**-2) / total,
        f"high_grey_level_{low}_emphasis": counts.total(i**2) / total,
        f"{short}_low_grey_level_emphasis": counts.total(i**-2 * j**-2) / total,
        f"{short}_high_grey_level_emphasis": counts.total(i**2 * j**-2) / total,
        f"{long}_low_grey_level_emphasis": counts.total(j**2 * i**-2) / total,
        f"{long}_high_grey_level_emphasis": counts.total(i**2 * j**2) / total,
        "grey_level_non_uniformity": by_level / total,
        "grey_level_non_uniformity_normalised": by_level / total**2,
        f"{size_name}_non_uniformity": by_size / total,
        f"{size_name}_non_uniformity_normalised": by_size / total**2,
        "grey_level_variance": counts.total(i**2) / total - level_mean**2,
        f"{size_name}_variance": counts.total(j**2) / total - size_mean**2,
        f"{size_name}_entropy": np.where(np.isnan(total), np.nan, information),
    }
