"""Recipes are found, laid over one another and checked, and every mistake is named."""

import pytest

from cancergan.core.errors import BadInputError
from cancergan.recipes.loader import load_recipe, merged, read_recipe, recipe_names


def test_the_seven_of_the_foundation_are_there():
    assert {"gan", "dcgan", "cgan", "acgan", "lsgan", "wgan", "wgan_gp"} <= set(recipe_names())


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_whole_and_names_its_source(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.title
    assert any(
        year.isdigit() and len(year) == 4 for year in recipe.source.replace(";", " ").split()
    )


def test_dotted_and_nested_settings_say_the_same():
    dotted = load_recipe("dcgan", {"training.steps": 7, "game.loss": "hinge"})
    nested = load_recipe("dcgan", {"training": {"steps": 7}, "game": {"loss": "hinge"}})
    assert dotted == nested
    assert dotted.training.steps == 7
    assert dotted.game["loss"] == "hinge"


def test_minutes_replace_the_recipes_steps():
    assert load_recipe("dcgan", {"training.minutes": 2}).training.steps is None
    both = load_recipe("dcgan", {"training.minutes": 2, "training.steps": 9}).training
    assert (both.minutes, both.steps) == (2, 9)


def test_a_block_of_another_name_replaces_the_old_one_whole():
    below = {"network": {"name": "convolutional", "options": {"upsampling": "nearest"}}, "seed": 0}
    above = {"network": {"name": "mlp"}}
    assert merged(below, above) == {"network": {"name": "mlp"}, "seed": 0}
    same = {"network": {"name": "convolutional", "options": {"width": 8}}}
    assert merged(below, same)["network"]["options"] == {"upsampling": "nearest", "width": 8}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"training.stepz": 5}, 'unknown key "training.stepz"; did you mean "training.steps"?'),
        ({"sead": 5}, 'unknown key "sead"; did you mean "seed"?'),
        ({"game.los": "hinge"}, 'unknown key "game.los"; did you mean "game.loss"?'),
        ({"game.name": "noise_to_imag"}, 'unknown game "noise_to_imag"; did you mean'),
        ({"training.steps": 0}, "training.steps: Input should be greater than or equal to 1"),
        ({"training.batch_size": "many"}, "training.batch_size: Input should be a valid integer"),
        ({"training": 5}, "training: Input should be a valid dictionary"),
        ({"image_size": "big"}, 'recipe "dcgan": image_size: Input should be a valid integer'),
        ({"training.steps": None}, "set training.steps or training.minutes"),
    ],
)
def test_a_mistake_is_named_in_one_line(settings, says):
    with pytest.raises(BadInputError) as error:
        load_recipe("dcgan", settings)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_known_keys_of_the_same_block_are_listed():
    with pytest.raises(BadInputError, match=r"Known: .*batch_size, .*checkpoint_every, .*minutes"):
        load_recipe("dcgan", {"training.stepz": 5})


def test_unknown_recipes_and_files(tmp_path):
    with pytest.raises(BadInputError, match='unknown recipe "dcgam"; did you mean "dcgan"'):
        load_recipe("dcgam")
    with pytest.raises(BadInputError, match="no such recipe file"):
        load_recipe(tmp_path / "mine.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("title: [")
    with pytest.raises(BadInputError, match="is not YAML"):
        load_recipe(broken)


def test_a_users_recipe_may_extend_ours(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("extends: wgan_gp\ntitle: Ours\ngame: {critic_steps: 2}\n")
    recipe = load_recipe(path)
    assert (recipe.name, recipe.game["critic_steps"]) == ("mine", 2)
    assert recipe.game["penalty"] == read_recipe("wgan_gp")["game"]["penalty"]
