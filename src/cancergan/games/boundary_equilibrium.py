"""An autoencoder as the critic, and a balance between what it does to real and to synthetic images.

Source: Berthelot, Schumm and Metz 2017 ("BEGAN"), section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from cancergan.games import builders
from cancergan.games.base import (
    Batch,
    Description,
    ImageShape,
    NetworkSettings,
    Objective,
    OptimiserSettings,
    Player,
    Request,
    Settings,
    Turn,
    games,
)
from cancergan.games.latent import LatentGame, image_of, normal, points_of, run_generator
from cancergan.losses.adversarial import ranking_accuracy


class BoundaryEquilibriumSettings(Settings):
    """The choices of the game.

    ``diversity`` is the wished ratio of the errors on synthetic and real images (their gamma): a
    lower one gives better and fewer kinds of images. ``balance_rate`` is how fast the balance moves
    (their lambda_k). The generator's kind of network is also the critic's decoder; the critic's
    options are its encoder's. With ``conditioning`` "concatenate" both decode a class.
    """

    conditioning: Literal["none", "concatenate"] = "none"
    diversity: float = Field(default=0.7, gt=0, le=1)
    balance_rate: float = Field(default=1e-3, gt=0)
    latent_size: int = Field(default=64, ge=1)
    generator: NetworkSettings = NetworkSettings(name="progressive")
    discriminator: NetworkSettings = NetworkSettings()
    generator_optimiser: OptimiserSettings = OptimiserSettings()
    discriminator_optimiser: OptimiserSettings = OptimiserSettings()


class Autoencoder(nn.Module):
    """An encoder and a decoder that work on one image."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, image: Tensor, label: Tensor | None = None) -> Tensor:
        """Map images (B, C, *spatial) to their reconstructions."""
        again: Tensor = self.decoder(self.encoder(image), label)
        return again


@games.register("boundary_equilibrium")
class BoundaryEquilibrium(LatentGame):
    """A generator against an autoencoder, kept in balance (BEGAN).

    Reads: ``image`` (B, C, *spatial) in [-1, 1]; ``label`` (B,) where the conditioning needs it.
    """

    schema = BoundaryEquilibriumSettings

    def __init__(
        self, settings: BoundaryEquilibriumSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.balance = torch.tensor(0.0)

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> BoundaryEquilibrium:
        """Return the game for data of one shape.

        Raises:
            BadInputError: a conditioning without classes.
        """
        assert isinstance(settings, BoundaryEquilibriumSettings)
        size, classes = settings.latent_size, builders.classes_of(settings.conditioning, shape)
        encoder = builders.encoder(settings.discriminator, shape, outputs=size)
        decoder, generator = (
            builders.generator(settings.generator, shape, latent_size=size, classes=classes)
            for _ in range(2)
        )
        critic = Autoencoder(encoder, decoder)
        players = {
            "discriminator": Player(critic, settings.discriminator_optimiser, touches_real=True),
            "generator": Player(
                generator, settings.generator_optimiser, touches_real=False, synthesises=True
            ),
        }
        return cls(settings, shape, players)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words."""
        classes = "label" in cls.requires(settings)
        return Description(
            task="noise and a class to an image of that class" if classes else "noise to image",
            inputs={
                "generator": "noise" + (", class" if classes else ""),
                "discriminator": "image (reconstructs it" + (", told its class)" * classes or ")"),
            },
            losses={
                "generator": "reconstruction error of synthetic images",
                "discriminator": "error of real images less k times that of synthetic ones",
            },
            data="images" + (" with a class" if classes else ""),
            source="Berthelot et al. 2017",
        )

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image", and "label" where the class takes part."""
        assert isinstance(settings, BoundaryEquilibriumSettings)
        return ("image",) if settings.conditioning == "none" else ("image", "label")

    def turns(self) -> list[Turn]:
        """Return: the autoencoder moves, then the generator."""
        return [
            Turn("discriminator", self.discriminator_objective),
            Turn("generator", self.generator_objective),
        ]

    def discriminator_objective(self, batch: Batch) -> Objective:
        """Reconstruct real images well and synthetic ones badly, as far as the balance asks."""
        with torch.no_grad():
            fake = self._generate(batch)
        on_real, on_fake = self._errors(batch.image, batch), self._errors(fake, batch)
        real, synthetic = on_real.mean(), on_fake.mean()
        seen = {
            "error_of_real": real,
            "error_of_synthetic": synthetic,
            # Their measure of convergence, M.
            "convergence": real + (self.settings.diversity * real - synthetic).abs(),
            "ranking_accuracy": ranking_accuracy(-on_real, -on_fake),
        }
        balance = self.balance.to(real.device)
        return Objective({"of_real": real, "of_synthetic": -balance * synthetic}, seen)

    def generator_objective(self, batch: Batch) -> Objective:
        """Make images that the autoencoder reconstructs."""
        return Objective({"adversarial": self._errors(self._generate(batch), batch).mean()})

    def latents(self, request: Request) -> Tensor:
        """Return noise (cases, latent_size)."""
        noise = normal(request, self.settings.latent_size)
        return points_of(self.players["generator"].best, noise, request.label)

    def decode(
        self, latents: Tensor, label: Tensor | None, generator: torch.Generator | None
    ) -> Tensor:
        """Return images in [-1, 1], by the averaged generator where there is one."""
        return image_of(self.players["generator"].best, latents, label, generator)

    def memory(self) -> dict[str, Tensor]:
        """Return the balance (their k_t)."""
        return {"balance": self.balance}

    def observe(self, observations: Mapping[str, Tensor]) -> None:
        """Move the balance: k + lambda (gamma L(x) - L(G(z))), kept in [0, 1]."""
        if "error_of_real" in observations:
            wished = self.settings.diversity * observations["error_of_real"]
            step = self.settings.balance_rate * (wished - observations["error_of_synthetic"])
            self.balance.add_(step.to(self.balance.device)).clamp_(0.0, 1.0)

    def _generate(self, batch: Batch) -> Tensor:
        size = (len(batch.image), self.settings.latent_size)
        noise = torch.randn(size, generator=batch.generator, device=batch.image.device)
        network = self.players["generator"].network
        return run_generator(network, noise, batch.label, batch.generator)

    def _errors(self, image: Tensor, batch: Batch) -> Tensor:
        """Return the mean absolute error of each image's reconstruction, (B,)."""
        again = self.players["discriminator"].network(image, batch.label)
        errors: Tensor = (again - image).abs().flatten(1).mean(dim=1)
        return errors
