"""The public face: features by name, and the reason where some are undefined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64
from cancergan.metrics.radiomics.extract import features_of_regions
from cancergan.metrics.radiomics.names import as_pyradiomics
from cancergan.metrics.radiomics.region import Region, region_of
from cancergan.metrics.radiomics.settings import Profile, RadiomicsSettings


@dataclass(frozen=True, eq=False)
class Measurements:
    """The features of several regions.

    Attributes:
        names: (features,).
        values: (regions, features); NaN where a feature is undefined.
        undefined: (regions,) how many features are undefined and why, or "".
    """

    names: tuple[str, ...]
    values: Float64
    undefined: tuple[str, ...]


@dataclass(frozen=True)
class Measurement:
    """The features of one region: ``values`` by name, and why some of them are NaN, or ""."""

    values: dict[str, float]
    undefined: str

    def __getitem__(self, name: str) -> float:
        return self.values[name]


def radiomics(
    image: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
    *,
    spacing: Sequence[float] | None = None,
    profile: Profile = "ibsi",
    settings: RadiomicsSettings | None = None,
    **changes: Any,
) -> Measurement:
    """Measure one region of an image.

    Args:
        image: (*spatial) in 2 or 3 dimensions, without channels; slices along the last axis.
        mask: (*spatial), not 0 in the region; None for the whole image.
        spacing: millimetres per axis, 1 where absent.
        profile: "ibsi", or "pyradiomics" for its names and choices.
        settings: all choices at once, instead of ``profile`` and ``changes``.
        changes: fields of ``RadiomicsSettings``, such as ``bin_width=25``.

    Returns:
        Features named ``family_feature``, such as ``glcm_contrast``, or as pyradiomics names them.
        Those that divide 0 by 0 in this region are NaN, and ``undefined`` says why.

    Raises:
        BadInputError: a mask that is empty or of another shape, NaN in the region, settings that
            make no sense.

    >>> found = radiomics([[1, 1], [1, 4]], bin_width=1, families=["glcm"])
    >>> found["glcm_contrast"], found.undefined
    (4.5, '')
    """
    chosen = settings or RadiomicsSettings.for_profile(profile, **changes)
    region = region_of(image, mask, spacing, chosen)
    found = radiomics_of_regions([region], chosen)
    figures = (float(value) for value in found.values[0])
    return Measurement(dict(zip(found.names, figures, strict=True)), found.undefined[0])


def radiomics_of_regions(regions: Sequence[Region], settings: RadiomicsSettings) -> Measurements:
    """Measure many regions, which goes several times faster than one by one.

    Raises:
        BadInputError: no region, or pictures and volumes together.
    """
    dimensions = {region.image.ndim for region in regions}
    if len(dimensions) != 1:
        raise BadInputError("give regions of pictures or of volumes, at least one, not both.")
    columns = features_of_regions(regions, settings)
    if settings.profile == "pyradiomics":
        columns = as_pyradiomics(columns, dimensions=dimensions.pop())
    values = np.stack(list(columns.values()), axis=1)
    undefined = np.isnan(values).sum(axis=1)
    reasons = [
        f"{count} undefined: {_reason(region)}" if count else ""
        for region, count in zip(regions, undefined, strict=True)
    ]
    return Measurements(tuple(columns), values, tuple(reasons))


def _reason(region: Region) -> str:
    """Say what makes features of a region undefined."""
    values = region.values
    if len(values) == 1:
        return "one voxel counts"
    if np.ptp(values) == 0:
        return "all values are equal"
    thickness = min(part.stop - part.start for part in region.box)
    return "the region is one voxel thick" if thickness == 1 else "a denominator is 0"
