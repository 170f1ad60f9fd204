"""Recipes of the review, beside their baselines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cancergan.core.errors import BadInputError
from cancergan.workflow.opening import Place, open_cohort

if TYPE_CHECKING:
    from cancergan.cohort import Cohort
    from cancergan.studies.evidence import Evidence
    from cancergan.studies.runner import Proposal


def run_study(
    recipe: Place,
    cohort: Cohort | Place | None,
    out: Place,
    *,
    seeds: int = 3,
    say: Callable[[str], None] = print,
    command: str = "",
    **settings: Any,
) -> Evidence:
    """Run the study that a recipe names: train it and its baselines, and compare on held-out cases.

    Args:
        recipe: a recipe's name, its number in the review's families ("R14"), or a YAML file.
        cohort: real cases, divided by their ``split`` column or by patient; None draws the
            recipe's example, a phantom.
        out: folder for runs, ``evidence.json``, ``table.md`` and ``index.html``; an interrupted
            study goes on there.
        seeds: how many trainings of every method.
        say: prints a line of progress.
        command: what to quote on the page as the way to repeat it.
        **settings: recipe settings, as for ``train``.

    Raises:
        BadInputError: the recipe names no study, or the cohort lacks what it reads.
    """
    from cancergan.studies import runner

    return runner.run(
        propose_study(recipe, cohort, seeds=seeds, **settings), Path(out), command=command, say=say
    )


def propose_study(
    recipe: Place, cohort: Cohort | Place | None = None, *, seeds: int = 3, **settings: Any
) -> Proposal:
    """Return what ``run_study`` would do, having checked the cohort, without training."""
    from cancergan.recipes.loader import load_recipe
    from cancergan.studies import runner

    if seeds < 1:
        raise BadInputError(f"{seeds} seeds: give at least 1.")
    cases = None if cohort is None else open_cohort(cohort)
    return runner.propose(load_recipe(recipe, settings), cases, range(seeds))
