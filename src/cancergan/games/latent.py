"""Games whose images are points of a latent space, to be walked through and inverted."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from cancergan.games.base import Game, Request
from cancergan.networks.generators import StyledGenerator


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

    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return images of the requested classes, by averaged networks where there are any."""
        latents = self.latents(request)
        return {"image": self.decode(latents, request.label, request.generator)}


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
