"""Encoders: from an image to the numbers that stand for it."""

from __future__ import annotations

import math

from torch import Tensor, nn

from cancergan.core.registry import Registry
from cancergan.networks.layers import (
    Spatial,
    pyramid,
    scale_for_leaky_rectifiers,
    strided_layers,
)

encoders: Registry[type[nn.Module]] = Registry("encoder")


@encoders.register("convolutional")
class ConvolutionalEncoder(nn.Module):
    """Strided convolutions down to a small grid, then one linear layer.

    ``normalise`` is "batch", "group" or "none".
    """

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        outputs: int,
        width: int = 32,
        widest: int = 256,
        normalise: str = "group",
    ) -> None:
        super().__init__()
        levels = max(1, len(pyramid(spatial)) - 1)
        widths = [min(widest, width * 2**level) for level in range(levels)]
        layers = strided_layers(len(spatial), channels, widths, normalise=normalise)
        self.layers = nn.Sequential(*layers)
        scale_for_leaky_rectifiers(self.layers)
        self.code = nn.Linear(widths[-1] * math.prod(s // 2**levels for s in spatial), outputs)

    def forward(self, image: Tensor) -> Tensor:
        """Map images (B, channels, *spatial) to (B, outputs)."""
        code: Tensor = self.code(self.layers(image).flatten(1))
        return code
