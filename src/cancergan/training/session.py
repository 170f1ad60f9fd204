"""From a recipe and a cohort to a trained run: prepares, begins or resumes, and plays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from cancergan.cohort import Cohort
from cancergan.cohort.cohort import check_disjoint
from cancergan.cohort.identity import patient_fingerprints
from cancergan.cohort.preparation import Preparation
from cancergan.cohort.prepared import PreparedCohort, prepare
from cancergan.core.errors import BadInputError, CancerganError, unknown
from cancergan.core.seeds import derive_seed
from cancergan.games.base import Game
from cancergan.recipes.loader import build_game, game_settings
from cancergan.recipes.schema import Recipe
from cancergan.training.data import CaseOrder, TrainingData
from cancergan.training.devices import start_fabric
from cancergan.training.plan import Plan, plan_training
from cancergan.training.progress import progress_bar
from cancergan.training.run import Run, TrainedOn
from cancergan.training.trainer import Trainer
from cancergan.training.validation import Validation

if TYPE_CHECKING:
    from lightning_fabric import Fabric

_FEWEST_CASES = 4
# What may change between a run and its continuation: how long, how often, and on what machine.
_MAY_CHANGE = {"steps", "minutes", "checkpoint_every", "log_every", "accelerator", "devices"}


def training_part(cohort: Cohort) -> Cohort:
    """Return the cases to train on: those of split "train" where the cohort has that column."""
    if "split" not in cohort.table:
        return cohort
    part = cohort.select("split == 'train'")
    if len(part) == 0:
        raise BadInputError('the cohort has a split column but no case of split "train".')
    return part


def validation_part(cohort: Cohort) -> Cohort | None:
    """Return the cases of split "validation", where the cohort has enough of them."""
    if "split" not in cohort.table or sum(cohort.table["split"] == "validation") < _FEWEST_CASES:
        return None
    return cohort.select("split == 'validation'")


def prepare_training(recipe: Recipe, cohort: Cohort) -> tuple[PreparedCohort, TrainedOn]:
    """Return the arrays that the recipe's game will see, and the record of where they come from.

    Raises:
        BadInputError: too few cases, or a column that the game requires is missing.
    """
    if len(cohort) < _FEWEST_CASES:
        raise BadInputError(
            f"the cohort has {len(cohort)} cases to train on; at least {_FEWEST_CASES} are needed, "
            "and some hundred for a result worth having. Add cases."
        )
    game, settings = game_settings(recipe)
    required = game.requires(settings)
    for column in required:
        cohort.require(column)
    size = recipe.image_size
    preparation = Preparation.plan(cohort, image_size=size, fit=recipe.fit)
    prepared = prepare(cohort, preparation)
    labelled = "label" in required
    counts = np.bincount(prepared.labels) if prepared.labels is not None else np.zeros(0)
    spacings = [preparation.spacing(cohort[number]) for number in range(min(len(cohort), 50))]
    trained_on = TrainedOn(
        fingerprint=cohort.fingerprint,
        cases=len(cohort),
        patients=tuple(sorted(set(patient_fingerprints(cohort)))),
        classes=tuple(prepared.classes) if labelled else (),
        prevalence=tuple(float(count / len(cohort)) for count in counts) if labelled else (),
        channels=int(prepared.images.shape[1]),
        spacing=tuple(float(value) for value in np.median(spacings, axis=0)),
        preparation=preparation,
    )
    return prepared, trained_on


def training_data(recipe: Recipe, prepared: PreparedCohort, trained_on: TrainedOn) -> TrainingData:
    """Return the prepared cases as the columns that a game reads, in the recipe's order."""
    columns: dict[str, Any] = {"image": prepared.images}
    if trained_on.classes:
        columns["label"] = prepared.labels
    labels = columns.get("label")
    order = CaseOrder(len(prepared.images), recipe.seed, recipe.training.sampling, labels)
    return TrainingData(columns, order)


def validation_of(cohort: Cohort | None, trained_on: TrainedOn) -> Validation | None:
    """Return what judges the checkpoints by a cohort's cases, prepared like the training cases.

    Raises:
        BadInputError: a single case, or a class that the training cohort does not have.
    """
    if cohort is None:
        return None
    if len(cohort) < _FEWEST_CASES:
        raise BadInputError(
            f"validation: {len(cohort)} cases; at least {_FEWEST_CASES} are needed. Add cases, or "
            "leave validation out."
        )
    images = prepare(cohort, trained_on.preparation).images
    if not trained_on.classes:
        return Validation.of(images, None)
    cohort.require("label")
    names = cohort.table["label"].astype(str)
    for name in names:
        if name not in trained_on.classes:
            raise unknown("class of the validation cases", name, trained_on.classes)
    codes = np.array([trained_on.classes.index(name) for name in names], np.int64)
    return Validation.of(images, codes)


def new_game(recipe: Recipe, trained_on: TrainedOn) -> Game:
    """Return the recipe's game with weights drawn from the recipe's seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(recipe.seed, "weights"))
        return build_game(recipe, trained_on.shape)


def plan(recipe: Recipe, cohort: Cohort) -> Plan:
    """Return what training would cost, without training."""
    prepared, trained_on = prepare_training(recipe, training_part(cohort))
    data = training_data(recipe, prepared, trained_on)
    return plan_training(new_game(recipe, trained_on), data, recipe.training)


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
        BadInputError: the folder holds something else, or the run to resume is another one.
        DivergedError: a loss stopped being a number.
    """
    fabric = start_fabric(recipe.training)
    training, held_out = training_part(cohort), validation or validation_part(cohort)
    prepared, trained_on = prepare_training(recipe, training)
    judge = validation_of(held_out, trained_on)
    if held_out is not None:
        check_disjoint({"training": training, "validation": held_out})
        trained_on = replace(trained_on, validation=held_out.fingerprint)
    run = _begin(fabric, Run(out, recipe, trained_on), resume=resume)
    data = training_data(recipe, prepared, trained_on)
    title = f"{recipe.name} on {trained_on.cases} cases"
    with progress_bar(title) as progress:
        Trainer(new_game(recipe, trained_on), data, run, fabric, progress, judge).train()
    return run


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
