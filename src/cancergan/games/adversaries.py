"""What every game with a critic needs: penalties, augmentation of both sides, observed scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from cancergan.core.errors import BadInputError
from cancergan.games.base import Settings
from cancergan.losses.adversarial import AdversarialLoss, adversarial_losses, observed_scores
from cancergan.losses.penalties import Critic, penalties
from cancergan.networks.augmentation import augment

# Losses whose generator's side reads synthetic scores alone, and whose scores have a zero.
PlainLoss = Literal["non_saturating", "least_squares", "hinge"]


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


class Augmenter:
    """Augments images of both sides alike, with a probability that may follow the critic (ADA)."""

    def __init__(self, settings: AugmentationSettings) -> None:
        self.settings = settings
        wanted = settings.probability
        self.probability = torch.tensor(0.0 if wanted == "adaptive" else wanted)

    def __call__(self, image: Tensor, generator: torch.Generator) -> Tensor:
        """Augment images (B, C, *spatial)."""
        return augment(
            image,
            self.settings.operations,
            probability=float(self.probability),
            generator=generator,
        )

    def memory(self) -> dict[str, Tensor]:
        """Return the probability, for the game's own memory."""
        return {"augmentation_probability": self.probability}

    def observe(self, observations: Mapping[str, Tensor]) -> None:
        """Augment more often where the critic is surer of real images than the target allows.

        Source: Karras et al. 2020 (ADA), eq. 1 with r_t; full strength is reached after 500k images
        there, after 2,000 rounds here, since small cohorts overfit sooner.
        """
        if self.settings.probability == "adaptive" and "sign_of_real" in observations:
            step = 5e-4 if observations["sign_of_real"] > self.settings.target else -5e-4
            self.probability.add_(step).clamp_(0.0, 1.0)


def check_augmentation(settings: AugmentationSettings, loss: str) -> None:
    """Refuse adaptive augmentation with a loss whose scores have no zero.

    Raises:
        BadInputError: that contradiction.
    """
    if settings.probability == "adaptive" and adversarial_losses[loss].boundary is None:
        raise BadInputError(
            f'augmentation.probability "adaptive" reads the sign of scores, which loss '
            f'"{loss}" leaves without meaning. Give a number from 0 to 1.'
        )


def seen_in(loss: AdversarialLoss, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """Return what scores (B,) of either side say about the state of the game.

    Adaptive augmentation reads "sign_of_real", which losses without a zero do not have.
    """
    seen = observed_scores(real, fake)
    if loss.boundary is not None:
        seen["sign_of_real"] = (real - loss.boundary).sign().mean()
    return seen


def paid(
    penalty: PenaltySettings, critic: Critic, real: Tensor, fake: Tensor, generator: torch.Generator
) -> dict[str, Tensor]:
    """Return the penalty as a named term, for all the rounds since it was last due."""
    value = penalties[penalty.name](critic, real, fake, generator)
    return {penalty.name: penalty.weight * penalty.every * value}
