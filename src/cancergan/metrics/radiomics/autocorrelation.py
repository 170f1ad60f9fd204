"""Whether near voxels are alike: Moran's I and Geary's C, exact, by Fourier transform."""

from __future__ import annotations

import numpy as np

from cancergan.metrics.arrays import Float64
from cancergan.metrics.radiomics.region import Mask


def autocorrelation(image: Float64, mask: Mask, spacing: tuple[float, ...]) -> dict[str, float]:
    """Return Moran's I and Geary's C of the values of an image in a mask (IBSI 3.1.26 and 27).

    Every pair of voxels counts with the inverse of its distance. That sum over pairs is a
    convolution, so large regions need no approximation. NaN of one voxel, or of equal values.
    """
    number = int(mask.sum())
    values = np.where(mask, image - image[mask].mean(), 0.0)
    power = (values**2).sum()
    if number < 2 or np.ptp(image[mask]) == 0:
        return {"moran_i": np.nan, "geary_c": np.nan}
    inside = mask.astype(np.float64)
    near_inside, near_values = _weighted_sums((inside, values), spacing)
    weights = (inside * near_inside).sum()
    products = (values * near_values).sum()
    squared_differences = 2 * ((values**2 * near_inside).sum() - products)
    return {
        "moran_i": number / weights * products / power,
        "geary_c": (number - 1) / (2 * weights) * squared_differences / power,
    }


def _weighted_sums(arrays: tuple[Float64, ...], spacing: tuple[float, ...]) -> list[Float64]:
    """Return, at each voxel, the sum of all others divided by their distance."""
    from scipy.fft import irfftn, next_fast_len, rfftn

    shape = arrays[0].shape
    size = [next_fast_len(2 * side - 1, real=True) for side in shape]
    steps = [
        np.minimum(np.arange(side), side - np.arange(side)) * step
        for side, step in zip(size, spacing, strict=True)
    ]
    distance = np.sqrt(sum(axis**2 for axis in np.meshgrid(*steps, indexing="ij", sparse=True)))
    weights = np.divide(1.0, distance, out=np.zeros(distance.shape), where=distance > 0)
    kernel = rfftn(weights)
    inner = tuple(slice(0, side) for side in shape)
    return [irfftn(rfftn(array, size) * kernel, size)[inner] for array in arrays]
