"""Thin bright lines of a picture: what is drawn upon it, and some of what grows in it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Case, Float32
from cancergan.cohort.curation.step import image_of

Mask = npt.NDArray[np.bool_]

STROKE_WIDTH = 5
LEAST_CONTRAST = 0.3
LEAST_BRIGHTNESS = 0.55
LONGEST_SIDE = 360


def grey_of(case: Case) -> Float32:
    """Return (rows, columns) scaled to 0 to 1: the mean of channels, the middle slice of a volume.

    Halved until no side is longer than 360 pixels, so that strokes are one or two pixels wide.
    """
    grey = np.nan_to_num(image_of(case).mean(axis=0), posinf=0.0, neginf=0.0)
    grey = grey[..., grey.shape[-1] // 2] if grey.ndim == 3 else grey
    while max(grey.shape) > LONGEST_SIDE:
        rows, columns = (size // 2 * 2 for size in grey.shape)
        even = grey[:rows, :columns]
        grey = even.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
    low, high = float(grey.min()), float(grey.max())
    return np.asarray((grey - low) / max(high - low, 1e-12), dtype=np.float32)


def strokes(grey: Float32) -> tuple[Float32, Mask]:
    """Return the white top-hat of a picture, and where it is a bright stroke.

    The top-hat keeps what is thinner than 5 pixels and brighter than both its sides.
    """
    from scipy.ndimage import grey_opening

    tophat = grey - grey_opening(grey, size=(STROKE_WIDTH, STROKE_WIDTH), mode="nearest")
    return tophat, (tophat > LEAST_CONTRAST) & (grey > LEAST_BRIGHTNESS)
