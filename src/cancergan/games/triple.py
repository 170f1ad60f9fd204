"""A generator, a classifier and a discriminator of (image, class) pairs, for partly labelled cases.

Source: Li et al. 2017 ("Triple generative adversarial nets"), eq. 3-4 and algorithm 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import cross_entropy, softplus

from cancergan.core.errors import BadInputError
from cancergan.games import builders
from cancergan.games.adversaries import (
    AugmentationSettings,
    Augmenter,
    PenaltySettings,
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
from cancergan.games.latent import LatentGame, image_of, normal, points_of, run_generator
from cancergan.losses.adversarial import adversarial_losses


class TripleSettings(Settings):
    """The choices of the game.

    ``classifier_share`` is the part of the synthetic pairs that the classifier makes (their alpha),
    ``pseudo_weight`` that of learning from the generator's images (their alpha_P).
    """

    penalty: PenaltySettings | None = None
    latent_size: int = Field(default=128, ge=1)
    classifier_share: float = Field(default=0.5, gt=0, lt=1)
    pseudo_weight: float = Field(default=0.1, ge=0)
    generator: NetworkSettings = NetworkSettings()
    discriminator: NetworkSettings = NetworkSettings()
    classifier: NetworkSettings = NetworkSettings()
    generator_optimiser: OptimiserSettings = OptimiserSettings()
    discriminator_optimiser: OptimiserSettings = OptimiserSettings()
    classifier_optimiser: OptimiserSettings = OptimiserSettings()
    augmentation: AugmentationSettings = AugmentationSettings()


@games.register("triple")
class Triple(LatentGame):
    """A generator and a classifier against a discriminator of labelled images (Triple-GAN).

    Reads: ``image`` (B, C, *spatial) in [-1, 1]; ``label`` (B,), -1 where a case has none.
    """

    schema = TripleSettings

    def __init__(
        self, settings: TripleSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses["non_saturating"]
        self.augmenter = Augmenter(settings.augmentation)

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> Triple:
        """Return the game for data of one shape.

        Raises:
            BadInputError: fewer than two classes.
        """
        assert isinstance(settings, TripleSettings)
        if len(shape.classes) < 2:
            raise BadInputError(
                f"Triple-GAN needs at least 2 classes, the cohort has {len(shape.classes)}. Label "
                "some of the cases."
            )
        classes = len(shape.classes)
        players = {
            "discriminator": Player(
                builders.discriminator(
                    settings.discriminator, shape, classes=classes, conditioning="projection"
                ),
                settings.discriminator_optimiser,
                touches_real=True,
            ),
            "classifier": Player(
                builders.discriminator(
                    settings.classifier, shape, classes=classes, conditioning="auxiliary"
                ),
                settings.classifier_optimiser,
                touches_real=True,
            ),
            "generator": Player(
                builders.generator(
                    settings.generator, shape, latent_size=settings.latent_size, classes=classes
                ),
                settings.generator_optimiser,
                touches_real=False,
                synthesises=True,
            ),
        }
        return cls(settings, shape, players)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words."""
        assert isinstance(settings, TripleSettings)
        penalty = "" if settings.penalty is None else f" + {settings.penalty.name}"
        return Description(
            task="noise and a class to an image, and image to class, from few labels",
            inputs={
                "generator": "noise, class",
                "classifier": "image",
                "discriminator": "image and class, by projection",
            },
            losses={
                "generator": "non_saturating",
                "classifier": "cross entropy (real, synthetic) + passing for labelled",
                "discriminator": "logistic on labelled, classified and synthetic pairs" + penalty,
            },
            data="images, some of them with a class",
            source="Li et al. 2017",
        )

    @classmethod
    def may_lack(cls, settings: Settings) -> tuple[str, ...]:
        """Return "label": few cases need one."""
        return ("label",)

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image" and "label"."""
        return ("image", "label")

    def turns(self) -> list[Turn]:
        """Return: the discriminator moves, then the classifier, then the generator."""
        turns = [
            Turn("discriminator", self.discriminator_objective),
            Turn("classifier", self.classifier_objective),
            Turn("generator", self.generator_objective),
        ]
        penalty = self.settings.penalty
        if penalty is not None:
            turns.append(Turn("discriminator", self.penalty_objective, every=penalty.every))
        return turns

    def discriminator_objective(self, batch: Batch) -> Objective:
        """Tell labelled pairs from those that classifier and generator complete."""
        with torch.no_grad():
            guessed, _ = self._guess(batch)
            fake, asked = self._generate(batch)
        on_labelled = self._labelled_scores(batch)
        on_guessed = self._judge(self._augment(batch.image, batch), guessed)
        on_fake = self._judge(self._augment(fake, batch), asked)
        alpha = self.settings.classifier_share
        terms = {
            "of_labelled": softplus(-on_labelled).sum() / max(1, len(on_labelled)),
            "of_classified": alpha * softplus(on_guessed).mean(),
            "of_synthetic": (1 - alpha) * softplus(on_fake).mean(),
        }
        seen = seen_in(self.loss, on_labelled, on_fake) if len(on_labelled) else {}
        return Objective(terms, seen)

    def classifier_objective(self, batch: Batch) -> Objective:
        """Name the class of labelled and of synthetic images, and pass for those who label.

        The class that is passed off is a draw; its probability carries the gradient (algorithm 1).
        """
        guessed, logits = self._guess(batch)
        sure = logits.softmax(dim=1).gather(1, guessed[:, None]).squeeze(1)
        caught = -softplus(self._judge(batch.image, guessed))  # log(1 - D)
        with torch.no_grad():
            fake, asked = self._generate(batch)
        label = _labels(batch)
        known = label >= 0
        right = cross_entropy(logits, label.clamp_min(0), reduction="none")
        return Objective(
            {
                "class_of_real": (right * known).sum() / known.sum().clamp_min(1),
                "class_of_synthetic": self.settings.pseudo_weight
                * cross_entropy(self._logits(fake), asked),
                "adversarial": self.settings.classifier_share * (sure * caught.detach()).mean(),
            }
        )

    def generator_objective(self, batch: Batch) -> Objective:
        """Make images that pass for labelled ones of the class asked for."""
        fake, asked = self._generate(batch)
        scores = self._judge(self._augment(fake, batch), asked)
        share = 1 - self.settings.classifier_share
        return Objective({"adversarial": share * self.loss.generator(scores, None)})

    def penalty_objective(self, batch: Batch) -> Objective:
        """Pay the penalty, at labelled or guessed classes, for the rounds since the last one."""
        assert self.settings.penalty is not None
        with torch.no_grad():
            guessed, _ = self._guess(batch)
            fake, _ = self._generate(batch)
        label = _labels(batch)
        label = torch.where(label >= 0, label, guessed)
        return Objective(
            paid(
                self.settings.penalty,
                lambda image: self._judge(image, label),
                self._augment(batch.image, batch),
                self._augment(fake, batch),
                batch.generator,
            )
        )

    def classify(self, image: Tensor) -> Tensor:
        """Return the classifier's probabilities (B, K)."""
        return self._logits(image).softmax(dim=1)

    def latents(self, request: Request) -> Tensor:
        """Return noise (cases, latent_size), or the styles that a styled generator makes of it."""
        noise = normal(request, self.settings.latent_size)
        return points_of(self.players["generator"].best, noise, request.label)

    def decode(
        self, latents: Tensor, label: Tensor | None, generator: torch.Generator | None
    ) -> Tensor:
        """Return images in [-1, 1], by the averaged generator where there is one."""
        return image_of(self.players["generator"].best, latents, label, generator)

    def memory(self) -> dict[str, Tensor]:
        """Return the augmentation probability."""
        return self.augmenter.memory()

    def observe(self, observations: Mapping[str, Tensor]) -> None:
        """Let adaptive augmentation follow how sure the critic was."""
        self.augmenter.observe(observations)

    def _generate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return synthetic images and the classes asked for, equally likely."""
        draws, device, cases = batch.generator, batch.image.device, len(batch.image)
        asked = torch.randint(len(self.shape.classes), (cases,), generator=draws, device=device)
        size = (cases, self.settings.latent_size)
        noise = torch.randn(size, generator=draws, device=device)
        return run_generator(self.players["generator"].network, noise, asked, draws), asked

    def _logits(self, image: Tensor) -> Tensor:
        logits: Tensor = self.players["classifier"].network(image).class_logits
        return logits

    def _guess(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return a class drawn from the classifier's probabilities for each image, and logits."""
        logits = self._logits(batch.image)
        draw = torch.multinomial(logits.detach().softmax(dim=1), 1, generator=batch.generator)
        return draw.squeeze(1), logits

    def _labelled_scores(self, batch: Batch) -> Tensor:
        """Return the scores of the pairs whose class is known, (labelled,)."""
        label = _labels(batch)
        scores = self._judge(self._augment(batch.image, batch), label.clamp_min(0))
        return scores[label >= 0]

    def _judge(self, image: Tensor, label: Tensor) -> Tensor:
        score: Tensor = self.players["discriminator"].network(image, label).score
        return score

    def _augment(self, image: Tensor, batch: Batch) -> Tensor:
        return self.augmenter(image, batch.generator)


def _labels(batch: Batch) -> Tensor:
    label = batch.label
    assert label is not None
    return label
