"""From a recipe and a cohort to a trained run: prepares, begins or resumes, and plays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from cancergan.cohort import Cohort
from cancergan.cohort.cohort import check_disjoint
from cancergan.core.errors import BadInputError, CancerganError
from cancergan.core.seeds import derive_seed
from cancergan.games.base import Game
from cancergan.privacy.budget import check_budget
from cancergan.recipes.loader import build_game
from cancergan.recipes.schema import Recipe
from cancergan.training.data import TrainingData
from cancergan.training.devices import start_fabric
from cancergan.training.initial_weights import begin_with
from cancergan.training.material import (
    prepare_training,
    training_part,
    validation_of,
    validation_part,
)
from cancergan.training.plan import Plan, plan_training
from cancergan.training.private import PrivatePlan, PrivatePlay, plan_privacy
from cancergan.training.progress import progress_bar
from cancergan.training.public import check_public, with_public_values
from cancergan.training.run import PRIVACY_RECORD, Run, TrainedOn
from cancergan.training.trainer import Trainer

if TYPE_CHECKING:
    from lightning_fabric import Fabric

# What may change between a run and its continuation: how long, how often, and on what machine.
_MAY_CHANGE = {"steps", "minutes", "checkpoint_every", "log_every", "accelerator", "devices"}


def new_game(recipe: Recipe, trained_on: TrainedOn) -> Game:
    """Return the recipe's game with weights drawn from the recipe's seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(recipe.seed, "weights"))
        return build_game(recipe, trained_on.shape)


def plan(recipe: Recipe, cohort: Cohort) -> Plan:
    """Return what training would cost, without training."""
    training = training_part(cohort)
    data, trained_on = prepare_training(recipe, training)
    game = new_game(recipe, trained_on)
    game.get_ready()
    trained_on = begin_with(recipe, game, trained_on)
    private = _private(recipe, game, data, trained_on, training, validation_part(cohort))
    cost = plan_training(game, data, recipe.training)
    return cost if private is None else replace(cost, privacy=tuple(private.lines()))


def train(
    recipe: Recipe,
    cohort: Cohort,
    out: Path,
    *,
    validation: Cohort | None = None,
    resume: bool = False,
) -> Run:
    """Train a recipe on a cohort into a run folder, or go on with a run that was interrupted.

    ``validation`` chooses among the checkpoints; a cohort with a split column brings its own.

    Raises:
        BadInputError: the folder holds something else, the run to resume is another one, or a file
            that the game needs is missing.
        DivergedError: a loss stopped being a number.
    """
    fabric = start_fabric(recipe.training)
    training, held_out = training_part(cohort), validation or validation_part(cohort)
    data, trained_on = prepare_training(recipe, training)
    game = new_game(recipe, trained_on)
    game.get_ready()
    trained_on = begin_with(recipe, game, trained_on)
    private = _private(recipe, game, data, trained_on, training, held_out)
    judge = validation_of(held_out, trained_on)
    if held_out is not None:
        check_disjoint({"training": training, "validation": held_out})
        trained_on = replace(trained_on, validation=held_out.fingerprint)
    if private is not None:
        trained_on = with_public_values(recipe, trained_on)
        if resume:
            _check_ledger(private, Run(out, recipe, trained_on))
    run = _begin(fabric, Run(out, recipe, trained_on), resume=resume)
    play = None
    if private is not None:
        play = PrivatePlay(private, data, run.path, recipe.seed, fabric.device)
    title = f"{recipe.name} on {trained_on.cases} cases"
    with progress_bar(title) as progress:
        Trainer(game, data, run, fabric, progress, judge, play).train()
    return run


def _private(
    recipe: Recipe,
    game: Game,
    data: TrainingData,
    trained_on: TrainedOn,
    cohort: Cohort,
    held_out: Cohort | None,
) -> PrivatePlan | None:
    """Return the plan of a private training, None where the recipe asks for no privacy."""
    if recipe.privacy is None:
        return None
    check_public(recipe, cohort, trained_on, validated=held_out is not None)
    return plan_privacy(recipe, game, data, unit_is_known=cohort.unit_is_known)


def _check_ledger(private: PrivatePlan, run: Run) -> None:
    """Refuse to go on with another budget, or with steps taken of which no ledger tells."""
    ledger = run.path / PRIVACY_RECORD
    if run.has_checkpoint() and not ledger.is_file():
        raise BadInputError(
            f"{ledger}: is missing, and what this run has spent is not known. Restore it, or "
            "choose another --out."
        )
    check_budget(private.budget, ledger)


def _begin(fabric: Fabric, run: Run, *, resume: bool) -> Run:
    """Create or check the run folder in the first process; the others hear how it went."""
    problem: str | None = None
    if fabric.is_global_zero:
        try:
            if resume and (run.path / "recipe.yaml").is_file():
                _check_same(Run.open(run.path), run)
                run.write_recipe()
            else:
                Run.create(run.path, run.recipe, run.trained_on)
        except CancerganError as error:
            problem = str(error)
    problem = fabric.broadcast(problem)
    if problem is not None:
        raise BadInputError(problem)
    return run


def _check_same(old: Run, new: Run) -> None:
    if old.trained_on.validation != new.trained_on.validation:
        raise BadInputError(
            f"{old.path}: the validation cases are others than before. Resume with the same, or "
            "choose another --out."
        )
    if old.trained_on.fingerprint != new.trained_on.fingerprint:
        raise BadInputError(
            f"{old.path}: was trained on another cohort (fingerprint "
            f"{old.trained_on.fingerprint}, now {new.trained_on.fingerprint}). "
            "Choose another --out."
        )
    before, after = _identity(old.recipe), _identity(new.recipe)
    for key in sorted(set(before) | set(after)):
        if before.get(key) != after.get(key):
            raise BadInputError(
                f"{old.path}: {key} was {before.get(key)} and is now {after.get(key)}. Resume with "
                "the same settings, or choose another --out."
            )


def _identity(recipe: Recipe) -> dict[str, Any]:
    return {
        key: value
        for key, value in _flat(recipe.model_dump(mode="json")).items()
        if key.removeprefix("training.") not in _MAY_CHANGE
    }


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
