"""Neighbouring grey-level dependence: how many neighbours share a level (IBSI 3.11)."""

from __future__ import annotations

import numpy as np

from cancergan.metrics.arrays import Float64
from cancergan.metrics.radiomics.counting import totals
from cancergan.metrics.radiomics.emphasis import Counts, counted, emphasis
from cancergan.metrics.radiomics.texture import Texture


def ngldm(texture: Texture) -> dict[str, Float64]:
    """Return the dependence features of each region, (regions,) each (Sun and Wee 1983).

    The dependence count of a voxel is 1 plus the neighbours, at Chebyshev distance 1 inside the
    region, whose level differs by ``dependence`` at most.
    """
    counts = dependence_counts(texture)
    features = emphasis(
        counts,
        size_name="dependence_count",
        short="low_dependence",
        long="high_dependence",
        low="count",
    )
    total = counts.total()
    share = counts.count / total[counts.group]
    energy = totals(counts.group, share**2, counts.groups)
    features["dependence_count_energy"] = np.where(total > 0, energy, np.nan)
    features["dependence_count_percentage"] = np.where(total > 0, 1.0, np.nan)
    return {name: texture.mean(figures) for name, figures in features.items()}


def dependence_counts(texture: Texture) -> Counts:
    """Count the voxels of each level and dependence count."""
    flat = texture.levels.ravel()
    depends = np.ones(flat.size, dtype=np.int64)
    reach = texture.settings.dependence
    for direction in texture.directions:
        stride = texture.stride(direction)
        here, there = flat[:-stride], flat[stride:]
        alike = here == there if reach == 0 else np.abs(here - there) <= reach
        alike = alike & (here > 0) & (there > 0)
        depends[:-stride] += alike
        depends[stride:] += alike
    where = np.flatnonzero(flat)
    group = texture.group_of_units()[where // texture.unit_size]
    return counted(group, flat[where].astype(np.int64), depends[where], texture.groups())
