"""Deeper networks for small cohorts: an image added up over scales, judged by residual blocks."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.networks.discriminators import Judgement, LabelledImage, Verdict, discriminators
from cancergan.networks.generators import LabelledNoise, generators
from cancergan.networks.layers import (
    LINEAR,
    Spatial,
    convolution,
    deviation_layers,
    normalisation,
    pyramid,
    scale_for_leaky_rectifiers,
)


class GrowingBlock(nn.Module):
    """Upsample to an exact size, then convolutions, each normalised and rectified."""

    def __init__(
        self, spatial_dims: int, inputs: int, outputs: int, spatial: Spatial, *, convolutions: int
    ) -> None:
        super().__init__()
        self.spatial = spatial
        layers: list[nn.Module] = []
        for before in [inputs] + [outputs] * (convolutions - 1):
            layers += [convolution(spatial_dims, before, outputs)]
            layers += [normalisation("batch", spatial_dims, outputs), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, inputs, *any) to (B, outputs, *spatial)."""
        grown: Tensor = self.layers(functional.interpolate(features, size=self.spatial))
        return grown


@generators.register("skip")
class SkipGenerator(nn.Module):
    """Every scale paints its part of the image, and the parts are added (Karras et al. 2020).

    Coarse scales settle first and fine ones refine them, as if the networks were grown step by
    step, without a schedule ("Analyzing and improving the image quality of StyleGAN", section 4.1).
    ``width`` is the number of channels at full size; each coarser level has twice as many, up to
    ``widest``.
    """

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        latent_size: int,
        classes: int,
        width: int = 16,
        widest: int = 128,
    ) -> None:
        super().__init__()
        dims = len(spatial)
        sizes = pyramid(spatial)[::-1]
        widths = [min(widest, width * 2**level) for level in range(len(sizes))][::-1]
        self.mode = LINEAR[dims]
        self.base = (widths[0], *sizes[0])
        self.input = LabelledNoise(latent_size, classes)
        self.project = nn.Linear(self.input.size, math.prod(self.base))
        self.start = nn.Sequential(normalisation("batch", dims, widths[0]), nn.ReLU(inplace=True))
        # At full size a convolution costs as much as all coarser ones together: one is enough.
        self.blocks = nn.ModuleList(
            GrowingBlock(dims, inputs, outputs, size, convolutions=1 if size == sizes[-1] else 2)
            for (inputs, outputs), size in zip(pairwise(widths), sizes[1:], strict=True)
        )
        self.paint = nn.ModuleList(convolution(dims, w, channels) for w in widths)

    def forward(self, noise: Tensor, label: Tensor | None = None) -> Tensor:
        """Map noise (B, latent_size) and class codes (B,) to (B, channels, *spatial) in [-1, 1]."""
        features = self.start(self.project(self.input(noise, label)).view(-1, *self.base))
        image: Tensor = self.paint[0](features)
        for block, paint in zip(self.blocks, list(self.paint)[1:], strict=True):
            features = block(features)
            grown = functional.interpolate(image, size=features.shape[2:], mode=self.mode)
            image = grown + paint(features)
        return torch.tanh(image)


class ShrinkingBlock(nn.Module):
    """Two convolutions, the second halving, beside a halving shortcut (He et al. 2016)."""

    def __init__(self, spatial_dims: int, inputs: int, outputs: int) -> None:
        super().__init__()
        pool = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}[spatial_dims]
        self.body = nn.Sequential(
            convolution(spatial_dims, inputs, inputs),
            nn.LeakyReLU(0.2, inplace=True),
            convolution(spatial_dims, inputs, outputs, kernel=4, stride=2),
            nn.LeakyReLU(0.2, inplace=True),
        )
        self.shortcut = nn.Sequential(pool(2), convolution(spatial_dims, inputs, outputs, kernel=1))

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, inputs, *spatial) to (B, outputs, *spatial // 2), the variance kept."""
        summed: Tensor = (self.body(features) + self.shortcut(features)) / math.sqrt(2)
        return summed


@discriminators.register("residual")
class ResidualDiscriminator(nn.Module):
    """Residual blocks down to a small grid, then one linear layer (Karras et al. 2020)."""

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        classes: int,
        conditioning: str = "none",
        width: int = 16,
        widest: int = 128,
        minibatch_deviation: bool = True,
    ) -> None:
        super().__init__()
        dims, levels = len(spatial), max(1, len(pyramid(spatial)) - 1)
        widths = [min(widest, width * 2**level) for level in range(levels)]
        self.input = LabelledImage(spatial, conditioning, classes)
        layers: list[nn.Module] = [
            convolution(dims, channels + self.input.added, widths[0], kernel=4, stride=2),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        layers += [ShrinkingBlock(dims, inputs, outputs) for inputs, outputs in pairwise(widths)]
        if minibatch_deviation:
            layers += deviation_layers(dims, widths[-1])
        self.layers = nn.Sequential(*layers)
        scale_for_leaky_rectifiers(self.layers)
        grid = math.prod(side // 2**levels for side in spatial)
        self.verdict = Verdict(widths[-1] * grid, conditioning, classes)

    def forward(self, image: Tensor, label: Tensor | None = None) -> Judgement:
        """Judge images (B, channels, *spatial) with class codes (B,)."""
        features = self.layers(self.input(image, label)).flatten(1)
        judgement: Judgement = self.verdict(features, label)
        return judgement
