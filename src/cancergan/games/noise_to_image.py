"""A generator and a discriminator (critic), from noise to image.

Sources: Goodfellow et al. 2014; the conditionings after Mirza and Osindero 2014, Odena et al. 2017,
Miyato and Koyama 2018. GAN, DCGAN, cGAN, AC-GAN, LSGAN, WGAN, WGAN-GP, TransGAN, StyleGAN,
CapsuleGAN and a game against several discriminators are this one game with other choices of loss,
penalty, conditioning and networks; the recipes state them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cancergan.core.errors import BadInputError
from cancergan.games import builders
from cancergan.games.adversaries import (
    AugmentationSettings,
    Augmenter,
    PenaltySettings,
    check_augmentation,
    paid,
    seen_in,
)
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
from cancergan.games.descriptions import describe_noise_to_image
from cancergan.games.latent import (
    LatentGame,
    features_seen,
    image_of,
    normal,
    points_of,
    run_generator,
)
from cancergan.losses.adversarial import adversarial_losses
from cancergan.networks.discriminators import Judgement

Conditioning = Literal["none", "concatenate", "projection", "auxiliary"]


class NoiseToImageSettings(Settings):
    """The independent choices of the game.

    ``discriminators`` of one kind judge side by side, each by its own weights; the generator minds
    all alike, or with ``softness`` rather those that catch it (Durugkar et al. 2017, GMAN). An
    ``encoder`` learns to find the latent of a synthetic image, so that real ones can be inverted.
    With ``few_labels`` an auxiliary classifier learns from the labelled cases, the critic from all
    (Kapil et al. 2018).
    """

    loss: str = "non_saturating"
    penalty: PenaltySettings | None = None
    conditioning: Conditioning = "none"
    few_labels: bool = False
    latent_size: int = Field(default=128, ge=1)
    critic_steps: int = Field(default=1, ge=1)
    auxiliary_weight: float = 1.0
    discriminators: int = Field(default=1, ge=1)
    softness: float = Field(default=0.0, ge=0)
    encoder: NetworkSettings | None = None
    encoder_optimiser: OptimiserSettings = OptimiserSettings()
    generator: NetworkSettings = NetworkSettings()
    discriminator: NetworkSettings = NetworkSettings()
    generator_optimiser: OptimiserSettings = OptimiserSettings()
    discriminator_optimiser: OptimiserSettings = OptimiserSettings()
    augmentation: AugmentationSettings = AugmentationSettings()


@games.register("noise_to_image")
class NoiseToImage(LatentGame):
    """A generator and a discriminator (critic), from noise to image.

    Reads: ``image`` (B, C, *spatial) in [-1, 1]; ``label`` (B,) where the conditioning needs it.
    """

    schema: ClassVar[type[Settings]] = NoiseToImageSettings

    def __init__(
        self, settings: NoiseToImageSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses[settings.loss]
        self.augmenter = Augmenter(settings.augmentation)

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> NoiseToImage:
        """Return the game for data of one shape.

        Raises:
            BadInputError: a conditioning without classes, a penalty on a critic that mixes samples,
                or adaptive augmentation with a loss whose scores have no zero.
        """
        assert isinstance(settings, NoiseToImageSettings)
        classes = builders.classes_of(settings.conditioning, shape)
        _check(settings)
        compares = adversarial_losses[settings.loss].compares
        players = {
            name: Player(
                builders.discriminator(
                    settings.discriminator,
                    shape,
                    classes=classes,
                    conditioning=settings.conditioning,
                ),
                settings.discriminator_optimiser,
                touches_real=True,
            )
            for name in judges(settings.discriminators)
        }
        players["generator"] = Player(
            builders.generator(
                settings.generator, shape, latent_size=settings.latent_size, classes=classes
            ),
            settings.generator_optimiser,
            touches_real=compares,
            synthesises=True,
        )
        if settings.encoder is not None:
            encoder = _encoder(settings.encoder, settings, shape, players["generator"].network)
            players["encoder"] = Player(encoder, settings.encoder_optimiser, touches_real=False)
        return cls(settings, shape, players)

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image", and "label" where the class takes part."""
        assert isinstance(settings, NoiseToImageSettings)
        return ("image",) if settings.conditioning == "none" else ("image", "label")

    @classmethod
    def may_lack(cls, settings: Settings) -> tuple[str, ...]:
        """Return "label" where few labels are enough."""
        assert isinstance(settings, NoiseToImageSettings)
        return ("label",) if settings.few_labels else ()

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words, as loss, penalty, conditioning and encoder make it."""
        assert isinstance(settings, NoiseToImageSettings)
        return describe_noise_to_image(settings)

    def turns(self) -> list[Turn]:
        """Return: each critic moves ``critic_steps`` times, then the generator once.

        A penalty that is not due every round is a turn of its own (Karras et al. 2020, "lazy").
        """
        first, *others = judges(self.settings.discriminators)
        steps, penalty = self.settings.critic_steps, self.settings.penalty
        turns = [Turn(first, self.discriminator_objective, steps)]
        turns += [Turn(n, partial(self.discriminator_objective, judge=n), steps) for n in others]
        turns.append(Turn("generator", self.generator_objective))
        if penalty is not None and penalty.every > 1:
            every = penalty.every
            turns.append(Turn(first, self.penalty_objective, every=every))
            turns += [
                Turn(n, partial(self.penalty_objective, judge=n), every=every) for n in others
            ]
        if self.settings.encoder is not None:
            turns.append(Turn("encoder", self.encoder_objective))
        return turns

    def discriminator_objective(self, batch: Batch, judge: str = "discriminator") -> Objective:
        """Tell real from synthetic; with an auxiliary classifier, name the class of both."""
        known, batch = batch, self._asked(batch)
        with torch.no_grad():  # a critic's turn never moves the generator
            fake = self._augment(self._generate(batch), batch)
        real = self._augment(self._real(batch), batch)
        on_real, on_fake = self._judge(real, batch, judge), self._judge(fake, batch, judge)
        terms = {"adversarial": self.loss.critic(on_real.score, on_fake.score)}
        terms |= self._also(on_real)
        terms |= self._auxiliary(on_real, known, "class_of_real")
        terms |= self._auxiliary(on_fake, batch, "class_of_synthetic")
        penalty = self.settings.penalty
        if penalty is not None and penalty.every == 1:
            terms |= self._penalty(real, fake, batch, judge)
        return Objective(terms, seen_in(self.loss, on_real.score, on_fake.score))

    def generator_objective(self, batch: Batch) -> Objective:
        """Make what the critics take for real, and for the class that was asked for."""
        batch = self._asked(batch)
        fake = self._augment(self._generate(batch), batch)
        real = self._augment(self._real(batch), batch) if self.loss.compares else None
        adversarial: list[Tensor] = []
        auxiliary: list[Tensor] = []
        for judge in judges(self.settings.discriminators):
            on_fake = self._judge(fake, batch, judge)
            real_score = None if real is None else self._judge(real, batch, judge).score
            adversarial.append(self.loss.generator(on_fake.score, real_score))
            auxiliary += self._auxiliary(on_fake, batch, "class_of_synthetic").values()
        terms = {"adversarial": softened(torch.stack(adversarial), self.settings.softness)}
        if auxiliary:
            terms["class_of_synthetic"] = torch.stack(auxiliary).mean()
        return Objective(terms)

    def penalty_objective(self, batch: Batch, judge: str = "discriminator") -> Objective:
        """Pay the lazy penalty for all the rounds since the last one."""
        batch = self._asked(batch)
        with torch.no_grad():
            fake = self._augment(self._generate(batch), batch)
        real = self._augment(self._real(batch), batch)
        return Objective(self._penalty(real, fake, batch, judge))

    def encoder_objective(self, batch: Batch) -> Objective:
        """Find the latent of synthetic images, which alone are known to have one."""
        batch = self._asked(batch)
        generator = self.players["generator"].network
        with torch.no_grad():
            latents = points_of(generator, self._noise(batch), batch.label)
            image = image_of(generator, latents, batch.label, batch.generator)
        found = self.players["encoder"].network(image)
        return Objective({"latent": (found - latents).square().mean()})

    def latents(self, request: Request) -> Tensor:
        """Return noise (cases, latent_size), or the styles (cases, W) that a styled one makes."""
        noise = normal(request, self.settings.latent_size)
        return points_of(self.players["generator"].best, noise, request.label)

    def decode(
        self, latents: Tensor, label: Tensor | None, generator: torch.Generator | None
    ) -> Tensor:
        """Return images in [-1, 1], by the averaged generator where there is one."""
        return image_of(self.players["generator"].best, latents, label, generator)

    def encode(self, image: Tensor, label: Tensor | None) -> Tensor | None:
        """Return what the encoder finds, where the recipe has one."""
        if "encoder" not in self.players:
            return None
        latents: Tensor = self.players["encoder"].best(image)
        return latents

    def make(self, batch: Batch) -> Tensor:
        """Return the images that the generator makes for the batch's classes, with gradients."""
        return self._generate(batch)

    def features(self, image: Tensor, label: Tensor | None) -> Tensor:
        """Return what the layers of all discriminators see, (B, F), one after another."""
        names = judges(self.settings.discriminators)
        return torch.cat([self._seen(self.players[n].network, image, label) for n in names], dim=1)

    def classify(self, image: Tensor) -> Tensor | None:
        """Return the class probabilities that the first critic's auxiliary classifier gives."""
        if self.settings.conditioning != "auxiliary":
            return None
        judgement: Judgement = self.players["discriminator"].network(image)
        assert judgement.class_logits is not None
        return judgement.class_logits.softmax(dim=1)

    def memory(self) -> dict[str, Tensor]:
        """Return the augmentation probability, which "adaptive" changes from round to round."""
        return self.augmenter.memory()

    def observe(self, observations: Mapping[str, Tensor]) -> None:
        """Let adaptive augmentation follow how sure the critic was."""
        self.augmenter.observe(observations)

    def _noise(self, batch: Batch) -> Tensor:
        size = (len(batch.image), self.settings.latent_size)
        return torch.randn(size, generator=batch.generator, device=batch.image.device)

    def _generate(self, batch: Batch) -> Tensor:
        network = self.players["generator"].network
        return run_generator(network, self._noise(batch), batch.label, batch.generator)

    def _real(self, batch: Batch) -> Tensor:
        return batch.image

    def _also(self, on_real: Judgement) -> dict[str, Tensor]:
        """Return further terms of a critic's objective, for games that build on this one."""
        return {}

    def _judge(self, image: Tensor, batch: Batch, judge: str) -> Judgement:
        judgement: Judgement = self.players[judge].network(image, batch.label)
        return judgement

    def _augment(self, image: Tensor, batch: Batch) -> Tensor:
        return self.augmenter(image, batch.generator)

    def _seen(self, network: nn.Module, image: Tensor, label: Tensor | None) -> Tensor:
        return features_seen(network, image, label)

    def _auxiliary(self, judgement: Judgement, batch: Batch, name: str) -> dict[str, Tensor]:
        if judgement.class_logits is None or batch.label is None:
            return {}
        known = batch.label >= 0
        errors = cross_entropy(judgement.class_logits, batch.label.clamp_min(0), reduction="none")
        error = (errors * known).sum() / known.sum().clamp_min(1)
        return {name: self.settings.auxiliary_weight * error}

    def _asked(self, batch: Batch) -> Batch:
        """Return the batch with a class for every case, drawn where it has none."""
        if batch.label is None or not self.settings.few_labels:
            return batch
        draws, label = batch.generator, batch.label
        drawn = torch.randint(
            len(self.shape.classes), label.shape, generator=draws, device=label.device
        )
        columns = {**batch.columns, "label": torch.where(label >= 0, label, drawn)}
        return Batch(columns, draws)

    def _penalty(self, real: Tensor, fake: Tensor, batch: Batch, judge: str) -> dict[str, Tensor]:
        assert self.settings.penalty is not None
        return paid(
            self.settings.penalty,
            lambda image: self._judge(image, batch, judge).score,
            real,
            fake,
            batch.generator,
        )


def judges(number: int) -> list[str]:
    """Return the names of the discriminators.

    >>> judges(3)
    ['discriminator', 'discriminator_2', 'discriminator_3']
    """
    return ["discriminator", *(f"discriminator_{n}" for n in range(2, number + 1))]


def softened(losses: Tensor, softness: float) -> Tensor:
    """Return the mean of losses (n,) weighted by exp(softness * loss): 0 weighs all alike.

    Source: Durugkar et al. 2017 (GMAN), section 3.2. The weights are not differentiated.
    """
    weights = (softness * losses.detach()).softmax(dim=0)
    return (weights * losses).sum()


def _encoder(
    wanted: NetworkSettings,
    settings: NoiseToImageSettings,
    shape: ImageShape,
    generator: nn.Module,
) -> nn.Module:
    """Return an encoder of images into the generator's own latent space."""
    some = torch.zeros(1, settings.latent_size)
    conditional = settings.conditioning != "none"
    label = torch.zeros(1, dtype=torch.long) if conditional else None
    with torch.no_grad():
        size = points_of(generator, some, label).shape[1]
    return builders.encoder(wanted, shape, outputs=size)


def _check(settings: NoiseToImageSettings) -> None:
    """Refuse choices that contradict each other, each with one line."""
    if settings.few_labels and settings.conditioning != "auxiliary":
        raise BadInputError(
            "game.few_labels: a class that is only sometimes known can be predicted, not given. "
            "Set game.conditioning=auxiliary."
        )
    mixes = settings.discriminator.options.get("normalise") == "batch"
    if settings.penalty is not None and mixes:
        raise BadInputError(
            f'penalty "{settings.penalty.name}" needs a critic that judges each image alone: set '
            "game.discriminator.options.normalise to none or group, not batch."
        )
    check_augmentation(settings.augmentation, settings.loss)
