"""From regions to features by name, a whole batch at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cancergan.metrics.arrays import Float64
from cancergan.metrics.radiomics.glcm import glcm
from cancergan.metrics.radiomics.glrlm import glrlm
from cancergan.metrics.radiomics.intensity import (
    histogram_features,
    intensity_features,
    volume_histogram_features,
)
from cancergan.metrics.radiomics.levels import grey_levels
from cancergan.metrics.radiomics.local_intensity import local_intensity_features
from cancergan.metrics.radiomics.morphology import morphology_features
from cancergan.metrics.radiomics.ngldm import ngldm
from cancergan.metrics.radiomics.ngtdm import ngtdm
from cancergan.metrics.radiomics.region import Region
from cancergan.metrics.radiomics.settings import RadiomicsSettings
from cancergan.metrics.radiomics.texture import Texture, texture_of
from cancergan.metrics.radiomics.zones import gldzm, glszm, zones_of

OfRegion = Callable[[Region, RadiomicsSettings], dict[str, float]]

OF_REGIONS: dict[str, OfRegion] = {
    "morphology": lambda region, settings: morphology_features(
        region,
        ddof=1 if settings.profile == "ibsi" else 0,
        of_values=settings.profile == "ibsi",
    ),
    "local_intensity": lambda region, settings: local_intensity_features(region),
    "intensity": lambda region, settings: intensity_features(
        region.values, voxel_volume=region.voxel_volume, shift=settings.energy_shift
    ),
    "histogram": lambda region, settings: histogram_features(grey_levels(region.values, settings)),
    "volume_histogram": lambda region, settings: volume_histogram_features(
        region.values, step=settings.bin_width
    ),
}
OF_TEXTURES: dict[str, Callable[[Texture], dict[str, Float64]]] = {
    "glcm": glcm,
    "glrlm": glrlm,
    "ngtdm": ngtdm,
    "ngldm": ngldm,
}
OF_ZONES = {"glszm": glszm, "gldzm": gldzm}
MOST_VOXELS = 2**18
MOST_CELLS = 2**22


def features_of_regions(
    regions: Sequence[Region], settings: RadiomicsSettings
) -> dict[str, Float64]:
    """Return each feature, as ``family_feature``, of all regions: (regions,) each.

    Regions with equally many dimensions. What is undefined in a region is NaN.
    """
    columns: dict[str, list[float]] = {}
    for family in (name for name in settings.families if name in OF_REGIONS):
        for region in regions:
            for name, figure in OF_REGIONS[family](region, settings).items():
                columns.setdefault(f"{family}_{name}", []).append(figure)
    figures = {name: np.array(column) for name, column in columns.items()}
    order, batches = _batches(regions, settings)
    found = [_of_batch([regions[i] for i in batch], settings) for batch in batches]
    back = np.argsort(order)
    for name in found[0] if found else ():
        figures[name] = np.concatenate([batch[name] for batch in found])[back]
    return _in_order(figures, settings.families)


def _of_batch(regions: Sequence[Region], settings: RadiomicsSettings) -> dict[str, Float64]:
    """Return the texture features of regions that go through together."""
    chosen = [name for name in settings.families if name in OF_TEXTURES | OF_ZONES]
    if not chosen:
        return {}
    texture = texture_of(regions, settings)
    found = {name: OF_TEXTURES[name](texture) for name in chosen if name in OF_TEXTURES}
    if any(name in OF_ZONES for name in chosen):
        zones = zones_of(texture)
        found |= {name: OF_ZONES[name](texture, zones) for name in chosen if name in OF_ZONES}
    return {
        f"{family}_{name}": column
        for family, columns in found.items()
        for name, column in columns.items()
    }


def _batches(
    regions: Sequence[Region], settings: RadiomicsSettings
) -> tuple[list[int], list[list[int]]]:
    """Return an order of the regions, by size, and cut into parts that fit into memory."""
    shapes = [tuple(part.stop - part.start for part in region.box) for region in regions]
    order = sorted(range(len(regions)), key=lambda i: (shapes[i], i))
    batches: list[list[int]] = []
    frame: tuple[int, ...] = ()
    for i in order:
        wider = tuple(map(max, shapes[i], frame or shapes[i]))
        number = len(batches[-1]) + 1 if batches else 1
        cells = number * _cells(regions[i], settings)
        if not batches or number * np.prod(np.add(wider, 2)) > MOST_VOXELS or cells > MOST_CELLS:
            batches.append([])
            wider = shapes[i]
        batches[-1].append(i)
        frame = wider
    return order, batches


def _cells(region: Region, settings: RadiomicsSettings) -> int:
    """Return about how many cells the co-occurrence matrices of a region have."""
    if settings.bin_number is not None:
        levels = settings.bin_number
    else:
        assert settings.bin_width is not None
        levels = int(np.ptp(region.values) / settings.bin_width) + 2
    by_slice = region.image.ndim == 3 and settings.neighbourhood == "2D"
    slices = region.box[-1].stop - region.box[-1].start if by_slice else 1
    directions = 13 if region.image.ndim == 3 and settings.neighbourhood == "3D" else 4
    return slices * directions * (levels + 1) ** 2


def _in_order(columns: Mapping[str, Float64], families: Sequence[str]) -> dict[str, Float64]:
    """Return the columns with the families in the order that was asked for."""
    return {
        name: columns[name]
        for family in families
        for name in columns
        if name.startswith(f"{family}_")
    }
