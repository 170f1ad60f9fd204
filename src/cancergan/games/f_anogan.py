"""A generator of healthy images first, then an encoder that finds any image's nearest among them.

Source: Schlegl et al. 2019 ("f-AnoGAN: Fast unsupervised anomaly detection with generative
adversarial networks"), section 2.1-2.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from cancergan.games.base import (
    Batch,
    Description,
    ImageShape,
    NetworkSettings,
    Objective,
    Player,
    Settings,
    Turn,
    games,
)
from cancergan.games.latent import image_of
from cancergan.games.noise_to_image import NoiseToImage, NoiseToImageSettings
from cancergan.games.rounds import CountsRounds


class FAnoGanSettings(NoiseToImageSettings):
    """As from noise to image, with a second stage.

    For ``generator_rounds`` generator and discriminators play; then they rest, as good as they got,
    and the encoder learns to invert the generator: by ``mapping`` "ziz" from synthetic images to
    their latents, "izi" from real images to themselves, "izi_f" (as published) to themselves and to
    the same features of the discriminator, the latter weighed by ``feature_weight``.
    """

    generator_rounds: int = Field(default=3000, ge=1)
    mapping: Literal["ziz", "izi", "izi_f"] = "izi_f"
    feature_weight: float = Field(default=1.0, ge=0)
    encoder: NetworkSettings = NetworkSettings()


@games.register("f_anogan")
class FAnoGan(CountsRounds, NoiseToImage):
    """A generator against a discriminator, then an encoder into the generator's latent space.

    Reads: ``image`` (B, C, *spatial) in [-1, 1]; ``label`` (B,) where the conditioning needs it.
    """

    schema = FAnoGanSettings

    def __init__(
        self, settings: NoiseToImageSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        super().__init__(settings, shape, players)
        assert isinstance(settings, FAnoGanSettings)
        self.stage = settings
        self.rounds = torch.tensor(0)
        self.players["encoder"] = replace(
            self.players["encoder"], touches_real=settings.mapping != "ziz"
        )

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words."""
        assert isinstance(settings, FAnoGanSettings)
        said = super().describe(settings)
        errors = {
            "ziz": "error of latents",
            "izi": "error of pixels",
            "izi_f": "error of pixels + error in the discriminator's features",
        }
        seen = "synthetic image" if settings.mapping == "ziz" else "image"
        return Description(
            task="noise to image, then image to latent with the generator fixed",
            inputs={**said.inputs, "encoder": seen},
            losses={**said.losses, "encoder": errors[settings.mapping]},
            data="images of healthy cases",
            source="Schlegl et al. 2019",
        )

    @property
    def generator_is_fixed(self) -> bool:
        """Whether the second stage has begun."""
        return int(self.rounds) >= self.stage.generator_rounds

    def stages(self) -> tuple[int, ...]:
        """Return the rounds at which the generator and the encoder begin."""
        return (0, self.stage.generator_rounds)

    def judged_by_samples(self) -> bool:
        """Say no: while the encoder learns, samples stay as they are."""
        return False

    def turns(self) -> list[Turn]:
        """Return the turns from noise to image and the encoder's; one stage's players rest."""
        fixed = self.generator_is_fixed
        return [
            replace(turn, rests=(turn.player == "encoder") != fixed) for turn in super().turns()
        ]

    def encoder_objective(self, batch: Batch) -> Objective:
        """Find the latents that the fixed generator decodes to the same image."""
        if self.stage.mapping == "ziz":
            return super().encoder_objective(batch)
        latents = self.players["encoder"].network(batch.image)
        judges = [self.players[n].network for n in self.players if n.startswith("discriminator")]
        with _as_evaluated(self.players["generator"].network, *judges):
            made = image_of(
                self.players["generator"].network, latents, batch.label, batch.generator
            )
            terms = {"pixel_error": (made - batch.image).square().mean()}
            if self.stage.mapping == "izi_f":
                wanted, found = (self.features(image, batch.label) for image in (batch.image, made))
                assert wanted is not None
                assert found is not None
                error = (found - wanted.detach()).square().mean()
                terms["feature_error"] = self.stage.feature_weight * error
        return Objective(terms)

    def observe(self, observations: Mapping[str, Tensor]) -> None:
        """Count the round; when the generator has finished, go on with its average."""
        super().observe(observations)
        generator = self.players["generator"]
        if int(self.rounds) == self.stage.generator_rounds and generator.average is not None:
            # The encoder must learn to invert the very network that synthesises and scores.
            generator.network.load_state_dict(generator.average.state_dict())


@contextmanager
def _as_evaluated(*networks: nn.Module) -> Iterator[None]:
    """Let networks compute as they will when cases are scored, and learn no batch statistics."""
    modes = [network.training for network in networks]
    for network in networks:
        network.eval()
    try:
        yield
    finally:
        for network, mode in zip(networks, modes, strict=True):
            network.train(mode)
