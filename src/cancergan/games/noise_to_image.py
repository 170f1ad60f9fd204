"""A generator and a discriminator (critic), from noise to image.

Sources: Goodfellow et al. 2014; the conditionings after Mirza and Osindero 2014, Odena et al. 2017,
Miyato and Koyama 2018. GAN, DCGAN, cGAN, AC-GAN, LSGAN, WGAN and WGAN-GP are this one game with
other choices of loss, penalty, conditioning and networks; the recipes of those names state them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import cross_entropy

from cancergan.core.errors import BadInputError
from cancergan.games.base import (
    Batch,
    Game,
    ImageShape,
    NetworkSettings,
    Objective,
    OptimiserSettings,
    Player,
    Request,
    Settings,
    Turn,
    build_network,
    games,
)
from cancergan.losses.adversarial import adversarial_losses, observed_scores
from cancergan.losses.penalties import penalties
from cancergan.networks.augmentation import augment
from cancergan.networks.discriminators import Judgement, discriminators
from cancergan.networks.generators import generators

Conditioning = Literal["none", "concatenate", "projection", "auxiliary"]


class PenaltySettings(Settings):
    """A penalty on the critic: its name, weight, and how many rounds lie between two of them."""

    name: str
    weight: float = 1.0
    every: int = Field(default=1, ge=1)


class AugmentationSettings(Settings):
    """What both sides' images go through, and how often; "adaptive" learns how often (ADA)."""

    operations: tuple[str, ...] = ()
    probability: float | Literal["adaptive"] = 1.0
    target: float = 0.6


class NoiseToImageSettings(Settings):
    """The independent choices of the game."""

    loss: str = "non_saturating"
    penalty: PenaltySettings | None = None
    conditioning: Conditioning = "none"
    latent_size: int = Field(default=128, ge=1)
    critic_steps: int = Field(default=1, ge=1)
    auxiliary_weight: float = 1.0
    generator: NetworkSettings = NetworkSettings()
    discriminator: NetworkSettings = NetworkSettings()
    generator_optimiser: OptimiserSettings = OptimiserSettings()
    discriminator_optimiser: OptimiserSettings = OptimiserSettings()
    augmentation: AugmentationSettings = AugmentationSettings()


@games.register("noise_to_image")
class NoiseToImage(Game):
    """A generator and a discriminator (or critic), from noise to image.

    Reads: ``image`` (B, C, *spatial) in [-1, 1]; ``label`` (B,) where the conditioning needs it.
    """

    schema = NoiseToImageSettings

    def __init__(
        self, settings: NoiseToImageSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses[settings.loss]
        adaptive = settings.augmentation.probability == "adaptive"
        self.probability = torch.tensor(0.0 if adaptive else settings.augmentation.probability)

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> NoiseToImage:
        """Return the game for data of one shape.

        Raises:
            BadInputError: a conditioning without classes, a penalty on a critic that mixes samples,
                or adaptive augmentation with a loss whose scores have no zero.
        """
        assert isinstance(settings, NoiseToImageSettings)
        _check(settings, shape)
        classes = len(shape.classes) if settings.conditioning != "none" else 0
        described = {"channels": shape.channels, "spatial": shape.spatial, "classes": classes}
        generator = build_network(
            generators, settings.generator, **described, latent_size=settings.latent_size
        )
        discriminator = build_network(
            discriminators,
            settings.discriminator,
            **described,
            conditioning=settings.conditioning,
        )
        compares = adversarial_losses[settings.loss].compares
        players = {
            "discriminator": Player(
                discriminator, settings.discriminator_optimiser, touches_real=True
            ),
            "generator": Player(
                generator, settings.generator_optimiser, touches_real=compares, synthesises=True
            ),
        }
        return cls(settings, shape, players)

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image", and "label" where the class takes part."""
        assert isinstance(settings, NoiseToImageSettings)
        return ("image",) if settings.conditioning == "none" else ("image", "label")

    def turns(self) -> list[Turn]:
        """Return: the critic moves ``critic_steps`` times, then the generator once.

        A penalty that is not due every round is a turn of its own (Karras et al. 2020, "lazy").
        """
        turns = [
            Turn("discriminator", self.discriminator_objective, steps=self.settings.critic_steps),
            Turn("generator", self.generator_objective),
        ]
        penalty = self.settings.penalty
        if penalty is not None and penalty.every > 1:
            turns.append(Turn("discriminator", self.penalty_objective, every=penalty.every))
        return turns

    def discriminator_objective(self, batch: Batch) -> Objective:
        """Tell real from synthetic; with an auxiliary classifier, name the class of both."""
        with torch.no_grad():  # a critic's turn never moves the generator
            fake = self._augment(self._generate(batch), batch)
        real = self._augment(batch.image, batch)
        on_real, on_fake = self._judge(real, batch), self._judge(fake, batch)
        terms = {"adversarial": self.loss.critic(on_real.score, on_fake.score)}
        terms |= self._auxiliary(on_real, batch, "class_of_real")
        terms |= self._auxiliary(on_fake, batch, "class_of_synthetic")
        penalty = self.settings.penalty
        if penalty is not None and penalty.every == 1:
            terms[penalty.name] = self._penalty(real, fake, batch)
        return Objective(terms, self._observe_scores(on_real.score, on_fake.score))

    def generator_objective(self, batch: Batch) -> Objective:
        """Make what the critic takes for real, and for the class that was asked for."""
        on_fake = self._judge(self._augment(self._generate(batch), batch), batch)
        real_score = None
        if self.loss.compares:
            real_score = self._judge(self._augment(batch.image, batch), batch).score
        terms = {"adversarial": self.loss.generator(on_fake.score, real_score)}
        return Objective(terms | self._auxiliary(on_fake, batch, "class_of_synthetic"))

    def penalty_objective(self, batch: Batch) -> Objective:
        """Pay the lazy penalty for all the rounds since the last one."""
        penalty = self.settings.penalty
        assert penalty is not None
        with torch.no_grad():
            fake = self._augment(self._generate(batch), batch)
        real = self._augment(batch.image, batch)
        return Objective({penalty.name: self._penalty(real, fake, batch) * penalty.every})

    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return images of the requested classes, by the averaged generator where there is one."""
        generator = self.players["generator"].best
        device = request.generator.device
        noise = torch.randn(
            request.cases, self.settings.latent_size, generator=request.generator, device=device
        )
        return {"image": generator(noise, request.label)}

    def memory(self) -> dict[str, Tensor]:
        """Return the augmentation probability, which "adaptive" changes from round to round."""
        return {"augmentation_probability": self.probability}

    def observe(self, observations: Mapping[str, Tensor]) -> None:
        """Augment more often where the critic is surer of real images than the target allows.

        Source: Karras et al. 2020 (ADA), eq. 1 with r_t; full strength is reached after 500k images
        there, after 2,000 rounds here, since small cohorts overfit sooner.
        """
        wanted = self.settings.augmentation
        if wanted.probability == "adaptive" and "sign_of_real" in observations:
            step = 5e-4 if observations["sign_of_real"] > wanted.target else -5e-4
            self.probability.add_(step).clamp_(0.0, 1.0)

    def _generate(self, batch: Batch) -> Tensor:
        size = (batch.image.shape[0], self.settings.latent_size)
        noise = torch.randn(size, generator=batch.generator, device=batch.image.device)
        fake: Tensor = self.players["generator"].network(noise, batch.label)
        return fake

    def _judge(self, image: Tensor, batch: Batch) -> Judgement:
        judgement: Judgement = self.players["discriminator"].network(image, batch.label)
        return judgement

    def _augment(self, image: Tensor, batch: Batch) -> Tensor:
        return augment(
            image,
            self.settings.augmentation.operations,
            probability=float(self.probability),
            generator=batch.generator,
        )

    def _auxiliary(self, judgement: Judgement, batch: Batch, name: str) -> dict[str, Tensor]:
        if judgement.class_logits is None or batch.label is None:
            return {}
        error = cross_entropy(judgement.class_logits, batch.label)
        return {name: self.settings.auxiliary_weight * error}

    def _penalty(self, real: Tensor, fake: Tensor, batch: Batch) -> Tensor:
        penalty = self.settings.penalty
        assert penalty is not None
        of = penalties[penalty.name]
        return penalty.weight * of(
            lambda image: self._judge(image, batch).score, real, fake, batch.generator
        )

    def _observe_scores(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        seen = observed_scores(real, fake)
        if self.loss.boundary is not None:
            seen["sign_of_real"] = (real - self.loss.boundary).sign().mean()
        return seen


def _check(settings: NoiseToImageSettings, shape: ImageShape) -> None:
    """Refuse choices that contradict each other or the data, each with one line."""
    if settings.conditioning != "none" and len(shape.classes) < 2:
        raise BadInputError(
            f'conditioning "{settings.conditioning}" needs at least 2 classes, the cohort has '
            f"{len(shape.classes)}. Add a label column, or set game.conditioning=none."
        )
    mixes = settings.discriminator.options.get("normalise") == "batch"
    if settings.penalty is not None and mixes:
        raise BadInputError(
            f'penalty "{settings.penalty.name}" needs a critic that judges each image alone: set '
            "game.discriminator.options.normalise to none or group, not batch."
        )
    adaptive = settings.augmentation.probability == "adaptive"
    if adaptive and adversarial_losses[settings.loss].boundary is None:
        raise BadInputError(
            f'augmentation.probability "adaptive" reads the sign of scores, which loss '
            f'"{settings.loss}" leaves without meaning. Give a number from 0 to 1.'
        )
