"""Every recipe's game keeps the contract, and the contract notices games that do not."""

import pytest
import torch

from cancergan.games.base import Batch, ImageShape, Objective
from cancergan.games.contract import SHAPES, check_game, shapes_with
from cancergan.games.noise_to_image import NoiseToImage, NoiseToImageSettings
from cancergan.recipes.loader import build_game, game_settings, load_recipe, recipe_names
from tests.data import narrow

SMALL = {"width": 4}


# Games of treatment read columns that random numbers cannot stand for; their own tests check them.
OWN_COLUMNS = {"counterfactual", "dose_response", "layer_perturbation"}


def playing(name):
    """Return a recipe, narrow.

    A translator that begins as the identity stands where the cycle's error has its kink: every step
    raises it, however short. It begins elsewhere here.
    """
    options = load_recipe(name).game.get("generator", {}).get("options", {})
    begins = {"game.generator.options.residual": False} if options.get("residual") else {}
    return load_recipe(name, narrow(name) | begins)


def with_tables(shape, recipe):
    """Return a shape of the contract with those columns as tables that the recipe reads as such."""
    tables = {name for name, view in recipe.data.items() if view.is_table}
    given = {
        name: ImageShape(3, ()) if name in tables else part for name, part in shape.given.items()
    }
    if "image" in tables:
        return ImageShape(2, (), shape.classes, given)
    return ImageShape(shape.channels, shape.spatial, shape.classes, given)


@pytest.mark.parametrize(
    "name", [name for name in recipe_names() if load_recipe(name).game["name"] not in OWN_COLUMNS]
)
def test_every_recipe_plays_a_game_that_keeps_the_contract(name):
    recipe = playing(name)
    game, chosen = game_settings(recipe)
    given = {
        column: recipe.data[column].reduce if column in recipe.data else 1
        for column in game.requires(chosen)
        if column not in ("image", "label")
    }
    reads = {column: recipe.data[column].read for column in recipe.data}
    same = "source" in reads and reads["source"] == reads.get("image", "image")
    equal = recipe.game.get("identity", 0) > 0 or same or "other" in given
    shapes = shapes_with(given, equal_channels=equal) if given else SHAPES
    shapes = tuple(with_tables(shape, recipe) for shape in shapes)
    check_game(lambda shape: build_game(recipe, shape), shapes=shapes)


def settings(**choices):
    return NoiseToImageSettings.model_validate(
        {"generator": {"options": SMALL}, "discriminator": {"options": SMALL}, **choices}
    )


@pytest.mark.parametrize(
    "loss",
    ["minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic_average"],
)
@pytest.mark.parametrize("conditioning", ["none", "concatenate", "projection", "auxiliary"])
def test_loss_and_conditioning_are_independent_choices(loss, conditioning):
    shape = (ImageShape(1, (11, 8), ("a", "b")),)
    chosen = settings(loss=loss, conditioning=conditioning)
    check_game(lambda shape: NoiseToImage.build(chosen, shape), shapes=shape)


@pytest.mark.parametrize("penalty", ["gradient_penalty", "r1", "r2"])
@pytest.mark.parametrize("every", [1, 4])
def test_penalties_are_independent_choices(penalty, every):
    chosen = settings(penalty={"name": penalty, "every": every})
    shape = (ImageShape(1, (8, 8)),)
    check_game(lambda shape: NoiseToImage.build(chosen, shape), shapes=shape)


class Leaky(NoiseToImage):
    """Forgets to keep the generator out of the critic's turn, by moving it itself."""

    def discriminator_objective(self, batch: Batch) -> Objective:
        with torch.no_grad():
            for weight in self.players["generator"].network.parameters():
                weight.add_(1e-3)
        return super().discriminator_objective(batch)


class Unseeded(NoiseToImage):
    """Draws its noise from the global generator."""

    def _generate(self, batch):
        noise = torch.randn(batch.image.shape[0], self.settings.latent_size)
        return self.players["generator"].network(noise, batch.label)


class Backwards(NoiseToImage):
    """Has the generator learn to be caught, and says that it learnt the opposite."""

    calls = 0

    def generator_objective(self, batch: Batch) -> Objective:
        objective = super().generator_objective(batch)
        return Objective({"adversarial": -objective.total + 2 * objective.total.detach()})


class Unbounded(NoiseToImage):
    """Synthesises outside the range."""

    def synthesise(self, request):
        return {"image": 3 * super().synthesise(request)["image"] + 1}


@pytest.mark.parametrize(
    ("broken", "clause"),
    [
        (Leaky, "generator: True"),
        (Unseeded, "same seed"),
        (Backwards, "did not learn"),
        (Unbounded, "leave"),
    ],
)
def test_the_contract_notices(broken, clause):
    with pytest.raises(AssertionError, match=clause):
        check_game(lambda shape: broken.build(settings(), shape))
