"""Networks for tables: columns (B, d) without spatial axes, one linear layer after another.

They serve images as well, whose pixels they take all at once; what a column is does not matter.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from cancergan.core.errors import BadInputError
from cancergan.networks.discriminators import Judgement, LabelledImage, Verdict, discriminators
from cancergan.networks.encoders import encoders
from cancergan.networks.generators import LabelledNoise, generators
from cancergan.networks.layers import Spatial, normalisation, scale_for_leaky_rectifiers
from cancergan.networks.translators import translators


class Widening(nn.Module):
    """A linear layer whose output is joined to its input (Xu et al. 2019, CTGAN's generator)."""

    def __init__(self, inputs: int, width: int, normalise: str) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, width), normalisation(normalise, 1, width), nn.ReLU()
        )

    def forward(self, values: Tensor) -> Tensor:
        """Map (B, inputs) to (B, inputs + width)."""
        return torch.cat([values, self.layers(values)], dim=1)


def dense_layers(
    inputs: int, outputs: int, *, width: int, depth: int, dropout: float = 0.0
) -> nn.Sequential:
    """Return ``depth`` hidden layers of leaky rectifiers and a linear one: (B, inputs) to outputs.

    No layer lets the rows of a batch see one another.
    """
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Linear(inputs, width), nn.LeakyReLU(0.2)]
        layers += [nn.Dropout(dropout)] if dropout else []
        inputs = width
    network = nn.Sequential(*layers, nn.Linear(inputs, outputs))
    scale_for_leaky_rectifiers(network)
    return network


@generators.register("dense")
class DenseGenerator(nn.Module):
    """Hidden layers that each see the noise and all layers before, then all columns at once.

    ``normalise`` is "batch" as published or "none".
    """

    takes_tables = True

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        latent_size: int,
        classes: int,
        width: int = 128,
        depth: int = 2,
        normalise: str = "batch",
    ) -> None:
        super().__init__()
        self.shape = (channels, *spatial)
        self.input = LabelledNoise(latent_size, classes)
        sizes = [self.input.size + width * level for level in range(depth)]
        self.layers = nn.Sequential(*(Widening(size, width, normalise) for size in sizes))
        self.output = nn.Linear(self.input.size + width * depth, math.prod(self.shape))

    def forward(self, noise: Tensor, label: Tensor | None = None) -> Tensor:
        """Map noise (B, latent_size) and class codes (B,) to (B, channels, *spatial) in [-1, 1]."""
        made = self.output(self.layers(self.input(noise, label)))
        return torch.tanh(made).view(-1, *self.shape)


@discriminators.register("dense")
class DenseDiscriminator(nn.Module):
    """Hidden layers over all columns; every row is judged alone, as a gradient penalty needs it."""

    takes_tables = True

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        classes: int,
        conditioning: str = "none",
        width: int = 128,
        depth: int = 2,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.input = LabelledImage(spatial, conditioning, classes)
        values = (channels + self.input.added) * math.prod(spatial)
        self.layers = nn.Sequential(
            *dense_layers(values, width, width=width, depth=depth - 1, dropout=dropout),
            nn.LeakyReLU(0.2),
        )
        self.verdict = Verdict(width, conditioning, classes)

    def forward(self, image: Tensor, label: Tensor | None = None) -> Judgement:
        """Judge rows (B, channels, *spatial) with class codes (B,)."""
        features = self.layers(self.input(image, label).flatten(1))
        judgement: Judgement = self.verdict(features, label)
        return judgement


@translators.register("dense")
class DenseTranslator(nn.Module):
    """Hidden layers from all columns of one table, and noise, to all columns of another."""

    takes_tables = True

    def __init__(
        self,
        *,
        inputs: int,
        outputs: int,
        spatial: Spatial,
        latent_size: int = 0,
        enlarge: int = 1,
        width: int = 128,
        depth: int = 2,
    ) -> None:
        super().__init__()
        if spatial or enlarge != 1:
            raise BadInputError(
                'translator "dense" makes tables. For images choose unet or another.'
            )
        self.layers = dense_layers(inputs + latent_size, outputs, width=width, depth=depth)

    def forward(self, source: Tensor, noise: Tensor | None = None) -> Tensor:
        """Map (B, inputs) and noise (B, latent_size) or None to (B, outputs) in [-1, 1]."""
        seen = source if noise is None or not noise.shape[1] else torch.cat([source, noise], dim=1)
        return torch.tanh(self.layers(seen))


@encoders.register("dense")
class DenseEncoder(nn.Module):
    """Hidden layers from all columns to a code."""

    takes_tables = True

    def __init__(
        self, *, channels: int, spatial: Spatial, outputs: int, width: int = 128, depth: int = 2
    ) -> None:
        super().__init__()
        values = channels * math.prod(spatial)
        self.layers = dense_layers(values, outputs, width=width, depth=depth)

    def forward(self, image: Tensor) -> Tensor:
        """Map rows (B, channels, *spatial) to (B, outputs)."""
        code: Tensor = self.layers(image.flatten(1))
        return code
