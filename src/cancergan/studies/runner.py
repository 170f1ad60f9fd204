"""Run the study that a recipe names on a cohort, or say what it would cost and what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.provenance import environment
from cancergan.core.validation import validated
from cancergan.recipes.loader import game_settings, load_recipe, recipe_names
from cancergan.recipes.schema import Recipe
from cancergan.studies import page
from cancergan.studies.base import Method, Study, studies
from cancergan.studies.bench import PARTS, Bench, divided
from cancergan.studies.evidence import Evidence


@dataclass(frozen=True)
class Proposal:
    """What a study would do: its recipe, its cohort by parts, its methods, its seeds."""

    recipe: Recipe
    parts: Mapping[str, Cohort]
    methods: Sequence[Method]
    seeds: Sequence[int]
    reads: Sequence[str]

    def lines(self) -> list[str]:
        """Return the proposal in words, one line a fact."""
        counts = ", ".join(f"{len(self.parts[part])} {part}" for part in PARTS)
        trainings = sum(method.trainings for method in self.methods) * len(self.seeds)
        length = self.recipe.training
        steps = f"{length.minutes} minutes" if length.steps is None else f"{length.steps} steps"
        said = [f"{self.recipe.name}: {self.recipe.title} [{self.recipe.source}]"]
        said.append(f"reads {', '.join(self.reads)}; cases: {counts}")
        for method in self.methods:
            role = "baseline" if method.baseline else "method"
            said.append(f"{role} {method.name}: {method.words}")
        said.append(f"{len(self.seeds)} seeds, {trainings} trainings of about {steps}")
        return said


def study_of(recipe: Recipe) -> Study[Any]:
    """Return the study that a recipe names.

    Raises:
        BadInputError: it names none, an unknown one, or a setting that the study does not have.
    """
    if recipe.study is None:
        raise BadInputError(
            f'recipe "{recipe.name}" names no study; it can be trained (cancergan train), not run. '
            f"Recipes that can be run: {', '.join(runnable())}."
        )
    block = dict(recipe.study)
    kind = studies[str(block.pop("name", ""))]
    where = f'recipe "{recipe.name}"'
    return kind(validated(kind.schema, block, where=where, prefix="study."))


def runnable() -> list[str]:
    """Return the names of the recipes that come with the library and name a study."""
    return [name for name in recipe_names() if load_recipe(name).study is not None]


def reads(recipe: Recipe) -> tuple[str, ...]:
    """Return the cohort's columns that a study of the recipe needs, its game's among them."""
    game, settings = game_settings(recipe)
    may_lack = game.may_lack(settings)
    flat: list[str] = []
    for name in game.requires(settings):
        if name not in may_lack:
            flat += recipe.data[name].columns if name in recipe.data else (name,)
    study = study_of(recipe)
    there = [part for part in flat if part not in study.makes()]
    return tuple(dict.fromkeys((*there, *study.requires(recipe))))


def propose(recipe: Recipe, cohort: Cohort | None, seeds: Sequence[int]) -> Proposal:
    """Return what would be run, having checked that the cohort holds what the study reads.

    Without a cohort the recipe's example is drawn, a phantom whose truth is known.

    Raises:
        BadInputError: a column is missing (says which, and which recipes could be run instead), or
            there is neither a cohort nor an example.
    """
    wanted = reads(recipe)
    cases = _example(recipe) if cohort is None else cohort
    lacking = _lacking(cases, wanted)
    if lacking:
        others = [name for name in runnable() if not _lacking(cases, reads(load_recipe(name)))]
        hint = f"It could run: {', '.join(others)}." if others else "No recipe can do without."
        raise BadInputError(
            f'{cases.origin}: recipe "{recipe.name}" reads {", ".join(wanted)}, and the cohort has '
            f"no {' and no '.join(lacking)}. {hint}"
        )
    parts = divided(cases, seed=recipe.seed)
    return Proposal(recipe, parts, study_of(recipe).methods(recipe), tuple(seeds), wanted)


def run(
    proposal: Proposal, out: Path, *, command: str = "", say: Callable[[str], None] = print
) -> Evidence:
    """Run a proposed study into a folder and write its page; goes on where it was interrupted."""
    recipe, parts = proposal.recipe, proposal.parts
    bench = Bench(
        recipe, parts["train"], parts["validation"], parts["test"],
        tuple(proposal.seeds), out, say,
    )  # fmt: skip
    found = study_of(recipe).run(bench)
    evidence = replace(found, record=_record(proposal, command))
    page.save(evidence, bench.pictures, out)
    return evidence


def _example(recipe: Recipe) -> Cohort:
    from cancergan.cohort.phantoms import phantom

    if recipe.example is None:
        raise BadInputError(
            f'recipe "{recipe.name}" has no example to run on. Name real cases with --cohort.'
        )
    options = dict(recipe.example)
    name, cases = str(options.pop("phantom")), int(options.pop("cases", 80))
    return phantom(name, cases, seed=recipe.seed, **options)


def _lacking(cohort: Cohort, columns: Sequence[str]) -> list[str]:
    missing = []
    for column in columns:
        try:
            cohort.require(column)
        except BadInputError:
            missing.append(column)
    return missing


def _record(proposal: Proposal, command: str) -> dict[str, Any]:
    recipe, parts = proposal.recipe, proposal.parts
    return {
        "recipe": recipe.name,
        "id": recipe.id,
        "title": recipe.title,
        "source": recipe.source,
        "origin": Path(parts["test"].origin).name,
        "cases": {part: len(parts[part]) for part in PARTS},
        "patients": {part: int(parts[part].table["patient_id"].nunique()) for part in PARTS},
        "fingerprints": {part: parts[part].fingerprint for part in PARTS},
        "seeds": list(proposal.seeds),
        "settings": recipe.model_dump(mode="json"),
        "environment": environment(),
        "command": command,
    }
