"""The U-Net: an image in, a map of the same size out, in one, two or three dimensions."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.networks.layers import Spatial, convolution, normalisation

_DROPOUTS = {1: nn.Dropout1d, 2: nn.Dropout2d, 3: nn.Dropout3d}


class ConvolutionBlock(nn.Module):
    """Two convolutions, each normalised and rectified; whole channels may drop out at the end."""

    def __init__(
        self, spatial_dims: int, inputs: int, outputs: int, *, norm: str, dropout: float
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before in (inputs, outputs):
            layers += [convolution(spatial_dims, before, outputs)]
            layers += [normalisation(norm, spatial_dims, outputs), nn.LeakyReLU(0.1, inplace=True)]
        if dropout:
            layers.append(_DROPOUTS[spatial_dims](dropout))
        self.layers = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, inputs, *spatial) to (B, outputs, *spatial)."""
        mapped: Tensor = self.layers(features)
        return mapped


class UNet(nn.Module):
    """Down by halves, up again, with what was seen on the way down at hand on the way up.

    Source: Ronneberger et al. 2015, figure 1; in 3D Çiçek et al. 2016. Convolutions are padded, so
    the map has the size of the image, whichever it is: halves are rounded up, and nearest
    neighbours grow back to the exact size. The output is linear: logits, or what a caller bounds.

    Args:
        in_channels, out_channels: of the image and of the map.
        spatial: size of the images; how many axes it has decides the dimension, and no side is
            halved below 2.
        width: channels at full size; every coarser level has twice as many, up to ``widest``.
        depth: how often the size is halved, at most.
        widest: the largest number of channels.
        norm: "group" (which never mixes samples), "batch" or "none".
        dropout: probability of a channel to drop out in the coarser half of the levels.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        spatial: Spatial,
        *,
        width: int = 16,
        depth: int = 4,
        widest: int = 128,
        norm: str = "group",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        dims = len(spatial)
        levels = _levels(spatial, depth)
        widths = [min(widest, width * 2**level) for level in range(levels + 1)]
        drop = [dropout if 2 * level >= levels else 0.0 for level in range(levels + 1)]
        self.first = ConvolutionBlock(dims, in_channels, widths[0], norm=norm, dropout=drop[0])
        self.down = nn.ModuleList(
            ConvolutionBlock(dims, before, after, norm=norm, dropout=probability)
            for (before, after), probability in zip(pairwise(widths), drop[1:], strict=True)
        )
        self.up = nn.ModuleList(
            ConvolutionBlock(dims, fine + coarse, fine, norm=norm, dropout=probability)
            for (fine, coarse), probability in zip(pairwise(widths), drop[:-1], strict=True)
        )
        self.last = convolution(dims, widths[0], out_channels, kernel=1)
        self.halve = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}[dims](2, ceil_mode=True)

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, in_channels, *spatial) to (B, out_channels, *spatial)."""
        seen: list[Tensor] = [self.first(image)]
        for block in self.down:
            seen.append(block(self.halve(seen[-1])))
        features = seen.pop()
        for block in reversed(list(self.up)):
            fine = seen.pop()
            grown = functional.interpolate(features, size=fine.shape[2:], mode="nearest")
            features = block(torch.cat([fine, grown], dim=1))
        result: Tensor = self.last(features)
        return result


def _levels(spatial: Spatial, depth: int) -> int:
    """Return how often the shortest side can be halved and keep 2 pixels, at most ``depth``."""
    levels, side = 0, min(spatial)
    while levels < depth and side >= 4:
        levels, side = levels + 1, (side + 1) // 2
    return levels
