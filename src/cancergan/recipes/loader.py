"""Find a recipe by name or path, lay the user's settings over it, and check the whole."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cancergan.core.errors import BadInputError, unknown
from cancergan.core.validation import validated
from cancergan.recipes.schema import Recipe

if TYPE_CHECKING:
    from cancergan.games.base import Game, ImageShape, Settings

_FOLDER = Path(__file__).parent


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with the library."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def read_recipe(recipe: str | Path) -> dict[str, Any]:
    """Return a recipe's values as written, those of the recipe it extends below them.

    Raises:
        BadInputError: no such recipe, or a file that is not a YAML mapping.
    """
    path = _find(str(recipe))
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = " ".join(str(error).split())
        raise BadInputError(f"{path}: is not YAML ({line}). Mend the file.") from None
    if not isinstance(values, dict):
        raise BadInputError(f"{path}: is not a recipe: expected keys such as game and training.")
    values.setdefault("name", path.stem)
    base = values.pop("extends", None)
    if base is None:
        return values
    below = read_recipe(base)
    below.pop("id", None)  # the number is that of the recipe which has it, not of its variants
    return merged(below, values)


def load_recipe(recipe: str | Path, settings: Mapping[str, Any] | None = None) -> Recipe:
    """Return the recipe with ``settings`` laid over it: dotted keys or nested mappings alike.

    Raises:
        BadInputError: an unknown recipe or key, or a value outside its range.
    """
    wanted: dict[str, Any] = {}
    for key, value in (settings or {}).items():
        wanted = merged(wanted, _nested(key, value))
    values = merged(read_recipe(recipe), wanted)
    length = wanted.get("training", {})
    if isinstance(length, Mapping) and "minutes" in length and "steps" not in length:
        values["training"].pop("steps", None)  # who asks for minutes means those minutes
    return resolve(values)


def laid_over(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """Return a resolved recipe with ``settings`` laid over it: dotted keys or nested mappings.

    Raises:
        BadInputError: an unknown key, or a value outside its range.
    """
    values = recipe.model_dump(mode="json")
    for key, value in settings.items():
        values = merged(values, _nested(key, value))
    return resolve(values)


def resolve(values: Mapping[str, Any]) -> Recipe:
    """Return the checked recipe, its game's own settings included."""
    where = f'recipe "{values.get("name", "?")}"'
    recipe = validated(Recipe, values, where=where)
    game_settings(recipe)
    return recipe


def game_settings(recipe: Recipe) -> tuple[type[Game], Settings]:
    """Return the recipe's game and that game's settings.

    Raises:
        BadInputError: the game or one of its keys is unknown.
    """
    from cancergan.games import games

    block = dict(recipe.game)
    where = f'recipe "{recipe.name}"'
    if "name" not in block:
        raise BadInputError(f"{where}: game.name is missing. Known: {', '.join(games)}.")
    game = games[str(block.pop("name"))]
    return game, validated(game.schema, block, where=where, prefix="game.")


def build_game(recipe: Recipe, shape: ImageShape) -> Game:
    """Return the recipe's game for data of one shape."""
    game, settings = game_settings(recipe)
    return game.build(settings, shape)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``below`` with ``above`` laid over it, mapping by mapping.

    A block that names another thing (game, network, optimiser) replaces the block below it whole,
    since the options of the one mean nothing to the other.
    """
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        if not isinstance(old, Mapping) or not isinstance(value, Mapping):
            result[key] = value
        elif "name" in value and value["name"] != old.get("name", value["name"]):
            result[key] = dict(value)
        else:
            result[key] = merged(old, value)
    return result


def _nested(key: str, value: Any) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return dict(value)


def _find(recipe: str) -> Path:
    if recipe.endswith((".yaml", ".yml")):
        path = Path(recipe)
        if not path.is_file():
            raise BadInputError(f"{path}: no such recipe file. Check the path.")
        return path
    name = _names_by_id().get(recipe, recipe)
    if name not in recipe_names():
        raise unknown("recipe", recipe, recipe_names())
    return _FOLDER / f"{name}.yaml"


@cache
def _names_by_id() -> dict[str, str]:
    """Return the recipes' names by their number in the review's families ("R14")."""
    names = {}
    for path in _FOLDER.glob("*.yaml"):
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        if "id" in values:
            names[str(values["id"])] = path.stem
    return names
