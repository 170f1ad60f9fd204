"""Zones of one grey level: their size (IBSI 3.8) and their distance to the edge (IBSI 3.9)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.metrics.arrays import Float64, Integers
from cancergan.metrics.radiomics.emphasis import counted, emphasis
from cancergan.metrics.radiomics.texture import Texture


@dataclass(frozen=True, eq=False)
class Zones:
    """Connected voxels of one level.

    Attributes:
        label: (units * x, y) or (units * x, y, z): the number of the zone of each voxel, 0 outside.
        level, size: (zones,).
        group: (zones,) the matrix that each counts into.
    """

    label: Integers
    level: Integers
    size: Integers
    group: Integers


def zones_of(texture: Texture) -> Zones:
    """Find the zones, neighbours by face, edge or corner."""
    from skimage.measure import label

    # One picture above the other: the frame of zeros keeps them apart, and one pass finds all.
    stacked = texture.levels.reshape(-1, *texture.levels.shape[2:])
    labelled = label(  # type: ignore[no-untyped-call]
        stacked, background=0, connectivity=stacked.ndim
    ).astype(np.int64)
    size = np.bincount(labelled.ravel())
    level, unit = np.zeros(len(size), dtype=np.int64), np.zeros(len(size), dtype=np.int64)
    where = np.flatnonzero(labelled)
    level[labelled.flat[where]] = stacked.flat[where]
    unit[labelled.flat[where]] = where // texture.unit_size
    return Zones(labelled, level[1:], size[1:], texture.group_of_units()[unit[1:]])


def glszm(texture: Texture, zones: Zones) -> dict[str, Float64]:
    """Return the size-zone features of each region, (regions,) each (Thibault et al. 2009)."""
    counts = counted(zones.group, zones.level, zones.size, texture.groups())
    features = emphasis(
        counts, size_name="zone_size", short="small_zone", long="large_zone", low="zone"
    )
    voxels = counts.total(counts.size.astype(np.float64))
    features["zone_percentage"] = counts.total() / np.where(voxels > 0, voxels, np.nan)
    return {name: texture.mean(figures) for name, figures in features.items()}


def gldzm(texture: Texture, zones: Zones) -> dict[str, Float64]:
    """Return the distance-zone features of each region, (regions,) each.

    A zone lies as far from the edge of the region as drawn as its nearest voxel does, counted in
    steps from voxel to voxel by faces; a voxel at the edge has distance 1.
    """
    counts = counted(zones.group, zones.level, _distances(texture, zones), texture.groups())
    features = emphasis(
        counts,
        size_name="zone_distance",
        short="small_distance",
        long="large_distance",
        low="zone",
    )
    voxels = np.bincount(zones.group, zones.size, minlength=texture.groups())
    features["zone_percentage"] = counts.total() / np.where(voxels > 0, voxels, np.nan)
    return {name: texture.mean(figures) for name, figures in features.items()}


def _distances(texture: Texture, zones: Zones) -> Integers:
    from scipy.ndimage import distance_transform_cdt

    drawn = texture.drawn.reshape(zones.label.shape)
    distance = distance_transform_cdt(drawn, metric="taxicab").ravel().astype(np.int64)
    where = np.flatnonzero(zones.label)
    outermost_last = where[np.argsort(-distance[where], kind="stable")]
    nearest = np.zeros(len(zones.size) + 1, dtype=np.int64)
    nearest[zones.label.flat[outermost_last]] = distance[outermost_last]
    return nearest[1:]
