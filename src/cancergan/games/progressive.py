"""Networks that grow while they learn: coarse images first, finer ones fading in.

Source: Karras et al. 2018 ("Progressive growing of GANs for improved quality, stability, and
variation"): growing with fade-in, minibatch standard deviation, pixel norm, equalised learning
rate, Wasserstein loss with gradient penalty and a drift term.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import interpolate

from cancergan.games.adversaries import PenaltySettings
from cancergan.games.base import (
    Batch,
    Description,
    ImageShape,
    NetworkSettings,
    Player,
    Settings,
    games,
)
from cancergan.games.latent import features_seen
from cancergan.games.noise_to_image import NoiseToImage, NoiseToImageSettings
from cancergan.games.rounds import CountsRounds
from cancergan.networks.discriminators import Judgement
from cancergan.networks.layers import pyramid
from cancergan.networks.progressive import at_stage


class GrowingNetwork(NetworkSettings):
    """The growing network, and its options (width, widest)."""

    name: Literal["progressive"] = "progressive"


class ProgressiveSettings(NoiseToImageSettings):
    """As from noise to image, with networks that grow.

    The coarsest size is played for ``rounds_stable`` rounds; then each finer one fades in over
    ``rounds_fading`` and is played for ``rounds_stable`` more, the last one to the end. ``drift``
    weighs the mean squared score of real images, which keeps scores near zero (appendix A.1).
    """

    loss: str = "wasserstein"
    penalty: PenaltySettings | None = PenaltySettings(name="gradient_penalty", weight=10.0)
    rounds_fading: int = Field(default=400, ge=1)
    rounds_stable: int = Field(default=400, ge=1)
    drift: float = Field(default=1e-3, ge=0)
    generator: GrowingNetwork = GrowingNetwork()
    discriminator: GrowingNetwork = GrowingNetwork()


@games.register("progressive")
class Progressive(CountsRounds, NoiseToImage):
    """A generator and a critic that grow together from coarse images to fine ones.

    Reads: ``image`` (B, C, *spatial) in [-1, 1]; ``label`` (B,) where the conditioning needs it.
    """

    schema = ProgressiveSettings

    def __init__(
        self, settings: NoiseToImageSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        super().__init__(settings, shape, players)
        assert isinstance(settings, ProgressiveSettings)
        self.growth = settings
        self.rounds = torch.tensor(0)
        self.levels = len(pyramid(shape.spatial))

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words."""
        said = super().describe(settings)
        losses = {**said.losses, "discriminator": f"{said.losses['discriminator']} + score drift"}
        inputs = {
            **said.inputs,
            "discriminator": f"{said.inputs['discriminator']}, at the size of the stage",
        }
        return Description(said.task, inputs, losses, said.data, "Karras et al. 2018")

    @property
    def stage(self) -> float:
        """How far the networks have grown: whole numbers are sizes, the part behind is alpha."""
        stable, fading = self.growth.rounds_stable, self.growth.rounds_fading
        since = int(self.rounds) - stable
        if since < 0 or self.levels == 1:
            return 0.0
        level, within = divmod(since, fading + stable)
        if level >= self.levels - 1:
            return float(self.levels - 1)
        # In the first round of a size alpha is above zero, so that its weights begin to learn.
        return level + min(1.0, (within + 1) / fading)

    def stages(self) -> tuple[int, ...]:
        """Return the rounds at which a size begins to fade in, and at which it has faded in."""
        stable, fading = self.growth.rounds_stable, self.growth.rounds_fading
        begins = [stable + level * (fading + stable) for level in range(self.levels - 1)]
        return (0, *(number for begin in begins for number in (begin, begin + fading)))

    def decode(
        self, latents: Tensor, label: Tensor | None, generator: torch.Generator | None
    ) -> Tensor:
        """Return images in [-1, 1] of full size; while the networks grow, enlarged coarse ones."""
        network = self.players["generator"].best
        image: Tensor = network(latents, label, self.stage)
        return interpolate(image, size=self.shape.spatial, mode="nearest")

    def _also(self, on_real: Judgement) -> dict[str, Tensor]:
        return {"drift": self.growth.drift * on_real.score.square().mean()}

    def _generate(self, batch: Batch) -> Tensor:
        network = self.players["generator"].network
        image: Tensor = network(self._noise(batch), batch.label, self.stage)
        return image

    def _real(self, batch: Batch) -> Tensor:
        return at_stage(batch.image, self.stage, self.levels)

    def _seen(self, network: nn.Module, image: Tensor, label: Tensor | None) -> Tensor:
        return features_seen(network, image, label, self.stage)

    def _judge(self, image: Tensor, batch: Batch, judge: str) -> Judgement:
        judgement: Judgement = self.players[judge].network(image, batch.label, self.stage)
        return judgement
