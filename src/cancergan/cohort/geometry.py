"""Bring an image to a wanted size: crop or pad in proportion, then antialiased linear resizing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from cancergan.cohort.case import Float32, Float64
from cancergan.cohort.pixels import AnyArray

Fit = Literal["crop", "stretch", "pad"]


@dataclass(frozen=True)
class Placement:
    """What part of an image is kept, to which size it is resized, and how it is padded then.

    All three have one entry per spatial axis; ``padding`` counts pixels before and after.
    """

    crop: tuple[slice, ...]
    size: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]

    def spacing(self, old: Sequence[float]) -> tuple[float, ...]:
        """Return the millimetres per pixel after it."""
        return tuple(
            (kept.stop - kept.start) * step / size
            for kept, size, step in zip(self.crop, self.size, old, strict=True)
        )

    def affine(self, old: Float64) -> Float64:
        """Return the (4, 4) matrix from the new index to millimetres, given that of the old one.

        The first new pixel's centre lies half a new pixel inside the edge of what was kept.
        """
        index = np.eye(4)
        for axis, (kept, size, (before, _)) in enumerate(
            zip(self.crop, self.size, self.padding, strict=True)
        ):
            step = (kept.stop - kept.start) / size
            index[axis, axis] = step
            index[axis, 3] = kept.start + (0.5 - before) * step - 0.5
        return np.asarray(old @ index)


def place(
    shape: Sequence[int],
    spacing: Sequence[float],
    *,
    spatial: Sequence[int],
    aspect: Sequence[float],
    fit: Fit,
) -> Placement:
    """Return how an image of ``shape`` comes to ``spatial``.

    Proportions are those of the body (pixels times ``spacing``), kept unless ``fit`` is "stretch";
    ``aspect`` is the relative size of the wanted pixels along each axis.
    """
    extent = np.asarray(shape) * np.asarray(spacing)
    wanted = np.asarray(spatial) * np.asarray(aspect)
    kept, size = np.asarray(shape), np.asarray(spatial)
    if fit == "crop":
        scale = (extent / wanted).min()
        kept = np.clip(np.rint(scale * wanted / spacing).astype(int), 1, kept)
    elif fit == "pad":
        scale = (extent / wanted).max()
        size = np.clip(np.rint(size * extent / (scale * wanted)).astype(int), 1, size)
    starts, before = (np.asarray(shape) - kept) // 2, (np.asarray(spatial) - size) // 2
    return Placement(
        crop=tuple(slice(int(a), int(a + n)) for a, n in zip(starts, kept, strict=True)),
        size=tuple(map(int, size)),
        padding=tuple(
            (int(a), int(n - s - a)) for a, s, n in zip(before, size, spatial, strict=True)
        ),
    )


def resize(image: Float32, size: Sequence[int]) -> Float32:
    """Return a (C, *spatial) image resized to (C, *size).

    Linear interpolation along each axis; where the axis shrinks, the triangle filter is widened by
    the same factor, which suppresses aliasing (the rule of Pillow's reducing filters). An axis that
    keeps its size is left exactly as it is.
    """
    for axis, (old, new) in enumerate(zip(image.shape[1:], size, strict=True), start=1):
        if old != new:
            moved = np.moveaxis(image, axis, -1) @ _weights(old, new).T
            image = np.moveaxis(moved, -1, axis)
    return np.ascontiguousarray(image, dtype=np.float32)


def resize_nearest(image: AnyArray, size: Sequence[int]) -> AnyArray:
    """Return an array whose last axes are resized to ``size`` by the nearest pixel."""
    nearest = [
        ((np.arange(new) + 0.5) * old / new).astype(int)
        for old, new in zip(image.shape[-len(size) :], size, strict=True)
    ]
    return np.asarray(image[(..., *np.ix_(*nearest))])


@lru_cache(maxsize=256)
def _weights(old: int, new: int) -> Float32:
    """Return the (new, old) matrix of interpolation; its rows add up to 1."""
    step = old / new
    centres = (np.arange(new) + 0.5) * step - 0.5
    distance = np.abs(np.arange(old)[None] - centres[:, None]) / max(step, 1.0)
    weights = np.maximum(1.0 - distance, 0.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)
