"""What there is to choose from, printed."""

import sys

import pytest

from cancergan.cli import main as cli
from cancergan.games import games
from cancergan.recipes.catalogue import architectures


@pytest.fixture
def printed(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["cancergan", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        return capsys.readouterr().out

    return run


def test_games_are_listed_with_their_recipes(printed):
    text = printed("games", "list")
    assert all(f"{name} " in text for name in games)
    assert "recipes: pggan" in text


@pytest.mark.parametrize("name", sorted(games))
def test_every_game_is_shown(printed, name):
    text = printed("games", "show", name)
    assert games[name].__doc__.splitlines()[0] in text
    assert "settings: " in text
    assert "recipe " in text


def test_a_game_shows_what_its_players_see_and_minimise(printed):
    text = printed("games", "show", "boundary_equilibrium")
    assert "discriminator sees: image (reconstructs it)" in text
    assert "generator minimises: reconstruction error of synthetic images" in text
    assert "source: Berthelot" in text


def test_the_table_has_all_recipes(printed):
    lines = printed("recipes", "list", "--table").splitlines()
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines[2:]] == architectures()
