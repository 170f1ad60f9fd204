"""A feature space that nobody trained: random filters at several scales, fixed for ever by a seed.

Random convolution features with pooled statistics separate textures well without any training
(Saxe et al. 2011; Bruna and Mallat 2013 for the log of pooled moments), so two laboratories that
share nothing but this file measure in the same space.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from cancergan.core.errors import BadInputError
from cancergan.core.provenance import fingerprint
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.batches import Float32, Float64, checked_images, in_chunks
from cancergan.downstream.feature_space import FEATURES

SEED = 20210720
FILTERS = 48
SCALES = 3
KERNEL = {2: 5, 3: 3}
SMALLEST_RESPONSE = 0.01


@dataclass(frozen=True)
class RandomConvolution:
    """Features from fixed random filters.

    Attributes:
        filters: (scales * filters, C, *kernel), those of a scale together.
        projection: from pooled statistics to features, (2 * scales * filters, 32).
    """

    filters: Float32
    projection: Float64
    name: str = "random_convolution"

    @property
    def fingerprint(self) -> str:
        """Identifies filters, projection and settings."""
        return fingerprint(self.filters, self.projection, [SCALES, SMALLEST_RESPONSE])

    def features(self, images: npt.ArrayLike) -> Float64:
        """Return features (n, 32) of images (n, C, *spatial) in [-1, 1].

        At full, half and quarter size: filter, rectify, take mean and standard deviation over
        space, take logarithms, so that fine texture counts as much as coarse; then project.
        """
        batch = checked_images(images, channels=self.filters.shape[1])
        if batch.ndim != self.filters.ndim:
            raise BadInputError(
                f"images of shape {batch.shape}, but the filters have {self.filters.ndim - 2} "
                "spatial dimensions. Make the space for the images' own."
            )
        statistics = in_chunks(self._statistics, batch)
        return np.log(SMALLEST_RESPONSE + statistics) @ self.projection

    def _statistics(self, images: torch.Tensor) -> torch.Tensor:
        dimensions = images.ndim - 2
        convolve = functional.conv2d if dimensions == 2 else functional.conv3d
        halve = functional.avg_pool2d if dimensions == 2 else functional.avg_pool3d
        space = tuple(range(2, images.ndim))
        pooled = []
        for filters in torch.from_numpy(self.filters).chunk(SCALES):
            response = convolve(images, filters, padding=filters.shape[-1] // 2).relu()
            pooled += [response.mean(space), response.std(space, correction=0)]
            images = halve(images, kernel_size=2, ceil_mode=True)
        return torch.cat(pooled, dim=1)


def random_convolution(channels: int, spatial_dims: int) -> RandomConvolution:
    """Return the space for images of some channels in 2 or 3 dimensions; always the same one.

    A quarter of the filters keep their mean and so see brightness; the others see contrast only.
    """
    generator = numpy_generator(SEED, "random_convolution", channels, spatial_dims)
    shape = (SCALES, FILTERS, channels, *[KERNEL[spatial_dims]] * spatial_dims)
    filters = generator.normal(size=shape)
    inner = tuple(range(2, filters.ndim))
    filters[:, FILTERS // 4 :] -= filters[:, FILTERS // 4 :].mean(inner, keepdims=True)
    filters /= np.sqrt((filters**2).sum(inner, keepdims=True))
    projection = generator.normal(size=(2 * SCALES * FILTERS, FEATURES)) / np.sqrt(FEATURES)
    return RandomConvolution(filters.reshape(-1, *shape[2:]).astype(np.float32), projection)
