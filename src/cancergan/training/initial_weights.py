"""Weights that training begins with instead of random ones: those of an earlier run.

A run on phantoms (digital, of nobody) teaches a game what the modality looks like before it sees
its first patient; under a privacy budget that is learnt for nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cancergan.core.errors import BadInputError
from cancergan.games.base import Game
from cancergan.recipes.schema import Recipe
from cancergan.training import checkpoints
from cancergan.training.run import Run, TrainedOn


def begin_with(recipe: Recipe, game: Game, trained_on: TrainedOn) -> TrainedOn:
    """Copy the weights of the run that ``training.weights_from`` names, if any, into the game.

    Optimisers and averages begin anew. Returns the record with that run's patients added: what the
    new run makes may show them too.

    Raises:
        BadInputError: no such run, networks or classes of another kind, weights of a federated run,
            or, of a private training, weights that are not declared public or saw its own patients.
    """
    if recipe.training.weights_from is None:
        return trained_on
    run = Run.open(Path(recipe.training.weights_from))
    if not run.has_checkpoint():
        raise BadInputError(f"{run.path}: has no checkpoint yet. Train it first.")
    if run.trained_on.sites:
        raise BadInputError(
            f"{run.path}: is a federated run, and nobody here knows whose patients its weights "
            "have seen. Begin with a run on a cohort (training.weights_from)."
        )
    if run.trained_on.classes != trained_on.classes:
        raise BadInputError(
            f"{run.path}: was trained on the classes {_listed(run.trained_on.classes)}, not "
            f"{_listed(trained_on.classes)}. Begin with a run on the same (training.weights_from)."
        )
    if recipe.privacy is not None:
        _check_public(recipe, run, trained_on)
    checkpoints.load_game(run.checkpoints, game, best=True)
    return replace(trained_on, patients=trained_on.patients + run.trained_on.patients)


def _check_public(recipe: Recipe, run: Run, trained_on: TrainedOn) -> None:
    """Refuse weights that patients have paid nothing for: a budget counts from public weights."""
    assert recipe.privacy is not None
    if "weights" not in recipe.privacy.public:
        raise BadInputError(
            f"{run.path}: its weights follow from the cases that it was trained on, and no budget "
            "pays for those. Where they are public, as phantoms are, say so: "
            "privacy.public=[weights]."
        )
    shared = set(run.trained_on.patients) & set(trained_on.patients)
    if shared:
        raise BadInputError(
            f"{run.path}: was trained on {len(shared)} patients of this cohort, outside the "
            "budget. Begin with a run on phantoms or on other cases (training.weights_from)."
        )


def _listed(classes: tuple[str, ...]) -> str:
    return ", ".join(classes) or "(none)"
