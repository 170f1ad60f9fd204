"""Where the body, the breast or the brain is in an image: thresholds and connected components."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float32
from cancergan.core.registry import Registry

Mask = npt.NDArray[np.bool_]

AIR, SKIN, BONE = -500.0, -300.0, 300.0  # Hounsfield units
SHARE_OF_RANGE = 0.1
SMOOTHING_MM = 1.5
# The lobes of a low slice lie apart: all parts of a tenth of the largest are kept.
LARGE_SHARE = 0.1
OPENING_MM, BRAIN_OPENING_MM = 4.0, 6.0

# A foreground is a function of (image (C, *spatial), spacing) -> mask (*spatial).
foregrounds: Registry[Callable[[Float32, Sequence[float]], Mask]] = Registry("foreground")


@foregrounds.register("body")
def body(image: Float32, spacing: Sequence[float]) -> Mask:
    """Return the largest component above air, opened by 4 mm so that a CT's table falls off.

    In Hounsfield units (a value below -500 occurs), above -300; else above a tenth of the range.
    """
    from scipy import ndimage

    grey = _smooth(image, spacing)
    tissue = grey > (SKIN if is_hounsfield(image) else _tenth(grey))
    cut = _opened(tissue, spacing)
    return np.asarray(ndimage.binary_fill_holes(largest(cut if cut.any() else tissue)))


@foregrounds.register("breast")
def breast(image: Float32, spacing: Sequence[float]) -> Mask:
    """Return the largest bright component of a mammogram; markers and labels are smaller ones.

    Where the image is inverted (the bright value fills the corners), dark counts as bright.
    """
    grey = _smooth(image, spacing)
    return largest(grey > _tenth(grey))


@foregrounds.register("brain")
def brain(image: Float32, spacing: Sequence[float]) -> Mask:
    """Return the inside of the skull in CT, or the large parts of a head in MR once opened.

    CT: the largest component of 0 to 100 HU within the closed skull. MR: the head above Otsu's
    threshold, opened by 6 mm, which cuts the scalp off where a dark skull lies between.
    """
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    grey = _smooth(image, spacing)
    if is_hounsfield(image):
        skull = grey > BONE
        inside = np.asarray(ndimage.binary_fill_holes(_closed(skull, spacing))) & ~skull
        return largest(_opened(inside & (grey > 0) & (grey < 100), spacing))
    head = grey > _tenth(grey)
    if not head.any():
        return head
    otsu: float = threshold_otsu(grey[head])  # type: ignore[no-untyped-call]
    level = min(otsu, float(np.median(grey[head]))) * 0.8
    return _large(_opened(grey > level, spacing, BRAIN_OPENING_MM))


def is_hounsfield(image: Float32) -> bool:
    """Say whether values are Hounsfield units: only they go below -500, where air is."""
    return bool(image.min() < AIR)


def largest(mask: Mask) -> Mask:
    """Return the largest component, connected along the axes; an empty mask stays empty."""
    return _large(mask, share=1.0)


def _large(mask: Mask, share: float = LARGE_SHARE) -> Mask:
    """Return the components of at least a share of the largest one's size."""
    from scipy import ndimage

    labels, count = ndimage.label(mask)
    if not count:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    kept = sizes >= share * sizes.max() if share < 1 else np.arange(len(sizes)) == sizes.argmax()
    return np.asarray(kept[labels] & mask)


def _tenth(grey: Float32) -> float:
    low, high = np.percentile(grey, (0.5, 99.5))
    return float(low + SHARE_OF_RANGE * (high - low))


def _smooth(image: Float32, spacing: Sequence[float]) -> Float32:
    from scipy import ndimage

    sigma = [min(SMOOTHING_MM / step, 2.0) for step in spacing]
    return np.asarray(ndimage.gaussian_filter(image.mean(axis=0), sigma), dtype=np.float32)


def _opened(mask: Mask, spacing: Sequence[float], radius: float = OPENING_MM) -> Mask:
    """Return the mask without what is thinner than twice the radius in millimetres."""
    return _grown(~_grown(~mask, spacing, radius), spacing, radius)


def _closed(mask: Mask, spacing: Sequence[float]) -> Mask:
    """Return the mask with gaps narrower than 8 mm closed, the image's edges left alone."""
    margin = [int(np.ceil(OPENING_MM / step)) + 1 for step in spacing]
    padded = np.pad(mask, [(width, width) for width in margin])
    closed = ~_grown(~_grown(padded, spacing, OPENING_MM), spacing, OPENING_MM)
    return np.asarray(closed[tuple(slice(width, -width) for width in margin)])


def _grown(mask: Mask, spacing: Sequence[float], radius: float) -> Mask:
    """Return the mask grown by a radius in millimetres, one pixel at least along each axis."""
    from scipy.ndimage import distance_transform_edt

    if not mask.any():
        return mask
    sampling = [min(step, radius) for step in spacing]
    return np.asarray(distance_transform_edt(~mask, sampling=sampling) <= radius)
