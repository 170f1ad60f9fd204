"""Games whose images are points of a latent space, to be walked through and inverted."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from cancergan.games.base import Game, Request
from cancergan.networks.discriminators import Judgement
from cancergan.networks.generators import StyledGenerator
from cancergan.networks.layers import MinibatchStandardDeviation


class LatentGame(Game):
    """A game with a latent space; synthesis draws points of it and decodes them."""

    @abstractmethod
    def latents(self, request: Request) -> Tensor:
        """Return the points (cases, L) that a request stands for, drawn from its generator."""

    @abstractmethod
    def decode(
        self, latents: Tensor, label: Tensor | None, generator: torch.Generator | None
    ) -> Tensor:
        """Return the images (B, C, *spatial) in [-1, 1] of points (B, L).

        ``generator`` gives what an image has besides its point (noise inputs); without one it has
        nothing else.
        """

    def encode(self, image: Tensor, label: Tensor | None) -> Tensor | None:
        """Return the points (B, L) of images (B, C, *spatial), or None without an encoder."""
        return None

    def features(self, image: Tensor, label: Tensor | None) -> Tensor | None:
        """Return what the discriminators' layers see of images, (B, F); None without any.

        Each image is seen by itself, whatever else is in the batch.
        """
        return None

    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return images of the requested classes, by averaged networks where there are any."""
        latents = self.latents(request)
        return {"image": self.decode(latents, request.label, request.generator)}


def features_seen(network: nn.Module, image: Tensor, label: Tensor | None, *more: object) -> Tensor:
    """Return what a discriminator's layers see of images (B, C, *spatial), (B, F).

    A discriminator that compares the images of a batch is shown one at a time. ``more`` is what the
    network is called with besides.
    """
    together = not any(isinstance(part, MinibatchStandardDeviation) for part in network.modules())
    portions = [slice(None)] if together else [slice(row, row + 1) for row in range(len(image))]
    seen = []
    for rows in portions:
        judgement: Judgement = network(image[rows], None if label is None else label[rows], *more)
        seen.append(torch.cat([part.flatten(1) for part in judgement.features], dim=1))
    return torch.cat(seen)


def normal(request: Request, size: int) -> Tensor:
    """Return standard normal noise (cases, size) from the request's generator."""
    generator = request.generator
    return torch.randn(request.cases, size, generator=generator, device=generator.device)


def run_generator(
    network: nn.Module, noise: Tensor, label: Tensor | None, generator: torch.Generator | None
) -> Tensor:
    """Return the image of noise (B, latent_size); only a styled one draws from ``generator``."""
    if isinstance(network, StyledGenerator):
        image: Tensor = network(noise, label, generator)
    else:
        image = network(noise, label)
    return image


def points_of(network: nn.Module, noise: Tensor, label: Tensor | None) -> Tensor:
    """Return noise as points of the network's latent space: its styles where it has any."""
    return network.styles(noise, label) if isinstance(network, StyledGenerator) else noise


def image_of(
    network: nn.Module, points: Tensor, label: Tensor | None, generator: torch.Generator | None
) -> Tensor:
    """Return the images of points (B, L) of the network's latent space."""
    if isinstance(network, StyledGenerator):
        return network.paint(points, generator)
    image: Tensor = network(points, label)
    return image
