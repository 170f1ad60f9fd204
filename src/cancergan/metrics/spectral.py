"""What the Fourier spectrum betrays of a generator: wrong textures, and checkerboards."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, finite
from cancergan.metrics.units import Units, cases_by_unit

SILENCE = 1e-12


def radial_spectrum(images: npt.ArrayLike) -> Float64:
    """Mean power over images, channels and directions by spatial frequency, in decibels.

    Batches (n, C, *spatial), 2D or 3D; each image's mean is taken off first. Entry r is the ring of
    frequencies about r cycles per shortest side, from 1 to the corner of the spectrum (Durall et
    al. 2020, section 3). Power is relative to 1, and never below -120 dB.
    """
    return _decibels(ring_powers(images).mean(0))


def ring_powers(images: npt.ArrayLike) -> Float64:
    """Return the power of each image in each ring of ``radial_spectrum``: (n, rings)."""
    power = _power(_batch(images, "images")).mean(1)
    sides = power.shape[1:]
    frequencies = np.meshgrid(*(np.fft.fftfreq(side) for side in sides), indexing="ij")
    ring = np.rint(np.sqrt(sum(f**2 for f in frequencies)) * min(sides)).astype(np.int64).ravel()
    sizes = np.maximum(np.bincount(ring), 1)
    sums = [np.bincount(ring, weights=image.ravel()) for image in power]
    return np.asarray((np.array(sums) / sizes)[:, 1:])


def spectral_distance(real: npt.ArrayLike, synthetic: npt.ArrayLike) -> float:
    """Root mean square gap between the radial spectra of real and synthetic images, in decibels.

    Batches (n, C, *spatial) and (m, C, *spatial) of one image size. In [0, inf), 0 is best; blur
    shows in it, and so does noise, and the checkerboard of a transposed convolution.
    """
    first, second = _batch(real, "real images"), _batch(synthetic, "synthetic images")
    if first.shape[1:] != second.shape[1:]:
        raise BadInputError(
            f"images of {first.shape[1:]} and {second.shape[1:]}: must be of a size."
        )
    return spectral_distance_of_powers(ring_powers(first), ring_powers(second))


def spectral_distance_of_powers(real: Float64, synthetic: Float64) -> float:
    """The same from ``ring_powers``, for resampling without transforming again."""
    gap = _decibels(real.mean(0)) - _decibels(synthetic.mean(0))
    return float(np.sqrt((gap**2).mean()))


def spectral_floor(real: Float64, units: Units, n_synthetic: int) -> float:
    """Expected spectral distance of two samples of one distribution, of these sizes, in decibels.

    From the variance of the mean power in each ring (n, rings): between patients for the real side,
    between cases for the synthetic one; first order in both (delta method).

    Raises:
        BadInputError: fewer than 2 patients.
    """
    groups = cases_by_unit(units)
    if len(groups) < 2:
        raise BadInputError("the real cases are of one patient: no floor. Give 2 or more.")
    mean = np.maximum(real.mean(0), SILENCE)
    sums = np.array([(real[rows] - mean).sum(0) for rows in groups])
    of_real = (sums**2).sum(0) / len(real) ** 2 * len(groups) / (len(groups) - 1)
    of_synthetic = real.var(0, ddof=1) / n_synthetic
    relative = (of_real + of_synthetic) / mean**2
    return float(10 / np.log(10) * np.sqrt(relative.mean()))


def checkerboard_power(images: npt.ArrayLike, *, period: int = 2) -> float:
    """How far the frequencies of a grid of this period stand out of their surroundings, decibels.

    Upsampling by a stride of 2 leaves a pattern that repeats every 2 pixels (Odena et al. 2016):
    peaks at the multiples of 1 / period. Mean over these (without 0) of the power above the median
    of their 5^d neighbours. About 0 for natural images; compare with the real ones'. Batches
    (n, C, *spatial), cropped to multiples of the period, of 5 pixels or more a side.
    """
    from scipy.ndimage import median_filter

    batch = _batch(images, "images")
    sides = [side // period * period for side in batch.shape[2:]]
    if period < 2 or min(sides) < max(5, period):
        raise BadInputError(f"images of {batch.shape[2:]}: too small for a period of {period}.")
    crop = (slice(None), slice(None), *map(slice, sides))
    spectrum = _decibels(_power(batch[crop]).mean((0, 1)))
    excess = spectrum - median_filter(spectrum, size=5, mode="wrap")
    return float(
        excess[tuple(slice(None, None, side // period) for side in sides)].ravel()[1:].mean()
    )


def _batch(images: npt.ArrayLike, name: str) -> Float64:
    batch = finite(images, name)
    if batch.ndim not in (4, 5) or not batch.size:
        raise BadInputError(f"{name} of shape {batch.shape}: must be (n, C, *spatial).")
    return batch


def _power(batch: Float64) -> Float64:
    """Return |FFT|^2 / N of each image less its mean: its mean over frequencies is the variance."""
    axes = tuple(range(2, batch.ndim))
    centred = batch - batch.mean(axes, keepdims=True)
    return np.abs(np.fft.fftn(centred, axes=axes)) ** 2 / np.prod(batch.shape[2:])


def _decibels(power: Float64) -> Float64:
    return 10 * np.log10(np.maximum(power, SILENCE))
