"""Random fields of any dimension: the textures that phantoms are made of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64

Generator = np.random.Generator
TURNS = 16


def radial_frequency(shape: Sequence[int], spacing: float | Sequence[float] = 1.0) -> Float64:
    """Return |f| in cycles per millimetre on the grid of a real FFT (``numpy.fft.rfftn``).

    Shape (*shape[:-1], shape[-1] // 2 + 1).
    """
    steps = np.broadcast_to(np.asarray(spacing, dtype=float), (len(shape),))
    axes = [np.fft.fftfreq(size, step) for size, step in zip(shape, steps, strict=True)]
    axes[-1] = np.fft.rfftfreq(shape[-1], steps[-1])
    squares = sum(axis**2 for axis in np.meshgrid(*axes, indexing="ij", sparse=True))
    return np.asarray(np.sqrt(squares), dtype=np.float64)


def power_law_field(
    shape: Sequence[int],
    random: Generator,
    *,
    exponent: float,
    spacing: float | Sequence[float] = 1.0,
) -> Float64:
    """Return a Gaussian field whose power spectrum falls as f^-exponent; mean 0, variance 1.

    Periodic. 3 is the anatomical noise of mammograms (Burgess et al. 2001), 0 is white.
    """
    frequency = radial_frequency(shape, spacing)
    frequency.flat[0] = np.inf
    spectrum = np.fft.rfftn(random.standard_normal(shape)) * frequency ** (-exponent / 2)
    return standardised(np.fft.irfftn(spectrum, s=tuple(shape), axes=range(len(shape))))


def smooth_field(
    shape: Sequence[int],
    random: Generator,
    *,
    width: float | Sequence[float],
    spacing: float | Sequence[float] = 1.0,
) -> Float64:
    """Return white noise blurred by a Gaussian of standard deviation ``width`` (millimetres).

    Periodic; mean 0, variance 1. One width per axis draws the field out along the wider ones.
    """
    from scipy.ndimage import gaussian_filter

    sigma = np.broadcast_to(np.asarray(width, float) / np.asarray(spacing, float), (len(shape),))
    return standardised(gaussian_filter(random.standard_normal(shape), sigma, mode="wrap"))


def clustered_lumps(
    shape: tuple[int, int],
    random: Generator,
    *,
    clusters: float,
    lumps: float = 20.0,
    spread: float = 12.0,
    axes: tuple[float, float] = (5.0, 2.0),
    decay: tuple[float, float] = (2.1, 0.5),
) -> Float64:
    """Return a clustered lumpy background (Bochud, Abbey and Eckstein 1999); mean 0, variance 1.

    A Poisson number of clusters holds a Poisson number of lumps each, Gaussian around its middle
    and turned alike; a lump is exp(-a |x|^b / L), L the radius of an ellipse along x. Periodic;
    turns are rounded to sixteenths of half a turn. The defaults are the published ones.

    Args:
        shape: (rows, columns).
        random: where draws come from.
        clusters: expected number of clusters in the image.
        lumps: expected number of lumps in a cluster.
        spread: standard deviation of lumps around the middle of their cluster, pixels.
        axes: half axes of the ellipse, pixels.
        decay: a and b; a small b gives lumps sharp peaks and long tails.
    """
    counts = random.poisson(lumps, max(1, random.poisson(clusters)))
    owners = np.repeat(np.arange(len(counts)), counts)
    centres, turns = (
        random.uniform(0, shape, (len(counts), 2)),
        random.integers(TURNS, size=len(counts)),
    )
    places = centres[owners] + random.normal(0.0, spread, (len(owners), 2))
    rows, columns = np.floor(places).astype(int).T % np.reshape(shape, (2, 1))
    impulses = np.zeros((TURNS, *shape))
    np.add.at(impulses, (turns[owners], rows, columns), 1.0)
    spectrum = (np.fft.rfft2(impulses) * _lump_spectra(shape, axes, decay)).sum(axis=0)
    return standardised(np.fft.irfft2(spectrum, s=shape))


def sheared(texture: Float64, shift: Float64) -> Float64:
    """Return a texture moved along its first axis by ``shift`` pixels, interpolated, periodic.

    ``shift`` has one value for each column, or for each pixel: fibres that run along the second
    axis come to follow its waves.
    """
    rows = np.arange(len(texture)).reshape(-1, *(1,) * (texture.ndim - 1)) - shift
    below = np.floor(rows).astype(int)
    weight = rows - below
    values = [np.take_along_axis(texture, (below + k) % len(texture), axis=0) for k in (0, 1)]
    return np.asarray((1 - weight) * values[0] + weight * values[1])


def speckle(amplitude: Float64, random: Generator, *, width: npt.ArrayLike) -> Float64:
    """Return the envelope of fully developed speckle, >= 0, with E[envelope^2] = amplitude^2.

    Many scatterers in every resolution cell add up to a circular complex Gaussian, so where
    ``amplitude`` is even the envelope follows Rayleigh's law with scale amplitude / sqrt(2)
    (Wagner et al. 1983). ``width`` is the standard deviation, in pixels, of the Gaussian
    point-spread function along each axis.
    """
    from scipy.ndimage import gaussian_filter

    sigma = np.broadcast_to(np.asarray(width, dtype=float), (amplitude.ndim,))
    margins = np.ceil(4 * sigma).astype(int)
    wide = np.pad(amplitude, [(margin, margin) for margin in margins], mode="edge")
    kept = tuple(slice(m, m + size) for m, size in zip(margins, amplitude.shape, strict=True))
    real, imaginary = (
        gaussian_filter(wide * random.standard_normal(wide.shape), sigma)[kept] for _ in range(2)
    )
    return np.asarray(np.hypot(real, imaginary) / np.sqrt(2 * _noise_power(sigma)))


def log_compressed(envelope: Float64, *, decibels: float) -> Float64:
    """Return an envelope in grey levels 0-255 as a scanner shows it: 255 at 1, 0 at -``decibels``.

    Grey level = 255 (1 + 20 log10(envelope) / decibels), clipped.
    """
    level = 1 + 20 * np.log10(np.maximum(envelope, 1e-12)) / decibels
    return np.asarray(255 * np.clip(level, 0.0, 1.0))


def as_bytes(image: Float64) -> npt.NDArray[np.uint8]:
    """Return grey levels or colours as the bytes of a picture, rounded and clipped to 0-255."""
    return np.rint(np.clip(image, 0, 255)).astype(np.uint8)


def standardised(field: Float64) -> Float64:
    """Return the field shifted and scaled to mean 0 and variance 1; an even one becomes 0."""
    return np.asarray((field - field.mean()) / max(float(field.std()), 1e-12))


@lru_cache(maxsize=8)
def _lump_spectra(
    shape: tuple[int, int], axes: tuple[float, float], decay: tuple[float, float]
) -> npt.NDArray[np.complex128]:
    """Return the spectra (turns, *) of one lump in every turn, around pixel (0, 0)."""
    y, x = np.meshgrid(*(np.fft.fftfreq(n, 1 / n) for n in shape), indexing="ij")
    angle = np.arctan2(y, x) - np.pi * np.arange(TURNS).reshape(-1, 1, 1) / TURNS
    radius = np.prod(axes) / np.hypot(axes[1] * np.cos(angle), axes[0] * np.sin(angle))
    return np.asarray(np.fft.rfft2(np.exp(-decay[0] * np.hypot(y, x) ** decay[1] / radius)))


def _noise_power(sigma: Float64) -> float:
    """Return the variance that is left of white noise after ``gaussian_filter``."""
    from scipy.ndimage import gaussian_filter1d

    power = 1.0
    for width in sigma:
        impulse = np.zeros(2 * int(np.ceil(4 * width)) + 3)
        impulse[len(impulse) // 2] = 1.0
        power *= float((gaussian_filter1d(impulse, width) ** 2).sum()) if width > 0 else 1.0
    return power
