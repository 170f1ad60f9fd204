"""The living table: every recipe that starts from noise says who sees and minimises what."""

import pytest

from cancergan.games import games
from cancergan.games.base import Settings
from cancergan.games.latent import LatentGame
from cancergan.recipes.catalogue import TITLES, architectures, entries, families, markdown
from cancergan.recipes.loader import load_recipe, recipe_names

TABLE = {entry.recipe: entry for entry in entries()}


def test_every_recipe_is_an_architecture_or_one_of_the_families():
    assert sorted(TABLE) == architectures()
    assert sorted([*TABLE, *(name for _, name, *_ in families())]) == recipe_names()
    lines = markdown(TITLES, [entry.cells() for entry in TABLE.values()]).splitlines()
    assert len(lines) == 2 + len(TABLE)
    assert all(line.count(" | ") == len(TITLES) - 1 for line in lines)


@pytest.mark.parametrize("name", [n for n in TABLE if issubclass(games[TABLE[n].game], LatentGame)])
def test_games_from_noise_describe_all_of_their_sides(name):
    said = TABLE[name].described
    assert len(said.inputs) >= 2
    assert said.inputs.keys() == said.losses.keys()
    assert said.task
    assert said.data.startswith("images")
    assert said.source


def test_words_follow_the_settings():
    assert "class by projection" in TABLE["cgan"].described.inputs["discriminator"]
    assert "has to name its class" in TABLE["acgan"].described.inputs["discriminator"]
    assert "gradient_penalty" in TABLE["wgan_gp"].described.losses["discriminator"]
    assert "clipped to 0.01" in TABLE["wgan"].described.losses["discriminator"]
    assert "3 of them" in TABLE["gman"].described.inputs["discriminator"]
    assert TABLE["style"].described.inputs["encoder"] == "synthetic image"
    assert "drift" in TABLE["pggan"].described.losses["discriminator"]
    conditional = load_recipe("lapgan", {"game.conditioning": "projection"}).game
    settings = games["pyramid"].schema.model_validate(
        {key: value for key, value in conditional.items() if key != "name"}
    )
    assert games["pyramid"].describe(settings).data == "images with a class"


def test_a_game_that_says_nothing_is_described_by_its_first_line_and_columns():
    class Silent(LatentGame):
        """Plays in silence.

        Reads: nothing.
        """

        @classmethod
        def requires(cls, settings):
            return ("image", "source")

    said = Silent.describe(Settings())
    assert (said.task, said.data) == ("Plays in silence.", "column image, column source")
