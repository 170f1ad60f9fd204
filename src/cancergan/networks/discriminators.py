"""Discriminators (critics): how real an image looks, and where asked, of which class it is."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from cancergan.core.registry import Registry
from cancergan.networks.layers import (
    Spatial,
    deviation_layers,
    pyramid,
    scale_for_leaky_rectifiers,
    strided_layers,
)

discriminators: Registry[type[nn.Module]] = Registry("discriminator")


class Judgement(NamedTuple):
    """What a discriminator says.

    Attributes:
        score: (B,), or (B, P) where it judges P patches of each image; without a sigmoid.
        class_logits: (B, K) or None.
        features: what its layers saw, for feature matching, where it tells.
    """

    score: Tensor
    class_logits: Tensor | None = None
    features: tuple[Tensor, ...] = ()


class Verdict(nn.Module):
    """From features (B, F) to a judgement, by the way in which the class takes part.

    "none" and "concatenate" leave the features alone (the latter has joined the class to the image
    before), "projection" adds <embedding(class), features> (Miyato and Koyama 2018, eq. 3),
    "auxiliary" predicts the class (Odena et al. 2017).
    """

    def __init__(self, features: int, conditioning: str, classes: int) -> None:
        super().__init__()
        # Thousands of features add up in one score: equalised (Karras et al. 2018, section 4.1),
        # a step of the optimiser moves it by little, however large the image.
        self.scale = 1 / math.sqrt(features)
        self.score = nn.Linear(features, 1)
        nn.init.normal_(self.score.weight)
        self.embedding = nn.Embedding(classes, features) if conditioning == "projection" else None
        self.classify = nn.Linear(features, classes) if conditioning == "auxiliary" else None
        if self.classify is not None:
            nn.init.normal_(self.classify.weight)

    def forward(self, features: Tensor, label: Tensor | None) -> Judgement:
        """Judge features (B, F) with class codes (B,), which "projection" alone reads."""
        scaled = features * self.scale
        score = self.score(scaled).squeeze(1)
        if self.embedding is not None:
            score = score + (self.embedding(label) * scaled).sum(dim=1)
        logits = self.classify(scaled) if self.classify is not None else None
        return Judgement(score, logits, (features,))


class LabelledImage(nn.Module):
    """Join an image with a learnt map of its class as one more channel ("concatenate")."""

    def __init__(self, spatial: Spatial, conditioning: str, classes: int) -> None:
        super().__init__()
        self.shape = (1, *spatial)
        pixels = math.prod(spatial)
        self.embedding = nn.Embedding(classes, pixels) if conditioning == "concatenate" else None
        self.added = 1 if conditioning == "concatenate" else 0

    def forward(self, image: Tensor, label: Tensor | None) -> Tensor:
        """Map (B, C, *spatial) and class codes (B,) to (B, C + added, *spatial)."""
        if self.embedding is None:
            return image
        return torch.cat([image, self.embedding(label).view(-1, *self.shape)], dim=1)


@discriminators.register("mlp")
class MLPDiscriminator(nn.Module):
    """Two hidden layers over all pixels at once (Goodfellow et al. 2014)."""

    takes_tables = True

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        classes: int,
        conditioning: str = "none",
        width: int = 256,
    ) -> None:
        super().__init__()
        self.input = LabelledImage(spatial, conditioning, classes)
        pixels = (channels + self.input.added) * math.prod(spatial)
        self.layers = nn.Sequential(
            nn.Linear(pixels, 2 * width),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(2 * width, width),
            nn.LeakyReLU(0.2, inplace=True),
        )
        scale_for_leaky_rectifiers(self.layers)
        self.verdict = Verdict(width, conditioning, classes)

    def forward(self, image: Tensor, label: Tensor | None = None) -> Judgement:
        """Judge images (B, channels, *spatial) with class codes (B,)."""
        features = self.layers(self.input(image, label).flatten(1))
        judgement: Judgement = self.verdict(features, label)
        return judgement


@discriminators.register("convolutional")
class ConvolutionalDiscriminator(nn.Module):
    """Strided convolutions down to a small grid, then one linear layer (Radford et al. 2016).

    ``normalisation`` is "batch" as published, "group", or "none" (a critic with a gradient penalty
    must not mix samples: Gulrajani et al. 2017, section 4). ``spectral`` divides every layer by its
    largest singular value (Miyato et al. 2018).
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
        normalise: str = "none",
        minibatch_deviation: bool = True,
        spectral: bool = False,
    ) -> None:
        super().__init__()
        dims, levels = len(spatial), max(1, len(pyramid(spatial)) - 1)
        self.input = LabelledImage(spatial, conditioning, classes)
        widths = [min(widest, width * 2**level) for level in range(levels)]
        layers = strided_layers(dims, channels + self.input.added, widths, normalise=normalise)
        if minibatch_deviation:
            layers += deviation_layers(dims, widths[-1])
        self.layers = nn.Sequential(*layers)
        scale_for_leaky_rectifiers(self.layers)
        grid = math.prod(side // 2**levels for side in spatial)
        self.verdict = Verdict(widths[-1] * grid, conditioning, classes)
        if spectral:
            for module in list(self.modules()):
                if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)):
                    spectral_norm(module)

    def forward(self, image: Tensor, label: Tensor | None = None) -> Judgement:
        """Judge images (B, channels, *spatial) with class codes (B,)."""
        features = self.layers(self.input(image, label)).flatten(1)
        judgement: Judgement = self.verdict(features, label)
        return judgement
