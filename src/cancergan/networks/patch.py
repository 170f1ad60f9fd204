"""Discriminators that judge patches: how real each part of an image looks, at one scale or more."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from cancergan.core.errors import BadInputError
from cancergan.networks.discriminators import Judgement, LabelledImage, discriminators
from cancergan.networks.layers import (
    Spatial,
    convolution,
    normalisation,
    scale_for_leaky_rectifiers,
)

_POOLS = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}


def receptive_field(levels: int) -> int:
    """Return the side of the patch that one score sees, in pixels (Isola et al. 2017, 6.1.2).

    ``levels`` halving convolutions and two that keep the grid, all of kernel 4: 16, 34, 70, 142.

    >>> [receptive_field(levels) for levels in (1, 2, 3, 4)]
    [16, 34, 70, 142]
    """
    side = 1
    for stride in [1, 1] + [2] * levels:
        side = side * stride + (4 - stride)
    return side


class PatchLayers(nn.Module):
    """The convolutions of one PatchGAN: ``levels`` that halve, one that keeps, one that scores."""

    def __init__(
        self,
        dims: int,
        channels: int,
        *,
        width: int,
        widest: int,
        levels: int,
        normalise: str,
        spectral: bool,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        inputs = channels
        for level in range(levels + 1):
            outputs = min(widest, width * 2**level)
            stride = 2 if level < levels else 1
            layers = [convolution(dims, inputs, outputs, kernel=4, stride=stride)]
            layers += [normalisation(normalise if level else "none", dims, outputs)]
            layers += [nn.LeakyReLU(0.2, inplace=True)]
            self.blocks.append(nn.Sequential(*layers))
            inputs = outputs
        self.score = convolution(dims, inputs, 1, kernel=4)
        scale_for_leaky_rectifiers(self)
        if spectral:
            for module in list(self.modules()):
                if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
                    spectral_norm(module)

    def forward(self, image: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the map of scores (B, 1, *grid) and the features of every block."""
        features = []
        for block in self.blocks:
            image = block(image)
            features.append(image)
        return self.score(image), tuple(features)


@discriminators.register("patch")
class PatchDiscriminator(nn.Module):
    """A PatchGAN, or several on ever smaller copies of the image.

    Sources: Isola et al. 2017, section 3.2.2; with ``scales`` > 1 Wang et al. 2018 (pix2pixHD),
    section 3.2. Score maps of coarser scales are repeated to the grid of the finest, so that every
    scale weighs the same in whatever mean a loss takes. ``levels`` sets the size of the patch (see
    ``receptive_field``); levels too many for the image are left out.
    """

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        classes: int,
        conditioning: str = "none",
        width: int = 32,
        widest: int = 256,
        levels: int = 3,
        scales: int = 1,
        normalise: str = "instance",
        spectral: bool = False,
    ) -> None:
        super().__init__()
        if conditioning not in ("none", "concatenate"):
            raise BadInputError(
                f'discriminator "patch": conditioning "{conditioning}" needs one score an image. '
                "Take none or concatenate, or another discriminator."
            )
        self.dims = len(spatial)
        self.input = LabelledImage(spatial, conditioning, classes)
        sides = [min(spatial) // 2**scale for scale in range(scales)]
        fitting = [min(levels, _most_levels(side)) for side in sides]
        self.scales = nn.ModuleList(
            PatchLayers(
                self.dims,
                channels + self.input.added,
                width=width,
                widest=widest,
                levels=fit,
                normalise=normalise,
                spectral=spectral,
            )
            for fit in fitting
            if fit >= 1
        )
        if not self.scales:
            raise BadInputError(
                f'discriminator "patch": images of {" x ".join(map(str, spatial))} are too small. '
                "Each side needs 8 pixels."
            )

    def forward(self, image: Tensor, label: Tensor | None = None) -> Judgement:
        """Judge images (B, channels, *spatial); scores are (B, scales * patches)."""
        image = self.input(image, label)
        maps: list[Tensor] = []
        features: tuple[Tensor, ...] = ()
        for scale in self.scales:
            score, seen = scale(image)
            size = maps[0].shape[2:] if maps else score.shape[2:]
            maps.append(functional.interpolate(score, size=size, mode="nearest"))
            features += seen
            image = _POOLS[self.dims](image, 2)
        return Judgement(torch.cat([scores.flatten(1) for scores in maps], dim=1), None, features)


def _most_levels(side: int) -> int:
    """Return how often a side can be halved so that two kernels of 4 still fit."""
    levels = 0
    while side // 2 >= 4:
        side //= 2
        levels += 1
    return levels
