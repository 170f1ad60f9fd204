"""Plays the turns of a game under a budget: private players by noisy gradients, the others blind.

An open player's batch holds no real value: where images would be there is NaN, so that an objective
which reads them cannot go unnoticed, and classes are drawn in public shares.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cancergan.core.errors import BadInputError
from cancergan.core.files import whole_file
from cancergan.core.seeds import derive_seed, numpy_generator, torch_generator
from cancergan.games.base import (
    Batch,
    Game,
    ImageShape,
    Objective,
    Turn,
    clip_weights,
    only_moving,
)
from cancergan.privacy.budget import Budget, Ledger
from cancergan.privacy.gradients import Mechanism, privatised_gradient, refresh, set_gradient
from cancergan.privacy.sampling import PatientLots
from cancergan.privacy.taint import check_private, one_patient_at_a_time, private_players
from cancergan.privacy.teachers import Votes
from cancergan.recipes.schema import PrivacySettings, Recipe
from cancergan.training.data import TrainingData
from cancergan.training.public import public_shares
from cancergan.training.run import PRIVACY_RECORD

KEY = "privacy.key"


@dataclass(frozen=True)
class PrivatePlan:
    """A budget laid out for one game on one cohort, before anything is spent.

    Attributes:
        players: who learns privately, or, where teachers vote, who votes.
        charges: what one step of each turn charges, by the turn's place in the round.
        shares: of the classes, for open players; empty without classes.
        unit: what one unit of the guarantee is.
        lots: from which private players learn; None where teachers vote.
    """

    settings: PrivacySettings
    budget: Budget
    players: tuple[str, ...]
    charges: tuple[int, ...]
    shares: tuple[float, ...]
    unit: str
    lots: PatientLots | None = None

    def lines(self) -> list[str]:
        """Return the plan in words, one fact a line."""
        budget = self.budget
        lines = [
            f"privacy: epsilon {budget.epsilon:g} at delta {budget.delta:g} for each of "
            f"{budget.patients} {self.unit}s, by the {budget.accountant.upper()} accountant",
            *(self._votes() if self.lots is None else self._gradients(self.lots)),
        ]
        if self.settings.repeatable:
            lines.append("  NOT private: the noise comes from the recipe's seed (repeatable)")
        return lines

    def _gradients(self, lots: PatientLots) -> list[str]:
        together = "together" if self.settings.vectorised else "one by one"
        budget = self.budget
        return [
            f"  {', '.join(self.players)}: gradients by {self.unit} ({together}), clipped to "
            f"{self.settings.clipping_norm:g}, noise {budget.noise:.3f} of that on their sum",
            f"  lots: {lots.expected:g} expected of {budget.patients} (rate "
            f"{budget.sampling_rate:.4f}), {budget.steps} steps are charged",
        ]

    def _votes(self) -> list[str]:
        teachers, noise = len(self.players), self.budget.noise
        lines = [
            f"  {teachers} teachers of {self.budget.patients // teachers} {self.unit}s or one more "
            f"each, {self.budget.steps} votes are charged, {self.budget.kind} noise {noise:.1f} on "
            "each count"
        ]
        if noise > teachers / 2:
            lines.append(
                "  the noise exceeds the largest majority: the student will learn little. Take "
                "more teachers, fewer steps or smaller batches"
            )
        return lines


def plan_privacy(
    recipe: Recipe, game: Game, data: TrainingData, *, unit_is_known: bool
) -> PrivatePlan:
    """Return the plan of a private training, or refuse it.

    Raises:
        BadInputError: a budget out of range, too few patients, a game in which real images reach an
            open player, or a setting that reads real data besides.
    """
    settings = recipe.privacy
    assert settings is not None
    check_training(recipe)
    players = private_players(game, settings.players)
    queries = check_private(game, players)
    if len(data.parts) > 1:
        raise BadInputError(
            "columns of different cases (unpaired images) cannot be learnt from privately: one "
            "step would see several patients. Choose a game of one column, or of pairs."
        )
    of_cases, lot = data.parts[0].patients, recipe.training.batch_size
    vote = any(game.players[name].confined for name in players)
    lots = None if vote else PatientLots.of(of_cases, lot)
    _check_noise(settings, vote=vote)
    turns = game.turns()
    charges = tuple(
        round(asked * lot) if lots is None else int(turn.player in players)
        for turn, asked in zip(turns, queries, strict=True)
    )
    steps = recipe.training.steps or 0
    budget = Budget.planned(
        epsilon=settings.epsilon,
        delta=settings.delta,
        accountant=settings.accountant,
        sampling_rate=1.0 if lots is None else lots.rate,
        steps=sum(
            each * turn.steps * -(-steps // turn.every)
            for turn, each in zip(turns, charges, strict=True)
        ),
        patients=len(set(of_cases)),
        kind=settings.votes,
    )
    unit = "patient" if unit_is_known else "image"
    shares = public_shares(settings, game.shape)
    return PrivatePlan(settings, budget, players, charges, shares, unit, lots)


def _check_noise(settings: PrivacySettings, *, vote: bool) -> None:
    """Refuse Laplace noise where it is not accounted for."""
    if settings.votes == "laplace" and not vote:
        raise BadInputError(
            "privacy.votes=laplace is noise for votes of teachers, and here gradients are clipped, "
            "whose length calls for normal noise. Leave it out, or play a game of teachers."
        )
    if settings.votes == "laplace" and settings.accountant != "rdp":
        raise BadInputError(
            "privacy.votes=laplace is accounted by rdp: set privacy.accountant=rdp."
        )


def check_training(recipe: Recipe) -> None:
    """Refuse what a private training cannot keep to, each with one line."""
    training = recipe.training
    where = f'recipe "{recipe.name}" is private'
    if training.steps is None or training.minutes is not None:
        raise BadInputError(
            f"{where}: how many steps it takes decides the noise, so set training.steps and not "
            "training.minutes."
        )
    if training.sampling != "natural":
        raise BadInputError(
            f"{where}: training.sampling={training.sampling} looks at the labels of patients. "
            "Leave it out: each patient takes part by its own coin."
        )
    if training.devices > 1 or training.precision != "32-true":
        raise BadInputError(f"{where}: set training.devices=1 and training.precision=32-true.")


class PrivatePlay:
    """Plays turns under a plan; what it spends is in the ledger before it is spent."""

    def __init__(
        self, plan: PrivatePlan, data: TrainingData, folder: Path, seed: int, device: torch.device
    ) -> None:
        self.plan = plan
        self.data = data
        self.seed = seed
        self.device = device
        self.folder = folder
        self.ledger = Ledger.open(plan.budget, folder / PRIVACY_RECORD)
        self.key = self._opened_key()
        self.ledger.note(
            unit=plan.unit,
            players=list(plan.players),
            clipping_norm=plan.settings.clipping_norm,
            secret_noise=not plan.settings.repeatable,
        )

    def holds(self, turns: list[Turn], step: int) -> bool:
        """Say whether the budget holds what the round ``step`` will charge."""
        return self.ledger.left >= sum(
            each * turn.steps
            for turn, each in zip(turns, self.plan.charges, strict=True)
            if step % turn.every == 0 and not turn.rests
        )

    def hides(self, player: str) -> bool:
        """Say whether a player sees real images, so that nothing may be told of its turns."""
        return player in self.plan.players

    def blind(self, batch_size: int, shape: ImageShape, generator: torch.Generator) -> Batch:
        """Return an open player's batch: NaN for images, classes drawn in public shares.

        What it asks of teachers is charged, and answered with noise.
        """
        columns: dict[str, Tensor] = {}
        for name, part in {"image": shape, **shape.given}.items():
            size = (batch_size, part.channels, *part.spatial)
            columns[name] = torch.full(size, torch.nan, device=self.device)
        if self.plan.shares:
            shares = torch.tensor(self.plan.shares, device=self.device)
            columns["label"] = torch.multinomial(
                shares, batch_size, replacement=True, generator=generator
            )
        return Batch(columns, generator, Votes(self.ledger, self.key))

    def move(self, game: Game, turn: Turn, optimiser: Any) -> Objective:
        """Take one private step; nothing is reported of it, since that would be about patients."""
        plan, lots = self.plan, self.plan.lots
        assert lots is not None
        mechanism = Mechanism(plan.settings.clipping_norm, plan.budget.noise, lots.expected)
        number = self.ledger.charge()
        chosen = lots.draw(numpy_generator(self.key, "lot", number))
        columns = {
            name: torch.from_numpy(values).to(self.device)
            for name, values in self.data.rows(self.data.parts[0], chosen, number).items()
        }
        draws = torch_generator(self.key, "draws", number, device=self.device)
        noise = torch_generator(self.key, "noise", number, device=self.device)
        player = game.players[turn.player]

        def loss(one: Mapping[str, Tensor]) -> Tensor:
            return turn.objective(Batch(one, draws)).total

        torch.manual_seed(derive_seed(self.key, "layers", number))
        refresh(player.network)
        with only_moving(game, turn.player), one_patient_at_a_time(game, turn.player):
            gradient = privatised_gradient(
                loss,
                player.network,
                columns,
                mechanism,
                noise,
                at_once=plan.settings.at_once,
                vectorised=plan.settings.vectorised,
            )
        set_gradient(player.network, gradient)
        optimiser.step()
        clip_weights(player)
        return Objective({})

    def saved(self, step: int) -> None:
        """Note at a checkpoint which step it holds and what was spent until then."""
        self.ledger.note(step=step, spent=self.ledger.spent)

    def finish(self) -> None:
        """Forget the key of the noise: nobody can take the noise away any more."""
        (self.folder / KEY).unlink(missing_ok=True)

    def lines(self) -> list[str]:
        """Return what was spent, in words."""
        budget = self.ledger.budget
        return [
            f"privacy: epsilon {self.ledger.spent:.3f} of {budget.epsilon:g} spent at delta "
            f"{budget.delta:g} ({self.ledger.charged} of {budget.steps} charges)"
        ]

    def _opened_key(self) -> int:
        """Return the run's secret, from which lots and noise are drawn; a new one if it has none.

        It lies in the run folder, readable by its owner alone, until training ends.
        """
        if self.plan.settings.repeatable:
            return derive_seed(self.seed, "privacy")
        path = self.folder / KEY
        if not path.is_file():
            with whole_file(path) as temporary:
                temporary.touch(mode=0o600)
                temporary.write_text(str(secrets.randbits(128)), encoding="utf-8")
        return int(path.read_text(encoding="utf-8"))
