"""The nearest training case of each case, in features or in pixels whichever way it is turned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from cancergan.assessment.context import Context, SideName
from cancergan.cohort.case import Float32, Float64
from cancergan.metrics.memorisation import nearest_training_case

LARGEST_SIDE = {2: 32, 3: 16}


@dataclass(frozen=True, eq=False)
class Nearest:
    """For each case its distance to the nearest training case, and that one's row."""

    distance: Float64
    index: npt.NDArray[np.intp]


def nearest_training_cases(context: Context, side: SideName, space: str) -> Nearest:
    """Return the nearest learning case of every case of a side.

    ``space`` is encoder, or pixels (of a table its columns, by any other name).
    """
    if space == "encoder":
        encoder = context.encoder
        references, cases = context.features(encoder, "learning"), context.features(encoder, side)
        return Nearest(*nearest_training_case(references, cases))
    return context.remembered(
        ("nearest in pixels", side),
        lambda: nearest_in_pixels(context.learning.images, context.side(side).images),
    )


def nearest_in_pixels(training: Float32, cases: Float32) -> Nearest:
    """Search with thumbnails, (n, C, *spatial) and (m, C, *spatial), however a case is turned.

    A thumbnail (at most 32 pixels, 16 voxels a side) forgives noise and small shifts, which a copy
    is disguised by; it is compared mirrored along every set of axes and, where it is a square
    picture, turned by right angles. The distance is the root of the mean squared difference of
    intensities.
    """
    references = thumbnails(training)
    small = thumbnails(cases)
    flat = references.reshape(len(references), -1)
    found = [
        nearest_training_case(flat, turned.reshape(len(small), -1)) for turned in _turned(small)
    ]
    distances = np.stack([distance for distance, _ in found])
    indices = np.stack([index for _, index in found])
    best = distances.argmin(0)[None]
    distance = np.take_along_axis(distances, best, 0)[0] / np.sqrt(flat.shape[1])
    return Nearest(distance, np.take_along_axis(indices, best, 0)[0])


def _turned(images: Float32) -> Iterator[Float32]:
    """Yield images (n, C, *spatial) mirrored along every set of axes; squares also transposed."""
    axes = range(2, images.ndim)
    square = images.ndim == 4 and images.shape[2] == images.shape[3]
    for turned in (images, images.swapaxes(2, 3)) if square else (images,):
        for count in range(len(axes) + 1):
            for flip in combinations(axes, count):
                yield np.flip(turned, flip)


def thumbnails(images: Float32) -> Float32:
    """Return images (n, C, *spatial) averaged down to at most 32 pixels, 16 voxels a side.

    The rows (n, C) of a table stay as they are.
    """
    import torch
    from torch import nn

    spatial = images.shape[2:]
    if not spatial:
        return images
    pool = nn.AdaptiveAvgPool2d if len(spatial) == 2 else nn.AdaptiveAvgPool3d
    size = tuple(min(side, LARGEST_SIDE[len(spatial)]) for side in spatial)
    pooled: Float32 = pool(size)(torch.from_numpy(np.ascontiguousarray(images))).numpy()
    return pooled
