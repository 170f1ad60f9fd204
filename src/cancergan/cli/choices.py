"""``cancergan recipes`` and ``cancergan games``: what there is to choose from."""

from __future__ import annotations

from typing import Annotated

import typer

recipes_app = typer.Typer(help="The recipes that come with the library.", no_args_is_help=True)
games_app = typer.Typer(help="The games that recipes play.", no_args_is_help=True)


@recipes_app.command("list")
def recipes_list(
    table: Annotated[
        bool, typer.Option("--table", help="Print inputs, losses, data and sources, as Markdown.")
    ] = False,
    families: Annotated[
        bool, typer.Option("--families", help="Print those of the review's families, as Markdown.")
    ] = False,
) -> None:
    """List the recipes: id, name, title, source; or all that their games say of themselves.

    A recipe with an id of the review's families (R01 to R59) can be run as well as trained.
    """
    if table or families:
        from cancergan.recipes import catalogue

        cells = [entry.cells() for entry in catalogue.entries()] if table else catalogue.families()
        print(catalogue.markdown(catalogue.TITLES if table else catalogue.FAMILY_TITLES, cells))
        return
    from cancergan.recipes.loader import read_recipe, recipe_names

    for name in recipe_names():
        recipe = read_recipe(name)
        print(f"{recipe.get('id', ''):4} {name:32} {recipe['title']}  [{recipe['source']}]")


@recipes_app.command("show")
def recipes_show(name: str) -> None:
    """Print a recipe, resolved: what it extends is filled in."""
    import yaml

    from cancergan.recipes.loader import read_recipe

    print(yaml.safe_dump(read_recipe(name), sort_keys=False), end="")


@games_app.command("list")
def games_list() -> None:
    """List the games: name, what each is, and the recipes that play it."""
    from cancergan.games import games
    from cancergan.recipes.catalogue import entries
    from cancergan.recipes.loader import recipe_names

    table = entries(recipe_names())
    for name, game in games.items():
        print(f"{name:24} {(game.__doc__ or '').splitlines()[0]}")
        playing = [entry.recipe for entry in table if entry.game == name]
        print(f"{'':24} recipes: {', '.join(playing) or 'none'}")


@games_app.command("show")
def games_show(name: Annotated[str, typer.Argument(help="A game's name.")]) -> None:
    """Print what a game's players see and minimise, the data it needs, its source and settings."""
    import inspect

    from cancergan.games import games
    from cancergan.recipes.catalogue import entries
    from cancergan.recipes.loader import recipe_names

    game = games[name]
    print(inspect.getdoc(game))
    for entry in entries(recipe_names()):
        if entry.game != name:
            continue
        said = entry.described
        print(f"\nrecipe {entry.recipe}: {said.task}")
        for player in sorted({*said.inputs, *said.losses}):
            print(f"  {player} sees: {said.inputs.get(player, '-')}")
            print(f"  {player} minimises: {said.losses.get(player, '-')}")
        print(f"  data: {said.data}")
        print(f"  source: {entry.source}")
    print(f"\nsettings: {', '.join(game.schema.model_fields)}")
