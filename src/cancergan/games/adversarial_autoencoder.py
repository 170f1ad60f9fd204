"""An autoencoder whose latents are made to look like noise by a discriminator of latents.

Source: Makhzani et al. 2016 ("Adversarial autoencoders"), sections 2 and 4 (with labels, figure 6).
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from cancergan.games import builders
from cancergan.games.adversaries import PlainLoss, seen_in
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
from cancergan.games.latent import LatentGame, normal
from cancergan.losses.adversarial import adversarial_losses


class AdversarialAutoencoderSettings(Settings):
    """The choices of the game.

    ``adversarial_weight`` is that of passing for noise beside the mean squared error of pixels.
    With ``conditioning`` "concatenate" the decoder is told the class, so that latents hold the rest
    (style apart from content). The discriminator judges latents: its layers are fully connected.
    """

    loss: PlainLoss = "non_saturating"
    conditioning: Literal["none", "concatenate"] = "none"
    latent_size: int = Field(default=32, ge=1)
    adversarial_weight: float = Field(default=0.02, gt=0)
    encoder: NetworkSettings = NetworkSettings()
    generator: NetworkSettings = NetworkSettings()
    discriminator: NetworkSettings = NetworkSettings(name="mlp", options={"width": 64})
    generator_optimiser: OptimiserSettings = OptimiserSettings(betas=(0.5, 0.999))
    discriminator_optimiser: OptimiserSettings = OptimiserSettings(betas=(0.5, 0.999))


@games.register("adversarial_autoencoder")
class AdversarialAutoencoder(LatentGame):
    """An autoencoder against a discriminator that tells its latents from noise.

    Reads: ``image`` (B, C, *spatial) in [-1, 1]; ``label`` (B,) where the conditioning needs it.
    """

    schema = AdversarialAutoencoderSettings

    def __init__(
        self,
        settings: AdversarialAutoencoderSettings,
        shape: ImageShape,
        players: dict[str, Player],
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses[settings.loss]

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> AdversarialAutoencoder:
        """Return the game for data of one shape.

        Raises:
            BadInputError: a conditioning without classes.
        """
        assert isinstance(settings, AdversarialAutoencoderSettings)
        size, classes = settings.latent_size, builders.classes_of(settings.conditioning, shape)
        parts = {
            "encoder": builders.encoder(settings.encoder, shape, outputs=size),
            "decoder": builders.generator(
                settings.generator, shape, latent_size=size, classes=classes
            ),
        }
        # A latent is an image of one channel and one dimension.
        discriminator = builders.discriminator(settings.discriminator, ImageShape(1, (size,)))
        players = {
            "discriminator": Player(
                discriminator, settings.discriminator_optimiser, touches_real=True
            ),
            # The two move together: one player with one network of two parts.
            "autoencoder": Player(
                nn.ModuleDict(parts),
                settings.generator_optimiser,
                touches_real=True,
                synthesises=True,
            ),
        }
        return cls(settings, shape, players)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words."""
        assert isinstance(settings, AdversarialAutoencoderSettings)
        classes = settings.conditioning != "none"
        return Description(
            task="image to latent and back; noise" + " and a class" * classes + " to image",
            inputs={
                "autoencoder": "image" + ", class" * classes,
                "discriminator": "latent of an image, or noise",
            },
            losses={
                "autoencoder": f"mean squared error of pixels + {settings.loss} on latents",
                "discriminator": settings.loss,
            },
            data="images" + " with a class" * classes,
            source="Makhzani et al. 2016",
        )

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image", and "label" where the class takes part."""
        assert isinstance(settings, AdversarialAutoencoderSettings)
        return ("image",) if settings.conditioning == "none" else ("image", "label")

    def turns(self) -> list[Turn]:
        """Return: the discriminator of latents moves, then the autoencoder."""
        return [
            Turn("discriminator", self.discriminator_objective),
            Turn("autoencoder", self.autoencoder_objective),
        ]

    def discriminator_objective(self, batch: Batch) -> Objective:
        """Tell noise, which plays the part of the real, from the latents of images."""
        with torch.no_grad():
            latents = self._parts("network")["encoder"](batch.image)
        noise = torch.randn(latents.shape, generator=batch.generator, device=latents.device)
        on_noise, on_latents = self._judge(noise), self._judge(latents)
        seen = seen_in(self.loss, on_noise, on_latents)
        return Objective({"adversarial": self.loss.critic(on_noise, on_latents)}, seen)

    def autoencoder_objective(self, batch: Batch) -> Objective:
        """Reconstruct images by latents that pass for noise."""
        parts = self._parts("network")
        latents = parts["encoder"](batch.image)
        again = parts["decoder"](latents, batch.label)
        adversarial = self.loss.generator(self._judge(latents), None)
        return Objective(
            {
                "reconstruction": (again - batch.image).square().mean(),
                "adversarial": self.settings.adversarial_weight * adversarial,
            }
        )

    def latents(self, request: Request) -> Tensor:
        """Return noise (cases, latent_size)."""
        return normal(request, self.settings.latent_size)

    def decode(
        self, latents: Tensor, label: Tensor | None, generator: torch.Generator | None
    ) -> Tensor:
        """Return images in [-1, 1], by the averaged decoder where there is one."""
        image: Tensor = self._parts("best")["decoder"](latents, label)
        return image

    def encode(self, image: Tensor, label: Tensor | None) -> Tensor | None:
        """Return the latents that the encoder gives."""
        latents: Tensor = self._parts("best")["encoder"](image)
        return latents

    def _parts(self, which: Literal["network", "best"]) -> nn.ModuleDict:
        player = self.players["autoencoder"]
        parts = player.network if which == "network" else player.best
        assert isinstance(parts, nn.ModuleDict)
        return parts

    def _judge(self, latents: Tensor) -> Tensor:
        scores: Tensor = self.players["discriminator"].network(latents[:, None]).score
        return scores
