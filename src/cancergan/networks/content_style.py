"""Content and style apart: what a translation keeps, and what it may choose."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.networks.layers import Spatial, convolution, normalisation
from cancergan.networks.translators import ResidualBlock


class ContentEncoder(nn.Module):
    """An image to the map of its content, style taken off by instance normalisation.

    Source: Huang et al. 2018 (MUNIT), section 5.1.
    """

    def __init__(self, dims: int, channels: int, *, width: int, halvings: int, blocks: int) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(halvings + 1)]
        layers: list[nn.Module] = [
            convolution(dims, channels, width, kernel=5, padding_mode="replicate"),
            normalisation("instance", dims, width),
            nn.ReLU(inplace=True),
        ]
        for before, after in pairwise(widths):
            layers += [convolution(dims, before, after, stride=2)]
            layers += [normalisation("instance", dims, after), nn.ReLU(inplace=True)]
        layers += [ResidualBlock(dims, widths[-1], "instance", "replicate") for _ in range(blocks)]
        self.layers = nn.Sequential(*layers)

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, channels, *spatial) to (B, width * 2^halvings, *about spatial / 2^halvings)."""
        content: Tensor = self.layers(image)
        return content


class GlobalStyleEncoder(nn.Module):
    """An image to the vector of its style: no normalisation, and the place forgotten."""

    def __init__(self, dims: int, channels: int, *, width: int, halvings: int, style: int) -> None:
        super().__init__()
        widths = [channels, *(width * 2**level for level in range(halvings + 1))]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [convolution(dims, before, after, kernel=4, stride=2)]
            layers += [nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)
        self.end = nn.Linear(widths[-1], style)

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, channels, *spatial) to (B, style)."""
        features = self.layers(image).flatten(2).mean(dim=2)
        style: Tensor = self.end(features)
        return style


class AdaptiveInstanceNormalisation(nn.Module):
    """Normalise each channel, then scale and shift it as a style says (Huang and Belongie 2017)."""

    def __init__(self, dims: int, channels: int, style: int) -> None:
        super().__init__()
        self.normalise = normalisation("instance", dims, channels)
        self.modulate = nn.Linear(style, 2 * channels)

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        """Map (B, channels, *grid) by a style (B, style)."""
        shape = (len(features), -1, *[1] * (features.ndim - 2))
        scale, shift = (part.view(shape) for part in self.modulate(style).chunk(2, dim=1))
        modulated: Tensor = self.normalise(features) * (1 + scale) + shift
        return modulated


class StyledBlock(nn.Module):
    """A convolution beside the identity, normalised as a style says."""

    def __init__(self, dims: int, channels: int, style: int) -> None:
        super().__init__()
        self.convolve = convolution(dims, channels, channels)
        self.modulate = AdaptiveInstanceNormalisation(dims, channels, style)

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        """Map (B, channels, *grid) by a style (B, style)."""
        changed = functional.relu(self.modulate(self.convolve(features), style))
        return features + changed


class StyledDecoder(nn.Module):
    """A content map and a style vector to an image of an exact size."""

    def __init__(
        self, channels: int, spatial: Spatial, *, width: int, halvings: int, blocks: int, style: int
    ) -> None:
        super().__init__()
        dims, widths = len(spatial), [width * 2**level for level in range(halvings + 1)][::-1]
        self.blocks = nn.ModuleList(StyledBlock(dims, widths[0], style) for _ in range(blocks))
        self.up = nn.ModuleList(convolution(dims, a, b) for a, b in pairwise(widths))
        sides = [tuple(spatial)]
        for _ in range(halvings):
            sides.append(tuple((side + 1) // 2 for side in sides[-1]))
        self.sizes = sides[-2::-1]
        self.end = convolution(dims, width, channels, kernel=5, padding_mode="replicate")

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        """Map content (B, ...) and style (B, style) to (B, channels, *spatial) in [-1, 1]."""
        for block in self.blocks:
            content = block(content, style)
        for layer, size in zip(self.up, self.sizes, strict=True):
            content = functional.relu(layer(functional.interpolate(content, size=size)))
        return torch.tanh(self.end(content))
