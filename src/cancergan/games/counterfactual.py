"""Treatment effects from what happened to each patient under the one treatment that was given.

Sources: Yoon et al. 2018 (GANITE): a first pair of players completes what was not seen, a second
learns the outcomes from the covariates alone; Ge et al. 2018 (MGANITE): more than two treatments,
outcomes of any kind. That no hidden cause drives both treatment and outcome, and that every patient
might have had any treatment, are assumptions; no game can test the first, and overlap is looked at
elsewhere (``downstream.treatment``).
"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax, relu

from cancergan.core.errors import BadInputError
from cancergan.games.base import (
    Batch,
    Description,
    ImageShape,
    Objective,
    Player,
    Request,
    Settings,
    Turn,
    games,
)
from cancergan.games.completion import (
    CompletionGame,
    CompletionSettings,
    check_tables,
    chosen,
    drawn,
)
from cancergan.networks.dense import dense_layers
from cancergan.networks.outcomes import PotentialOutcomes


class CounterfactualSettings(CompletionSettings):
    """The choices of the game.

    ``factual_weight`` is alpha there; ``completed_weight`` (beta there) weighs the squared error of
    the completed outcomes. With ``censoring`` a column "observed" says whose outcome is a time that
    was not reached yet: such a patient is only known to have had a larger one.
    """

    completed_weight: float = Field(default=50.0, ge=0)
    censoring: bool = False


COMPLETER, COMPLETION_JUDGE = "completer", "completion_judge"
ESTIMATOR, ESTIMATE_JUDGE = "estimator", "estimate_judge"


@games.register("counterfactual")
class Counterfactual(CompletionGame):
    """Outcomes under every treatment, completed by one pair of players and learnt by a second.

    Reads: ``image`` (B, 1), the outcome that was seen; ``covariates`` (B, P); ``treatment`` (B, K),
    -1 and 1 for the one that was given; with censoring ``observed`` (B, 1), 1 where the outcome was
    reached. Synthesis gives the outcome of each patient under the treatment in ``treatment``.
    """

    schema: ClassVar[type[Settings]] = CounterfactualSettings

    settings: CounterfactualSettings

    @property
    def treatments(self) -> int:
        """How many there are (K)."""
        return self.shape.given["treatment"].channels

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> Counterfactual:
        """Return the game for tables.

        Raises:
            BadInputError: images, several outcomes, or a single treatment.
        """
        assert isinstance(settings, CounterfactualSettings)
        check_tables(shape)
        covariates, treatments = (
            shape.given[name].channels for name in ("covariates", "treatment")
        )
        if treatments < 2:
            raise BadInputError(
                "treatment: one treatment alone has no effect to compare. Read the column as a "
                "category (kind: category) with two values or more."
            )
        size = {"width": settings.width, "depth": settings.depth}
        noise = settings.latent_size
        completer = PotentialOutcomes(covariates + treatments + 1 + noise, treatments, **size)
        estimator = PotentialOutcomes(covariates + noise, treatments, **size)
        seen = covariates + treatments
        judges = [dense_layers(seen, outputs, **size) for outputs in (treatments, 1)]
        optimiser = settings.optimiser
        return cls(
            settings,
            shape,
            {
                COMPLETION_JUDGE: Player(judges[0], optimiser, touches_real=True),
                COMPLETER: Player(completer, optimiser, touches_real=True),
                ESTIMATE_JUDGE: Player(judges[1], optimiser, touches_real=True),
                ESTIMATOR: Player(estimator, optimiser, touches_real=True, synthesises=True),
            },
        )

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return outcome ("image"), covariates, treatment and, with censoring, observed."""
        assert isinstance(settings, CounterfactualSettings)
        columns = ("image", "covariates", "treatment")
        return (*columns, "observed") if settings.censoring else columns

    @classmethod
    def starts_from(cls, settings: Settings) -> tuple[str, ...]:
        """Return the columns that an outcome is asked for with."""
        return ("covariates", "treatment")

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words."""
        assert isinstance(settings, CounterfactualSettings)
        return Description(
            task="covariates and a treatment to the outcome under it",
            inputs={
                COMPLETER: "covariates, treatment given, outcome seen, noise",
                COMPLETION_JUDGE: "covariates, all outcomes, the seen one among them",
                ESTIMATOR: "covariates, noise",
                ESTIMATE_JUDGE: "covariates, all outcomes",
            },
            losses={
                COMPLETER: "confusion of the judge + squared error of the seen outcome",
                COMPLETION_JUDGE: "cross entropy of which outcome was seen",
                ESTIMATOR: "non_saturating + squared error of the completed outcomes",
                ESTIMATE_JUDGE: "non_saturating",
            },
            data="tables of covariates, treatment and outcome"
            + (", and whether it was reached" if settings.censoring else ""),
            source="Yoon et al. 2018; Ge et al. 2018",
        )

    def turns(self) -> list[Turn]:
        """Return: judge and completer first, judge and estimator once those have finished."""
        second = self.learns
        return [
            Turn(COMPLETION_JUDGE, self.completion_judge_objective, rests=second),
            Turn(COMPLETER, self.completer_objective, rests=second),
            Turn(ESTIMATE_JUDGE, self.estimate_judge_objective, rests=not second),
            Turn(ESTIMATOR, self.estimator_objective, rests=not second),
        ]

    def completion_judge_objective(self, batch: Batch) -> Objective:
        """Say which of the outcomes was seen and which was made up (eq. 3, several treatments)."""
        with torch.no_grad():
            outcomes = self._completed(batch)[0]
        return Objective({"which_was_seen": self._which(batch, outcomes, given(batch))})

    def completer_objective(self, batch: Batch) -> Objective:
        """Make up outcomes that cannot be told from the seen one, and give that one back.

        The judge's doubt is measured against even odds, which its best play against a perfect
        completer gives; the published minimax term has the same equilibrium and no lower bound.
        """
        outcomes, made = self._completed(batch)
        even = torch.full_like(outcomes, 1 / self.treatments)
        factual = self._factual_error(batch, made)
        return Objective(
            {
                "adversarial": self._which(batch, outcomes, even),
                "factual": self.settings.factual_weight * factual,
            }
        )

    def estimate_judge_objective(self, batch: Batch) -> Objective:
        """Tell completed outcomes from estimated ones."""
        with torch.no_grad():
            real, fake = self._completed(batch)[0], self._estimated(batch)
        on_real, on_fake = self._judge(batch, real), self._judge(batch, fake)
        loss = binary_cross_entropy_with_logits
        adversarial = loss(on_real, torch.ones_like(on_real)) + loss(
            on_fake, torch.zeros_like(on_fake)
        )
        return Objective({"adversarial": adversarial})

    def estimator_objective(self, batch: Batch) -> Objective:
        """Estimate, from the covariates alone, what the first pair has completed (eq. 6 to 9)."""
        with torch.no_grad():
            target = self._completed(batch)[0]
        outcomes = self._estimated(batch)
        score = self._judge(batch, outcomes)
        adversarial = binary_cross_entropy_with_logits(score, torch.ones_like(score))
        error = (outcomes - target).square().mean()
        return Objective(
            {"adversarial": adversarial, "completed": self.settings.completed_weight * error}
        )

    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return the outcome under the treatment asked for; ``outcomes`` (B, K) under all."""
        covariates = request.given["covariates"]
        noise = drawn(len(covariates), self.settings.latent_size, request.generator)
        outcomes: Tensor = self.players[ESTIMATOR].best(covariates, noise)
        asked = chosen(request.given["treatment"])
        image = (outcomes * asked).sum(dim=1, keepdim=True)
        return {"image": image.clamp(-1, 1), "outcomes": outcomes}

    def _estimated(self, batch: Batch) -> Tensor:
        noise = drawn(len(batch.image), self.settings.latent_size, batch.generator)
        outcomes: Tensor = self.players[ESTIMATOR].network(batch.columns["covariates"], noise)
        return outcomes

    def _completed(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return all outcomes with the seen one in its place, and as the completer made them."""
        treatment = given(batch)
        noise = drawn(len(batch.image), self.settings.latent_size, batch.generator)
        made: Tensor = self.players[COMPLETER].network(
            batch.columns["covariates"], treatment, batch.image, noise
        )
        seen = batch.image
        if self.settings.censoring:
            # Who was not followed to the end has at least the time that was seen.
            own = (made * treatment).sum(dim=1, keepdim=True)
            seen = torch.where(batch.columns["observed"] > 0, seen, torch.maximum(seen, own))
        return treatment * seen + (1 - treatment) * made, made

    def _factual_error(self, batch: Batch, made: Tensor) -> Tensor:
        error = batch.image - (made * given(batch)).sum(dim=1, keepdim=True)
        if self.settings.censoring:
            error = torch.where(batch.columns["observed"] > 0, error, relu(error))
        return error.square().mean()

    def _which(self, batch: Batch, outcomes: Tensor, truth: Tensor) -> Tensor:
        seen = torch.cat([batch.columns["covariates"], outcomes], dim=1)
        logits: Tensor = self.players[COMPLETION_JUDGE].network(seen)
        return -(truth * log_softmax(logits, dim=1)).sum(dim=1).mean()

    def _judge(self, batch: Batch, outcomes: Tensor) -> Tensor:
        seen = torch.cat([batch.columns["covariates"], outcomes], dim=1)
        score: Tensor = self.players[ESTIMATE_JUDGE].network(seen)
        return score


def given(batch: Batch) -> Tensor:
    """Return which treatment was given, (B, K) of 0 and 1."""
    return chosen(batch.columns["treatment"])
