"""How an outcome follows the dose of a treatment, from one dose and one outcome a patient.

Source: Bica et al. 2020 (SCIGAN): a generator completes the outcomes at other doses, a hierarchical
discriminator asks which treatment was given and, within it, which dose, and an inference network
learns the completed curves from the covariates alone.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import log_softmax, one_hot

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
from cancergan.networks.outcomes import DoseDiscriminator, DoseResponse, TreatmentDiscriminator


class DoseResponseSettings(CompletionSettings):
    """The choices of the game.

    ``treatments``: whether there are several, in a column "treatment". ``doses`` are drawn for each
    treatment of a patient, the given one among them.
    """

    treatments: bool = False
    doses: int = Field(default=6, ge=2)
    completing_rounds: int = Field(default=1500, ge=1)


COMPLETER, DOSE_JUDGE, TREATMENT_JUDGE = "completer", "dose_judge", "treatment_judge"
ESTIMATOR = "estimator"


class DoseJudges(nn.Module):
    """One discriminator of doses for each treatment, the lower level of the hierarchy."""

    def __init__(self, covariates: int, treatments: int, *, width: int) -> None:
        super().__init__()
        self.of = nn.ModuleList(
            DoseDiscriminator(covariates, width=width) for _ in range(treatments)
        )

    def forward(self, covariates: Tensor, doses: Tensor, outcomes: Tensor) -> Tensor:
        """Return a logit for each dose of each treatment, (B, K, D)."""
        logits = [
            judge(covariates, doses[:, place], outcomes[:, place])
            for place, judge in enumerate(self.of)
        ]
        return torch.stack(logits, dim=1)


@games.register("dose_response")
class DoseResponseGame(CompletionGame):
    """Outcomes at every dose, completed against a hierarchy of judges, learnt by an estimator.

    Reads: ``image`` (B, 1), the outcome that was seen; ``covariates`` (B, P); ``dose`` (B, 1); with
    several treatments ``treatment`` (B, K), -1 and 1 for the one that was given. Synthesis gives
    the outcome of each patient at the dose (and treatment) asked for.
    """

    schema: ClassVar[type[Settings]] = DoseResponseSettings

    settings: DoseResponseSettings

    @property
    def treatments(self) -> int:
        """How many there are (K)."""
        return _treatments(self.settings, self.shape)

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> DoseResponseGame:
        """Return the game for tables.

        Raises:
            BadInputError: images, or several outcomes.
        """
        assert isinstance(settings, DoseResponseSettings)
        check_tables(shape)
        covariates, kinds = shape.given["covariates"].channels, _treatments(settings, shape)
        size = {"width": settings.width, "depth": settings.depth}
        inputs = covariates + kinds + 2 + settings.latent_size
        networks: dict[str, nn.Module] = {
            DOSE_JUDGE: DoseJudges(covariates, kinds, width=settings.width)
        }
        if kinds > 1:
            networks[TREATMENT_JUDGE] = TreatmentDiscriminator(
                covariates, kinds, width=settings.width
            )
        networks[COMPLETER] = DoseResponse(inputs, kinds, **size)
        networks[ESTIMATOR] = DoseResponse(covariates, kinds, **size)
        players = {
            name: Player(
                network, settings.optimiser, touches_real=True, synthesises=name == ESTIMATOR
            )
            for name, network in networks.items()
        }
        return cls(settings, shape, players)

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return outcome ("image"), covariates, dose and, where there are several, treatment."""
        assert isinstance(settings, DoseResponseSettings)
        columns = ("image", "covariates", "dose")
        return (*columns, "treatment") if settings.treatments else columns

    @classmethod
    def starts_from(cls, settings: Settings) -> tuple[str, ...]:
        """Return the columns that an outcome is asked for with."""
        return cls.requires(settings)[1:]

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words."""
        assert isinstance(settings, DoseResponseSettings)
        inputs = {
            COMPLETER: "covariates, dose given, outcome seen, noise, doses asked for",
            DOSE_JUDGE: "covariates, outcomes at several doses, the seen one among them",
            ESTIMATOR: "covariates, doses asked for",
        }
        losses = {
            COMPLETER: "confusion of the judges + squared error of the seen outcome",
            DOSE_JUDGE: "cross entropy of which dose was given",
            ESTIMATOR: "squared error of the completed outcomes",
        }
        if settings.treatments:
            inputs[TREATMENT_JUDGE] = "covariates, outcomes at the doses of all treatments"
            losses[TREATMENT_JUDGE] = "cross entropy of which treatment was given"
        return Description(
            task="covariates and a dose to the outcome at it",
            inputs=inputs,
            losses=losses,
            data="tables of covariates, dose and outcome"
            + (", and treatment" if settings.treatments else ""),
            source="Bica et al. 2020",
        )

    def turns(self) -> list[Turn]:
        """Return: judges and completer first, the estimator once those have finished."""
        second = self.learns
        turns = [Turn(DOSE_JUDGE, self.dose_judge_objective, rests=second)]
        if self.treatments > 1:
            turns.append(Turn(TREATMENT_JUDGE, self.treatment_judge_objective, rests=second))
        turns.append(Turn(COMPLETER, self.completer_objective, rests=second))
        return [*turns, Turn(ESTIMATOR, self.estimator_objective, rests=not second)]

    def dose_judge_objective(self, batch: Batch) -> Objective:
        """Say which dose of the given treatment was given."""
        with torch.no_grad():
            doses, outcomes, _ = self._completed(batch)
        truth = one_hot(torch.zeros(len(doses), dtype=torch.long), doses.shape[2]).to(doses)
        return Objective({"which_dose": self._which_dose(batch, doses, outcomes, truth)})

    def treatment_judge_objective(self, batch: Batch) -> Objective:
        """Say which treatment was given."""
        with torch.no_grad():
            doses, outcomes, _ = self._completed(batch)
        which = self._which_treatment(batch, doses, outcomes, self._given(batch))
        return Objective({"which_treatment": which})

    def completer_objective(self, batch: Batch) -> Objective:
        """Make up outcomes that leave both judges at even odds, and give the seen one back."""
        doses, outcomes, made = self._completed(batch)
        even = torch.full_like(doses[:, 0], 1 / doses.shape[2])
        terms = {"adversarial": self._which_dose(batch, doses, outcomes, even)}
        if self.treatments > 1:
            even = torch.full_like(doses[:, :, 0], 1 / self.treatments)
            terms["treatment"] = self._which_treatment(batch, doses, outcomes, even)
        error = (made[:, :, 0] * self._given(batch)).sum(dim=1, keepdim=True) - batch.image
        return Objective({**terms, "factual": self.settings.factual_weight * error.square().mean()})

    def estimator_objective(self, batch: Batch) -> Objective:
        """Learn the completed outcomes from the covariates alone."""
        with torch.no_grad():
            doses, outcomes, _ = self._completed(batch)
        estimate = self.players[ESTIMATOR].network(batch.columns["covariates"], doses)
        return Objective({"completed": (estimate - outcomes).square().mean()})

    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return the outcome at the dose asked for."""
        dose = request.given["dose"]
        doses = dose[:, None, :].expand(-1, self.treatments, -1)
        outcomes = self.players[ESTIMATOR].best(request.given["covariates"], doses)[:, :, 0]
        if self.treatments > 1:
            outcomes = (outcomes * chosen(request.given["treatment"])).sum(dim=1, keepdim=True)
        return {"image": outcomes.clamp(-1, 1)}

    def _given(self, batch: Batch) -> Tensor:
        """Return which treatment was given, (B, K) of 0 and 1."""
        if self.treatments == 1:
            return torch.ones_like(batch.image)
        return chosen(batch.columns["treatment"])

    def _completed(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return doses, outcomes and what the completer made, all (B, K, D).

        Of the given treatment the first dose is the given one, and its outcome the seen one; the
        judges do not see the order.
        """
        rows, generator = len(batch.image), batch.generator
        size = (rows, self.treatments, self.settings.doses)
        doses = torch.rand(size, generator=generator, device=batch.image.device) * 2 - 1
        own, dose = self._given(batch), batch.columns["dose"]
        first = own * dose + (1 - own) * doses[:, :, 0]
        doses = torch.cat([first[:, :, None], doses[:, :, 1:]], dim=2)
        noise = drawn(rows, self.settings.latent_size, generator)
        known = torch.cat([batch.columns["covariates"], own, dose, batch.image, noise], dim=1)
        made: Tensor = self.players[COMPLETER].network(known, doses)
        seen = own * batch.image + (1 - own) * made[:, :, 0]
        return doses, torch.cat([seen[:, :, None], made[:, :, 1:]], dim=2), made

    def _which_dose(self, batch: Batch, doses: Tensor, outcomes: Tensor, truth: Tensor) -> Tensor:
        logits = self.players[DOSE_JUDGE].network(batch.columns["covariates"], doses, outcomes)
        error = -(truth[:, None, :] * log_softmax(logits, dim=2)).sum(dim=2)
        return (error * self._given(batch)).sum(dim=1).mean()

    def _which_treatment(
        self, batch: Batch, doses: Tensor, outcomes: Tensor, truth: Tensor
    ) -> Tensor:
        judge = self.players[TREATMENT_JUDGE].network
        logits = judge(batch.columns["covariates"], doses, outcomes)
        return -(truth * log_softmax(logits, dim=1)).sum(dim=1).mean()


def _treatments(settings: DoseResponseSettings, shape: ImageShape) -> int:
    return shape.given["treatment"].channels if settings.treatments else 1
