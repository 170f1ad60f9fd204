"""The feature space that nobody trained: random convolutions of images, the columns of a table."""

from __future__ import annotations

from cancergan.downstream.feature_space import FeatureSpace
from cancergan.downstream.random_convolution import random_convolution
from cancergan.downstream.table_space import TableSpace


def untrained_space(channels: int, spatial_dims: int) -> FeatureSpace:
    """Return the space for images of some channels in 2 or 3 dimensions, or for a table (0)."""
    if spatial_dims == 0:
        return TableSpace(channels)
    return random_convolution(channels, spatial_dims)
