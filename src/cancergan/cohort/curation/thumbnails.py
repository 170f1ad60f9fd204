"""What two images are compared by: small grey pictures, their detail, and a layout embedding.

The embedding is a perceptual hash before its signs are taken: low cosine coefficients of a small
picture whose local contrast was evened out. Flips and turns by 90 degrees only change signs and
order of the coefficients, so all eight ways to see an image cost no second transform.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Case, Float32
from cancergan.cohort.curation.step import image_of
from cancergan.cohort.geometry import resize

SIDE = 96
LAYOUT_SIDE, COEFFICIENTS = 32, 12
DETAIL_SIDE = 64
# Smoothing and neighbourhood of local contrast in pixels, and the least contrast counted.
LAYOUT_SCALE, DETAIL_SCALE = (0.7, 4.0), (0.8, 4.0)
LEAST_CONTRAST = 0.15

# How an image may have been turned: swapped axes, then reversed rows, then reversed columns.
Symmetry = tuple[bool, bool, bool]
SYMMETRIES: tuple[Symmetry, ...] = tuple(
    (swap, rows, columns)
    for swap in (False, True)
    for rows in (False, True)
    for columns in (False, True)
)
# Parts of an image that a crop may have kept: (top, left, bottom, right) as shares.
VIEWS: tuple[tuple[float, float, float, float], ...] = (
    (0.0, 0.0, 1.0, 1.0),
    (0.05, 0.05, 0.95, 0.95),
    (0.0, 0.0, 0.9, 0.9),
    (0.0, 0.1, 0.9, 1.0),
    (0.1, 0.0, 1.0, 0.9),
    (0.1, 0.1, 1.0, 1.0),
)

_SIGNS = (-1.0) ** np.arange(COEFFICIENTS)


def thumbnail(case: Case) -> Float32:
    """Return a case as (96, 96) grey: the mean of its channels, the middle slice of a volume.

    Stretched to a square, since turning an oblong picture swaps its sides; NaN counts as 0.
    """
    grey = np.nan_to_num(image_of(case).mean(axis=0), posinf=0.0, neginf=0.0)
    if grey.ndim == 3:
        grey = grey[..., grey.shape[-1] // 2]
    return np.asarray(resize(np.asarray(grey, dtype=np.float32)[None], (SIDE, SIDE))[0])


def seen(thumbnails: Float32, view: tuple[float, float, float, float], side: int) -> Float32:
    """Return a part of (n, 96, 96) thumbnails as (n, side, side)."""
    top, left, bottom, right = (round(share * SIDE) for share in view)
    return resize(thumbnails[:, top:bottom, left:right], (side, side))


def local_contrast(pictures: Float32, scale: tuple[float, float]) -> Float32:
    """Return (n, side, side) pictures with mean 0 and spread 1 in every neighbourhood.

    Windows, gamma and brightness fall out of it; regions without contrast stay near 0.
    """
    from scipy.ndimage import gaussian_filter

    smoothing, reach = ((0.0, sigma, sigma) for sigma in scale)
    smooth = gaussian_filter(pictures, smoothing, mode="nearest")
    difference = smooth - gaussian_filter(smooth, reach, mode="nearest")
    spread = np.sqrt(gaussian_filter(difference**2, reach, mode="nearest"))
    typical = np.sqrt((difference**2).mean(axis=(1, 2), keepdims=True))
    return np.asarray(difference / (spread + LEAST_CONTRAST * typical + 1e-6), dtype=np.float32)


def layouts(thumbnails: Float32, view: tuple[float, float, float, float] = VIEWS[0]) -> Float32:
    """Return the layout embedding of thumbnails: (n, 12, 12), each of length 1."""
    from scipy.fft import dctn

    small = local_contrast(seen(thumbnails, view, LAYOUT_SIDE), LAYOUT_SCALE)
    low = dctn(small, axes=(1, 2), norm="ortho")[:, :COEFFICIENTS, :COEFFICIENTS].copy()
    low[:, 0, 0] = 0.0
    length = np.sqrt((low**2).sum(axis=(1, 2), keepdims=True))
    return np.asarray(low / np.maximum(length, 1e-9), dtype=np.float32)


def turned_layout(layout: Float32, symmetry: Symmetry) -> Float32:
    """Return (n, 12, 12) embeddings as they would be of turned images."""
    swap, rows, columns = symmetry
    turned = layout.swapaxes(1, 2) if swap else layout
    turned = turned * _SIGNS[:, None] if rows else turned
    return np.asarray(turned * _SIGNS if columns else turned, dtype=np.float32)


def turned(picture: npt.NDArray[np.float32], symmetry: Symmetry) -> Float32:
    """Return (..., rows, columns) pictures turned."""
    swap, rows, columns = symmetry
    picture = picture.swapaxes(-1, -2) if swap else picture
    picture = picture[..., ::-1, :] if rows else picture
    return picture[..., ::-1] if columns else picture


def queries(thumbnails: Float32) -> Iterator[tuple[int, int, Float32]]:
    """Yield (number of the view, number of the symmetry, embeddings (n, 144)), 48 in all."""
    for view, part in enumerate(VIEWS):
        layout = layouts(thumbnails, part)
        for symmetry, how in enumerate(SYMMETRIES):
            yield view, symmetry, turned_layout(layout, how).reshape(len(layout), -1)
