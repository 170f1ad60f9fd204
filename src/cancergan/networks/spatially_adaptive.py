"""SPADE: a generator whose normalisation is told, pixel by pixel, what to draw."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.networks.layers import Spatial, convolution, normalisation, pyramid
from cancergan.networks.translators import translators


class SpatiallyAdaptiveNormalisation(nn.Module):
    """Normalise, then scale and shift by maps that a label map gives (Park et al. 2019, eq. 1).

    A constant map away from the border gives one scale and shift a channel: a plain affine norm.
    """

    def __init__(self, dims: int, channels: int, map_channels: int, hidden: int) -> None:
        super().__init__()
        self.normalise = normalisation("instance", dims, channels)
        self.shared = nn.Sequential(convolution(dims, map_channels, hidden), nn.ReLU(inplace=True))
        self.scale = convolution(dims, hidden, channels)
        self.shift = convolution(dims, hidden, channels)

    def forward(self, features: Tensor, label_map: Tensor) -> Tensor:
        """Map (B, channels, *grid) by a label map (B, map_channels, *any size)."""
        resized = functional.interpolate(label_map, size=features.shape[2:], mode="nearest")
        seen = self.shared(resized)
        modulated: Tensor = self.normalise(features) * (1 + self.scale(seen)) + self.shift(seen)
        return modulated


class SpatiallyAdaptiveBlock(nn.Module):
    """Two modulated convolutions beside a modulated shortcut (Park et al. 2019, figure 4)."""

    def __init__(self, dims: int, inputs: int, outputs: int, map_channels: int) -> None:
        super().__init__()
        hidden = max(8, outputs)
        middle = min(inputs, outputs)
        self.norms = nn.ModuleList(
            SpatiallyAdaptiveNormalisation(dims, channels, map_channels, hidden)
            for channels in (inputs, middle)
        )
        self.convolutions = nn.ModuleList(
            [convolution(dims, inputs, middle), convolution(dims, middle, outputs)]
        )
        self.shortcut = convolution(dims, inputs, outputs, kernel=1)

    def forward(self, features: Tensor, label_map: Tensor) -> Tensor:
        """Map (B, inputs, *grid) to (B, outputs, *grid)."""
        changed = features
        for norm, layer in zip(self.norms, self.convolutions, strict=True):
            changed = layer(functional.leaky_relu(norm(changed, label_map), 0.2))
        added: Tensor = (changed + self.shortcut(features)) / math.sqrt(2)
        return added


@translators.register("spade")
class SpatiallyAdaptiveTranslator(nn.Module):
    """From noise (or, without noise, the coarsened map) to an image, drawn after a label map.

    Source: Park et al. 2019. ``width`` is the number of channels at full size; each coarser level
    has twice as many, up to ``widest``.
    """

    def __init__(
        self,
        *,
        inputs: int,
        outputs: int,
        spatial: Spatial,
        latent_size: int = 0,
        enlarge: int = 1,
        width: int = 16,
        widest: int = 128,
    ) -> None:
        super().__init__()
        dims, self.latent_size = len(spatial), latent_size
        self.sizes = pyramid(spatial)[::-1]
        widths = [min(widest, width * 2**level) for level in range(len(self.sizes))][::-1]
        self.base = (widths[0], *self.sizes[0])
        self.start: nn.Module
        if latent_size:
            self.start = nn.Linear(latent_size, math.prod(self.base))
        else:
            self.start = convolution(dims, inputs, widths[0])
        self.blocks = nn.ModuleList(
            SpatiallyAdaptiveBlock(dims, before, after, inputs)
            for before, after in pairwise([widths[0], *widths])
        )
        self.end = convolution(dims, widths[-1], outputs)

    def forward(self, source: Tensor, noise: Tensor | None = None) -> Tensor:
        """Map a label map (B, inputs, *any), noise (B, latent_size) to (B, outputs, *spatial)."""
        if self.latent_size:
            assert noise is not None
            features = self.start(noise).view(-1, *self.base)
        else:
            coarse = functional.interpolate(source, size=self.sizes[0], mode="nearest")
            features = self.start(coarse)
        for block, size in zip(self.blocks, self.sizes, strict=True):
            features = functional.interpolate(features, size=size, mode="nearest")
            features = block(features, source)
        return torch.tanh(self.end(functional.leaky_relu(features, 0.2)))


class StyleEncoder(nn.Module):
    """From an image to mean and log variance of its style (Park et al. 2019, section 3)."""

    def __init__(self, *, channels: int, spatial: Spatial, latent_size: int, width: int) -> None:
        super().__init__()
        dims, levels = len(spatial), max(1, len(pyramid(spatial)) - 1)
        widths = [min(128, width * 2**level) for level in range(levels)]
        layers: list[nn.Module] = []
        for before, after in pairwise([channels, *widths]):
            layers += [convolution(dims, before, after, kernel=4, stride=2)]
            layers += [normalisation("instance", dims, after), nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*layers)
        grid = math.prod(side // 2**levels for side in spatial)
        self.ends = nn.ModuleList(nn.Linear(widths[-1] * grid, latent_size) for _ in range(2))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, channels, *spatial) to two of (B, latent_size)."""
        features = self.layers(image).flatten(1)
        return self.ends[0](features), self.ends[1](features)
