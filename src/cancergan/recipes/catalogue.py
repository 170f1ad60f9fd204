"""The living table: what each recipe's players see and minimise, read off the games themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cancergan.games.base import Description
from cancergan.recipes.loader import game_settings, load_recipe, recipe_names

FAMILY_TITLES = ("id", "recipe", "what it is for", "study", "source")
TITLES = ("recipe", "game", "task", "inputs", "losses", "data", "source")


@dataclass(frozen=True)
class Entry:
    """One recipe of the table: its game, its own sources, and the game in words."""

    recipe: str
    game: str
    source: str
    described: Description

    def cells(self) -> tuple[str, ...]:
        """Return the row, one text for each of ``TITLES``."""
        said = self.described
        inputs, losses = _in_one(said.inputs), _in_one(said.losses)
        return (self.recipe, self.game, said.task, inputs, losses, said.data, self.source)


def architectures() -> list[str]:
    """Return the names of the recipes that are an architecture, without an id of the families."""
    return [name for name in recipe_names() if not load_recipe(name).id]


def families() -> list[tuple[str, ...]]:
    """Return the rows of the review's families that can be run, by id: one for each recipe."""
    recipes = [load_recipe(name) for name in recipe_names()]
    return sorted(
        (recipe.id, recipe.name, recipe.title, (recipe.study or {}).get("name", ""), recipe.source)
        for recipe in recipes
        if recipe.id
    )


def entries(names: Sequence[str] | None = None) -> list[Entry]:
    """Return the recipes of those names, every architecture by default, with their games' words."""
    found = []
    for name in architectures() if names is None else names:
        recipe = load_recipe(name)
        game, settings = game_settings(recipe)
        found.append(Entry(name, recipe.game["name"], recipe.source, game.describe(settings)))
    return found


def markdown(titles: Sequence[str], table: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown, the last line without its end."""
    rows = [titles, ("---",) * len(titles), *table]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _in_one(parts: Mapping[str, str]) -> str:
    return "; ".join(f"{player}: {what}" for player, what in parts.items())
