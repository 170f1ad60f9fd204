"""Small textures in 2D and 3D whose grey levels are the image's own numbers."""

from __future__ import annotations

import numpy as np

from cancergan.metrics.radiomics.region import region_of
from cancergan.metrics.radiomics.settings import RadiomicsSettings
from cancergan.metrics.radiomics.texture import Texture, texture_of

SHAPES = [(7, 6), (5, 4, 6)]


def levels(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return levels 1 to 4 with a hole here and there (0); both 1 and 4 occur."""
    drawn = np.random.default_rng(seed).choice([0, 1, 1, 1, 2, 3, 4, 4], size=shape)
    drawn.flat[0], drawn.flat[1] = 1, 4
    return drawn


def texture(arrays: list[np.ndarray], **changes: object) -> Texture:
    settings = RadiomicsSettings.for_profile(bin_width=1, **changes)
    regions = [region_of(array, array > 0, None, settings) for array in arrays]
    return texture_of(regions, settings)


def dictionary(counts, group: int) -> dict[tuple[int, int], float]:
    """Return the counts of one matrix as {(level, size): count}."""
    chosen = counts.group == group
    keys = zip(counts.level[chosen], counts.size[chosen], strict=True)
    return {
        (int(i), int(j)): float(n) for (i, j), n in zip(keys, counts.count[chosen], strict=True)
    }
