"""Acquisition shifts: what another scanner, microscope or camera does to every image alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.geometry import resize, resize_nearest
from cancergan.cohort.pixels import AnyArray, Header, Pixels
from cancergan.cohort.shifts.source import Subject, as_stored
from cancergan.cohort.window import IntensityWindow
from cancergan.core.errors import BadInputError
from cancergan.core.registry import Registry
from cancergan.core.seeds import numpy_generator

Size = tuple[int, ...]
# (image, strength, device, random) -> image: intensities (C, *spatial), about 0 to 1; ``device``
# decides what one scanner does to all of its images, ``random`` what differs from image to image.
Effect = Callable[[Float64, float, np.random.Generator, np.random.Generator], Float64]
acquisitions: Registry[Effect] = Registry("acquisition mechanism")
# Mechanisms that change the number of pixels also say how: (spatial, strength) -> spatial.
RESAMPLED: dict[str, Callable[[Size, float], Size]] = {}


@dataclass(frozen=True)
class AcquisitionChange:
    """One mechanism, applied to the intensities of a cohort's window.

    Attributes:
        mechanism: a name in ``acquisitions``.
        window: what counts as 0 and 1 in physical units, per channel; values outside stay outside.
    """

    mechanism: str
    strength: float
    window: IntensityWindow
    seed: int

    def header(self, header: Header) -> Header:
        """Return the header; only resampling mechanisms change it."""
        if self.mechanism not in RESAMPLED:
            return header
        old = header.shape[1:]
        new = RESAMPLED[self.mechanism](old, self.strength)
        return replace(
            header, shape=(header.shape[0], *new), spacing=_scaled(header.spacing, old, new)
        )

    def pixels(self, pixels: Pixels, subject: Subject) -> Pixels:
        """Return the case as the other device would store it."""
        column = (-1,) + (1,) * (pixels.image.ndim - 1)
        low = np.reshape(self.window.low, column)
        width = np.reshape(self.window.high, column) - low
        unit = (pixels.image.astype(np.float64) - low) / width
        device = numpy_generator(self.seed, "acquisition", self.mechanism)
        random = numpy_generator(self.seed, "acquisition", self.mechanism, subject.case_id)
        seen = acquisitions[self.mechanism](unit, self.strength, device, random)
        image = as_stored(seen * width + low, pixels.image.dtype)
        return _in_new_grid(pixels, image)


def _in_new_grid(pixels: Pixels, image: AnyArray) -> Pixels:
    old, new = pixels.image.shape[1:], image.shape[1:]
    if old == new:
        return replace(pixels, image=image)
    affine = pixels.affine
    if affine is not None:
        ratio = np.ones(3)
        ratio[: len(old)] = np.divide(old, new)
        affine = affine.copy()
        # The corner of the field of view stays where it is, so the first pixel's centre moves.
        affine[:3, 3] += affine[:3, :3] @ ((ratio - 1) / 2)
        affine[:3, :3] *= ratio
    mask = None if pixels.mask is None else resize_nearest(pixels.mask, new)
    return Pixels(image, mask, _scaled(pixels.spacing, old, new), affine)


def _scaled(spacing: tuple[float, ...], old: Size, new: Size) -> tuple[float, ...]:
    return tuple(step * a / b for step, a, b in zip(spacing, old, new, strict=True))


def _spatial(image: Float64) -> tuple[int, ...]:
    return tuple(range(1, image.ndim))


@acquisitions.register("noise")
def noise(
    image: Float64, strength: float, device: np.random.Generator, random: np.random.Generator
) -> Float64:
    """Add independent normal noise; its deviation is up to a tenth of the window."""
    return image + random.normal(0.0, 0.1 * strength, image.shape)


@acquisitions.register("blur")
def blur(
    image: Float64, strength: float, device: np.random.Generator, random: np.random.Generator
) -> Float64:
    """Widen the point spread by a Gaussian of up to 2 pixels."""
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(image, 2.0 * strength, axes=_spatial(image)))


@acquisitions.register("resolution")
def resolution(
    image: Float64, strength: float, device: np.random.Generator, random: np.random.Generator
) -> Float64:
    """Sample up to 4 times more coarsely and interpolate back; the grid stays as it is."""
    coarse = [max(1, round(size / (1 + 3 * strength))) for size in image.shape[1:]]
    return resize(resize(image.astype(np.float32), coarse), image.shape[1:]).astype(np.float64)


@acquisitions.register("spacing")
def spacing(
    image: Float64, strength: float, device: np.random.Generator, random: np.random.Generator
) -> Float64:
    """Take pixels up to twice as large: shape, spacing, affine and mask go along."""
    return resize(image.astype(np.float32), _fewer(image.shape[1:], strength)).astype(np.float64)


def _fewer(spatial: Size, strength: float) -> Size:
    return tuple(max(1, round(size / (1 + strength))) for size in spatial)


RESAMPLED["spacing"] = _fewer


@acquisitions.register("gain")
def gain(
    image: Float64, strength: float, device: np.random.Generator, random: np.random.Generator
) -> Float64:
    """Scale intensities by a factor that lies up to one third above or below 1."""
    return np.asarray(image * (1 + device.choice([-1, 1]) * strength / 3))


@acquisitions.register("gamma")
def gamma(
    image: Float64, strength: float, device: np.random.Generator, random: np.random.Generator
) -> Float64:
    """Bend the tone curve within the window: exponent up to 2, or down to 1/2."""
    inside = np.clip(image, 0, 1)
    return np.asarray(image - inside + inside ** (2.0 ** (device.choice([-1, 1]) * strength)))


@acquisitions.register("bias_field")
def bias_field(
    image: Float64, strength: float, device: np.random.Generator, random: np.random.Generator
) -> Float64:
    """Multiply by a smooth field of the device, up to about a factor of 2 from end to end."""
    axes = [np.linspace(-1, 1, size) for size in image.shape[1:]]
    slopes = device.normal(size=(2, len(axes)))
    slopes *= 0.5 / np.abs(slopes).sum()
    grid = np.meshgrid(*axes, indexing="ij")
    bent = sum(a * x + b * x**2 for a, b, x in zip(*slopes, grid, strict=True))
    return np.asarray(image * np.exp(strength * bent))


@acquisitions.register("stain")
def stain(
    image: Float64, strength: float, device: np.random.Generator, random: np.random.Generator
) -> Float64:
    """Make one of haematoxylin and eosin stronger and the other weaker, up to a factor of 1.6.

    Stains are told apart by their optical densities (Ruifrok and Johnston 2001).

    Raises:
        BadInputError: the images are not colour pictures.
    """
    from skimage.color import hed2rgb, rgb2hed

    if image.shape[0] != 3 or image.ndim != 3:
        raise BadInputError("a stain shift needs colour pictures. Use another mechanism.")
    stains = rgb2hed(np.moveaxis(np.clip(image, 0, 1), 0, -1))
    factor = 1.6 ** (device.choice([-1, 1]) * strength)
    changed = hed2rgb(stains * [factor, 1 / factor, 1.0])
    # What the stains do not explain (they are clipped at zero) stays in the picture.
    return np.asarray(image + np.moveaxis(changed - hed2rgb(stains), -1, 0))


@acquisitions.register("compression")
def compression(
    image: Float64, strength: float, device: np.random.Generator, random: np.random.Generator
) -> Float64:
    """Quantise cosine coefficients of 8 x 8 blocks, as JPEG does (Wallace 1992), in any bit depth.

    The step is one for all frequencies: up to a fifth of the window. Volumes go slice by slice.
    """
    from scipy.fft import dctn, idctn

    rows, columns = image.shape[1:3]
    padding = [(0, 0), (0, -rows % 8), (0, -columns % 8)] + [(0, 0)] * (image.ndim - 3)
    padded = np.pad(image, padding, mode="edge")
    channels, high, wide, *rest = padded.shape
    blocks = padded.reshape(channels, high // 8, 8, wide // 8, 8, *rest)
    coefficients = dctn(blocks, axes=(2, 4), norm="ortho")
    step = 0.2 * strength
    restored = idctn(np.rint(coefficients / step) * step, axes=(2, 4), norm="ortho")
    return np.asarray(restored.reshape(padded.shape)[:, :rows, :columns])


@acquisitions.register("scanner")
def scanner(
    image: Float64, strength: float, device: np.random.Generator, random: np.random.Generator
) -> Float64:
    """Apply a tone curve, blur and noise together, each at half the strength."""
    for effect in (gamma, blur, noise):
        image = effect(image, strength / 2, device, random)
    return image
