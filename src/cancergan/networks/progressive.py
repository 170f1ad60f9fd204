"""Networks that grow: a new resolution fades in over the ones that have been learnt.

Source: Karras et al. 2018 ("Progressive growing of GANs"), sections 2-4 and figure 2. A *stage* is
a number from 0 (the coarsest size alone) to the number of sizes less one; between two whole numbers
the finer one is fading in, with alpha the part behind the point.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.networks.discriminators import Judgement, LabelledImage, Verdict, discriminators
from cancergan.networks.equalised import EqualisedConvolution, EqualisedLinear, PixelNorm
from cancergan.networks.generators import LabelledNoise, generators
from cancergan.networks.layers import (
    MinibatchStandardDeviation,
    Spatial,
    grow,
    halve,
    pyramid,
)


def level_and_alpha(stage: float) -> tuple[int, float]:
    """Return the finest level at work and its share in the image, in (0, 1].

    >>> level_and_alpha(0.0), level_and_alpha(1.25), level_and_alpha(2.0)
    ((0, 1.0), (2, 0.25), (2, 1.0))
    """
    level = math.ceil(stage)
    return level, 1.0 - (level - stage)


def at_stage(image: Tensor, stage: float, levels: int) -> Tensor:
    """Return full-size images as they are shown at a stage of ``levels`` sizes.

    They are smaller, and while a level fades in they are mixed with the size below.
    """
    level, alpha = level_and_alpha(stage)
    for _ in range(levels - 1 - level):
        image = halve(image)
    if alpha == 1.0:
        return image
    return torch.lerp(grow(halve(image), tuple(image.shape[2:])), image, alpha)


def _widths(levels: int, width: int, widest: int) -> list[int]:
    """Return the channels of each level, coarsest first."""
    return [min(widest, width * 2**level) for level in range(levels)][::-1]


@generators.register("progressive")
class ProgressiveGenerator(nn.Module):
    """One block and one painter for each size; only those of the stage take part.

    Equalised weights, pixel norm after every convolution. Unlike the publication's the last layer
    is bounded (tanh), since images are in [-1, 1]. ``width`` is the number of channels at full
    size, doubled at each coarser one, up to ``widest``.
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
        self.sizes = pyramid(spatial)[::-1]
        widths = _widths(len(self.sizes), width, widest)
        self.base = (widths[0], *self.sizes[0])
        self.input = LabelledNoise(latent_size, classes)
        self.norm = PixelNorm()
        # A gain of 1/8 keeps the size of the signal of the base grid (their implementation's 4x4).
        self.project = EqualisedLinear(self.input.size, math.prod(self.base), gain=1 / 8)
        self.blocks = nn.ModuleList([self._block(dims, widths[0], widths[0], convolutions=1)])
        self.blocks += [
            self._block(dims, one, two, convolutions=2) for one, two in pairwise(widths)
        ]
        self.paint = nn.ModuleList(
            EqualisedConvolution(dims, width, channels, kernel=1, gain=1.0) for width in widths
        )

    @staticmethod
    def _block(dims: int, inputs: int, outputs: int, *, convolutions: int) -> nn.Sequential:
        layers: list[nn.Module] = []
        for before in [inputs] + [outputs] * (convolutions - 1):
            layers += [EqualisedConvolution(dims, before, outputs)]
            layers += [nn.LeakyReLU(0.2), PixelNorm()]
        return nn.Sequential(*layers)

    @property
    def levels(self) -> int:
        """The number of sizes."""
        return len(self.sizes)

    def forward(
        self, noise: Tensor, label: Tensor | None = None, stage: float | None = None
    ) -> Tensor:
        """Map noise (B, latent_size) and class codes (B,) to (B, channels, *size of the stage).

        Values lie in [-1, 1]; without a stage the network is full grown.
        """
        level, alpha = level_and_alpha(self.levels - 1 if stage is None else stage)
        start = self.norm(self.project(self.norm(self.input(noise, label))).view(-1, *self.base))
        coarse = features = self.blocks[0](functional.leaky_relu(start, 0.2))
        for block, size in zip(self.blocks[1 : level + 1], self.sizes[1:], strict=False):
            coarse, features = features, block(grow(features, size))
        image: Tensor = self.paint[level](features)
        if alpha < 1.0:
            before = grow(self.paint[level - 1](coarse), self.sizes[level])
            image = torch.lerp(before, image, alpha)
        return torch.tanh(image)


@discriminators.register("progressive")
class ProgressiveDiscriminator(nn.Module):
    """The generator's mirror: the stage's size enters, and blocks halve it down to the base."""

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        classes: int,
        conditioning: str = "none",
        width: int = 16,
        widest: int = 128,
    ) -> None:
        super().__init__()
        dims = len(spatial)
        self.sizes = pyramid(spatial)[::-1]
        widths = _widths(len(self.sizes), width, widest)
        self.input = LabelledImage(spatial, conditioning, classes)
        inputs = channels + self.input.added
        self.read = nn.ModuleList(
            nn.Sequential(EqualisedConvolution(dims, inputs, width, kernel=1), nn.LeakyReLU(0.2))
            for width in widths
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(
                EqualisedConvolution(dims, two, two),
                nn.LeakyReLU(0.2),
                EqualisedConvolution(dims, two, one),
                nn.LeakyReLU(0.2),
            )
            for one, two in pairwise(widths)
        )
        self.last = nn.Sequential(
            MinibatchStandardDeviation(),
            EqualisedConvolution(dims, widths[0] + 1, widths[0]),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            EqualisedLinear(widths[0] * math.prod(self.sizes[0]), widths[0]),
            nn.LeakyReLU(0.2),
        )
        self.verdict = Verdict(widths[0], conditioning, classes)

    @property
    def levels(self) -> int:
        """The number of sizes."""
        return len(self.sizes)

    def forward(
        self, image: Tensor, label: Tensor | None = None, stage: float | None = None
    ) -> Judgement:
        """Judge images (B, channels, *size of the stage) with class codes (B,)."""
        level, alpha = level_and_alpha(self.levels - 1 if stage is None else stage)
        image = self._labelled(image, label, level)
        features = self.read[level](image)
        for number in range(level, 0, -1):
            features = halve(self.blocks[number - 1](features))
            if number == level and alpha < 1.0:
                features = torch.lerp(self.read[level - 1](halve(image)), features, alpha)
        judgement: Judgement = self.verdict(self.last(features), label)
        return judgement

    def _labelled(self, image: Tensor, label: Tensor | None, level: int) -> Tensor:
        """Join the image with the map of its class, which is learnt at full size."""
        if not self.input.added:
            return image
        full = image.new_empty(len(image), 0, *self.sizes[-1])
        marks = self.input(full, label)
        for _ in range(self.levels - 1 - level):
            marks = halve(marks)
        return torch.cat([image, marks], dim=1)
