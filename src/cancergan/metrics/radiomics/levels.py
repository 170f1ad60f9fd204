"""Grey levels: values of a region sorted into bins, numbered from 1."""

from __future__ import annotations

import numpy as np

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, Integers
from cancergan.metrics.radiomics.settings import MOST_LEVELS, RadiomicsSettings


def grey_levels(values: Float64, settings: RadiomicsSettings) -> Integers:
    """Return the grey level of each value (n,), 1 and up (IBSI 2.7).

    A fixed number of bins spans the least to the greatest value. Bins of fixed width start at the
    low end of resegmentation, or else at the least value; with the profile "pyradiomics" their
    edges are multiples of the width.

    Raises:
        BadInputError: more than 1024 grey levels.

    >>> grey_levels(np.array([30.0, 49.0, 51.0]), RadiomicsSettings.for_profile(bin_width=25))
    array([1, 1, 1])
    >>> grey_levels(np.array([30.0, 49.0, 51.0]), RadiomicsSettings.for_profile("pyradiomics"))
    array([1, 1, 2])
    """
    low = float(values.min())
    if settings.bin_width is None:
        assert settings.bin_number is not None
        return _numbered(values, low, settings.bin_number)
    width = settings.bin_width
    start = low if settings.resegment is None else settings.resegment[0]
    if settings.profile == "pyradiomics":
        start = width * np.floor(low / width)
    highest = (values.max() - start) / width + 1
    if highest > MOST_LEVELS + 1:
        raise BadInputError(
            f"bins of {width:g} make {highest:.0f} grey levels, more than {MOST_LEVELS}. "
            "Raise bin_width, or set bin_number."
        )
    levels: Integers = np.floor((values - start) / width).astype(np.int64) + 1
    return levels


def _numbered(values: Float64, low: float, number: int) -> Integers:
    extent = values.max() - low
    if extent == 0:
        return np.ones(values.shape, dtype=np.int64)
    levels: Integers = np.floor(number * (values - low) / extent).astype(np.int64) + 1
    return np.minimum(levels, number)
