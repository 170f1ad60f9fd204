"""Peaks: the mean over a sphere of one cubic centimetre (IBSI 3.2)."""

from __future__ import annotations

import numpy as np

from cancergan.metrics.arrays import Float64
from cancergan.metrics.radiomics.region import Region

RADIUS = (3 / (4 * np.pi)) ** (1 / 3) * 10  # millimetres of a sphere of 1 cm^3


def local_intensity_features(region: Region) -> dict[str, float]:
    """Return the local and the global peak of a region.

    The sphere (in a picture: the disc of its radius) may reach beyond the region, not beyond the
    image. The local peak lies about the greatest value of the region, at the highest of them where
    there are several.
    """
    box, inner = _surroundings(region)
    means = _sphere_means(region.image[box], region.spacing)[inner]
    counted = region.counted[region.box]
    values = region.image[region.box]
    greatest = counted & (values == values[counted].max())
    return {
        "local_peak": float(means[greatest].max()),
        "global_peak": float(means[counted].max()),
    }


def _surroundings(region: Region) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return the region's box widened by the radius, and where the box lies in it."""
    wide, inner = [], []
    for part, step, size in zip(region.box, region.spacing, region.image.shape, strict=True):
        reach = int(RADIUS // step)
        start = max(0, part.start - reach)
        wide.append(slice(start, min(size, part.stop + reach)))
        inner.append(slice(part.start - start, part.stop - start))
    return tuple(wide), tuple(inner)


def _sphere_means(image: Float64, spacing: tuple[float, ...]) -> Float64:
    from scipy.signal import fftconvolve

    reach = [int(RADIUS // step) for step in spacing]
    grid = np.meshgrid(
        *(np.arange(-r, r + 1) * step for r, step in zip(reach, spacing, strict=True)),
        indexing="ij",
    )
    sphere = (sum(axis**2 for axis in grid) <= RADIUS**2).astype(np.float64)
    # Convolving the distance from the mean keeps the rounding of the transform small.
    centre = image.mean()
    total = fftconvolve(image - centre, sphere, mode="same")
    number = np.rint(fftconvolve(np.ones_like(image), sphere, mode="same"))
    return np.asarray(centre + total / number)
