"""Generators that turn noise, and a class where one is asked for, into an image in [-1, 1]."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from itertools import pairwise

import torch
from torch import Tensor, nn

from cancergan.core.registry import Registry
from cancergan.networks.layers import UPSAMPLING, Spatial, normalisation, pyramid

generators: Registry[type[nn.Module]] = Registry("generator")


class StyledGenerator(nn.Module, ABC):
    """A generator that turns its noise into styles first, and paints by these.

    Styles are the latent space worth walking in: near points look alike. Such a generator may draw
    more than its noise (noise inputs, mixed styles), always from the generator it is handed.
    """

    @abstractmethod
    def styles(self, noise: Tensor, label: Tensor | None) -> Tensor:
        """Map noise (B, latent_size) and class codes (B,) to styles (B, W)."""

    @abstractmethod
    def paint(self, styles: Tensor, generator: torch.Generator | None) -> Tensor:
        """Map styles (B, W) to images (B, channels, *spatial) in [-1, 1]."""

    @abstractmethod
    def forward(
        self, noise: Tensor, label: Tensor | None = None, generator: torch.Generator | None = None
    ) -> Tensor:
        """Map noise (B, latent_size) and class codes (B,) to images in [-1, 1]."""


class LabelledNoise(nn.Module):
    """Join noise (B, latent_size) with an embedding of the class (Mirza and Osindero 2014)."""

    def __init__(self, latent_size: int, classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(classes, latent_size) if classes else None
        self.size = latent_size * (2 if classes else 1)

    def forward(self, noise: Tensor, label: Tensor | None) -> Tensor:
        """Return (B, size); the label is left out where the game has no classes."""
        if self.embedding is None:
            return noise
        return torch.cat([noise, self.embedding(label)], dim=1)


@generators.register("mlp")
class MLPGenerator(nn.Module):
    """Three hidden layers and a linear one to all pixels at once (Goodfellow et al. 2014)."""

    takes_tables = True

    def __init__(
        self, *, channels: int, spatial: Spatial, latent_size: int, classes: int, width: int = 256
    ) -> None:
        super().__init__()
        self.shape = (channels, *spatial)
        self.input = LabelledNoise(latent_size, classes)
        widths = [self.input.size, width, 2 * width, 4 * width]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], math.prod(self.shape)))

    def forward(self, noise: Tensor, label: Tensor | None = None) -> Tensor:
        """Map noise (B, latent_size) and class codes (B,) to (B, channels, *spatial) in [-1, 1]."""
        return torch.tanh(self.layers(self.input(noise, label))).view(-1, *self.shape)


@generators.register("convolutional")
class ConvolutionalGenerator(nn.Module):
    """A small grid grown by doubling, DCGAN's way (Radford et al. 2016), to any size.

    ``upsampling`` is "transposed" as published or "nearest", which leaves no checkerboard.
    ``width`` is the number of channels before the last layer; each coarser level has twice as many,
    up to ``widest``. ``normalise`` is "batch" as published, or "group", "instance" or "none", where
    no image may depend on the others of its batch (private learning).
    """

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        latent_size: int,
        classes: int,
        width: int = 32,
        widest: int = 256,
        upsampling: str = "nearest",
        normalise: str = "batch",
    ) -> None:
        super().__init__()
        dims = len(spatial)
        sizes = pyramid(spatial)[::-1]
        widths = [min(widest, width * 2**level) for level in range(max(1, len(sizes) - 1))][::-1]
        self.base = (widths[0], *sizes[0])
        self.input = LabelledNoise(latent_size, classes)
        self.project = nn.Linear(self.input.size, math.prod(self.base))
        up = UPSAMPLING[upsampling]
        layers: list[nn.Module] = [normalisation(normalise, dims, widths[0]), nn.ReLU(inplace=True)]
        for inputs, outputs, size in zip(widths, widths[1:], sizes[1:], strict=False):
            layers += [up(dims, inputs, outputs, size), normalisation(normalise, dims, outputs)]
            layers += [nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers, up(dims, widths[-1], channels, sizes[-1]))

    def forward(self, noise: Tensor, label: Tensor | None = None) -> Tensor:
        """Map noise (B, latent_size) and class codes (B,) to (B, channels, *spatial) in [-1, 1]."""
        grid = self.project(self.input(noise, label)).view(-1, *self.base)
        return torch.tanh(self.layers(grid))
