"""Translators: networks that turn an image, and noise where one wants variety, into an image.

A translator maps a source (B, inputs, *spatial) and noise (B, latent_size) or None to an image
(B, outputs, *spatial * enlarge) in [-1, 1]. Convolutions alone, so that it accepts any size.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.core.registry import Registry
from cancergan.networks.layers import Spatial, convolution, normalisation

translators: Registry[type[nn.Module]] = Registry("translator")


Edge = Literal["zeros", "replicate"]


class NoisySource(nn.Module):
    """Join a source with noise spread over all pixels, one channel for each number of it."""

    def __init__(self, inputs: int, latent_size: int) -> None:
        super().__init__()
        self.channels = inputs + latent_size

    def forward(self, source: Tensor, noise: Tensor | None) -> Tensor:
        """Map (B, inputs, *spatial) and (B, latent_size) to (B, channels, *spatial)."""
        if noise is None or noise.shape[1] == 0:
            return source
        spread = noise.view(*noise.shape, *[1] * (source.ndim - 2))
        return torch.cat([source, spread.expand(-1, -1, *source.shape[2:])], dim=1)


def start_as_identity(last: nn.Module) -> None:
    """Make a last layer say nothing yet: what is added to the source then begins at zero."""
    for weight in last.parameters():
        nn.init.zeros_(weight)


class AttentionGate(nn.Module):
    """Lets through, at each place, as much of what was seen on the way down as the way up asks for.

    A coefficient in (0, 1) for each pixel, from both sides (Oktay et al. 2018, eq. 1-2; in 3D for
    dose Kearney et al. 2020).
    """

    def __init__(self, dims: int, beside: int, above: int) -> None:
        super().__init__()
        between = max(1, beside // 2)
        self.seen = convolution(dims, beside, between, kernel=1)
        self.asked = convolution(dims, above, between, kernel=1)
        self.weigh = convolution(dims, between, 1, kernel=1)

    def coefficient(self, beside: Tensor, above: Tensor) -> Tensor:
        """Map (B, beside, *spatial) and (B, above, *spatial) to (B, 1, *spatial) in (0, 1)."""
        weighed: Tensor = self.weigh(functional.relu(self.seen(beside) + self.asked(above)))
        return weighed.sigmoid()

    def forward(self, beside: Tensor, above: Tensor) -> Tensor:
        """Return ``beside``, weighed."""
        return beside * self.coefficient(beside, above)


@translators.register("unet")
class UNetTranslator(nn.Module):
    """An encoder and a decoder whose equal levels are joined (Isola et al. 2017, section 3.2.1).

    ``depth`` halvings, as many as the size allows; upsampling by nearest neighbour and convolution,
    so that no checkerboard is left. ``dropout`` acts in the two innermost levels, in training only.
    ``residual`` adds the output to the source (equal channels) and cuts the sum to [-1, 1], so that
    training starts from the identity. ``attention`` weighs what passes between equal levels.
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
        widest: int = 256,
        depth: int = 5,
        normalise: str = "instance",
        dropout: float = 0.0,
        residual: bool = False,
        attention: bool = False,
    ) -> None:
        super().__init__()
        dims, self.enlarge = len(spatial), enlarge
        self.residual = residual and inputs == outputs
        self.input = NoisySource(inputs, latent_size)
        depth = max(1, min(depth, min(spatial).bit_length() - 2))
        widths = [min(widest, width * 2**level) for level in range(depth + 1)]
        self.start = nn.Sequential(
            convolution(dims, self.input.channels, width), nn.LeakyReLU(0.2, inplace=True)
        )
        self.down = nn.ModuleList(
            nn.Sequential(
                convolution(dims, before, after, kernel=4, stride=2),
                normalisation(normalise, dims, after),
                nn.LeakyReLU(0.2, inplace=True),
            )
            for before, after in pairwise(widths)
        )
        self.up = nn.ModuleList()
        for level, (after, before) in reversed(list(enumerate(pairwise(widths)))):
            # As published, the outermost level is not normalised.
            norm = normalisation(normalise if level else "none", dims, after)
            layers = [convolution(dims, before + after, after), norm, nn.ReLU(inplace=True)]
            if dropout and level >= depth - 2:
                layers += [nn.Dropout(dropout)]
            self.up.append(nn.Sequential(*layers))
        self.gates = nn.ModuleList(
            AttentionGate(dims, after, before) if attention else nn.Identity()
            for after, before in reversed(list(pairwise(widths)))
        )
        self.end = convolution(dims, width, outputs)
        if self.residual:
            start_as_identity(self.end)

    def forward(self, source: Tensor, noise: Tensor | None = None) -> Tensor:
        """Map (B, inputs, *spatial) and (B, latent_size) to (B, outputs, *spatial * enlarge)."""
        if self.enlarge > 1:
            source = functional.interpolate(source, scale_factor=self.enlarge, mode="nearest")
        levels = [self.start(self.input(source, noise))]
        for block in self.down:
            levels.append(block(levels[-1]))
        features = levels.pop()
        for block, gate in zip(self.up, self.gates, strict=True):
            beside = levels.pop()
            grown = functional.interpolate(features, size=beside.shape[2:], mode="nearest")
            if isinstance(gate, AttentionGate):
                beside = gate(beside, grown)
            features = block(torch.cat([grown, beside], dim=1))
        image: Tensor = self.end(features)
        return (source + image).clamp(-1, 1) if self.residual else torch.tanh(image)


class ResidualBlock(nn.Module):
    """Two convolutions beside the identity (He et al. 2016)."""

    def __init__(self, dims: int, channels: int, normalise: str, padding_mode: Edge) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(dims, channels, channels, padding_mode=padding_mode),
            normalisation(normalise, dims, channels),
            nn.ReLU(inplace=True),
            convolution(dims, channels, channels, padding_mode=padding_mode),
            normalisation(normalise, dims, channels),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, channels, *spatial) to the same shape."""
        changed: Tensor = self.body(features)
        return features + changed


@translators.register("resnet")
class ResidualTranslator(nn.Module):
    """Halve twice, residual blocks, double twice (Johnson et al. 2016; Zhu et al. 2017, 7.1).

    ``residual`` adds the output to the source (equal channels), for translations that change
    little; the sum is cut to [-1, 1], and training starts from the identity.
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
        blocks: int = 4,
        halvings: int = 2,
        normalise: str = "instance",
        residual: bool = False,
    ) -> None:
        super().__init__()
        dims, self.enlarge = len(spatial), enlarge
        self.residual = residual and inputs == outputs
        self.input = NoisySource(inputs, latent_size)
        widths = [width * 2**level for level in range(halvings + 1)]
        edge: Edge = "replicate"  # a border of zeros would be seen in every translation
        self.start = nn.Sequential(
            convolution(dims, self.input.channels, width, kernel=5, padding_mode=edge),
            nn.ReLU(inplace=True),  # before any normalisation, which would cancel constant noise
        )
        self.down = nn.ModuleList(
            nn.Sequential(
                convolution(dims, before, after, stride=2),
                normalisation(normalise, dims, after),
                nn.ReLU(inplace=True),
            )
            for before, after in pairwise(widths)
        )
        self.middle = nn.Sequential(
            *[ResidualBlock(dims, widths[-1], normalise, edge) for _ in range(blocks)]
        )
        self.up = nn.ModuleList(
            nn.Sequential(
                convolution(dims, before, after),
                normalisation(normalise, dims, after),
                nn.ReLU(inplace=True),
            )
            for before, after in pairwise(widths[::-1])
        )
        self.end = convolution(dims, width, outputs, kernel=5, padding_mode=edge)
        if self.residual:
            start_as_identity(self.end)

    def features(self, source: Tensor, noise: Tensor | None = None) -> Tensor:
        """Return the last features, (B, width, *spatial * enlarge)."""
        if self.enlarge > 1:
            source = functional.interpolate(source, scale_factor=self.enlarge, mode="nearest")
        features: Tensor = self.start(self.input(source, noise))
        sizes = []
        for block in self.down:
            sizes.append(features.shape[2:])
            features = block(features)
        features = self.middle(features)
        for block, size in zip(self.up, reversed(sizes), strict=True):
            features = block(functional.interpolate(features, size=size, mode="nearest"))
        return features

    def forward(self, source: Tensor, noise: Tensor | None = None) -> Tensor:
        """Map (B, inputs, *spatial) and (B, latent_size) to (B, outputs, *spatial * enlarge)."""
        image = self.end(self.features(source, noise))
        made: Tensor = (source + image).clamp(-1, 1) if self.residual else torch.tanh(image)
        return made
