"""Haematoxylin and eosin as light sees them: optical density, and the stains behind it."""

from __future__ import annotations

import numpy as np

from cancergan.cohort.case import Case, Float32, Float64
from cancergan.cohort.curation.step import image_of
from cancergan.core.errors import BadInputError

WHITE = 255.0
LEAST_DENSITY = 0.15
LEAST_TISSUE = 200


def rgb_of(case: Case) -> Float32:
    """Return the picture of a case, (3, rows, columns) in 0 to 255.

    Raises:
        BadInputError: it is no colour picture.
    """
    image = image_of(case)
    if image.ndim != 3 or len(image) != 3 or image.min() < 0 or image.max() > WHITE:
        raise BadInputError(
            f'case "{case.case_id}": is not a colour picture of 0 to 255 (shape {image.shape}). '
            "Normalise the stain of histology."
        )
    return image


def optical_density(rgb: Float32) -> Float64:
    """Return -log10((I + 1) / 256) per channel: 0 is white, additive in the stains (Beer-Lambert).

    One is added so that black is finite; ``to_rgb`` takes it away again.
    """
    return np.asarray(-np.log10((rgb.astype(np.float64) + 1.0) / (WHITE + 1.0)))


def to_rgb(density: Float64) -> Float32:
    """Return the picture of an optical density, clipped to 0 to 255."""
    picture = (WHITE + 1.0) * 10.0**-density - 1.0
    return np.clip(picture, 0.0, WHITE).astype(np.float32)


def tissue(density: Float64) -> Float64:
    """Return the densities (n, 3) of pixels that hold stain: above 0.15 on average.

    Macenko et al. ask it of every channel, which loses pure eosin: it hardly absorbs red.
    """
    pixels = density.reshape(3, -1).T
    return np.asarray(pixels[pixels.mean(axis=1) > LEAST_DENSITY])
