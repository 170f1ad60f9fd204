"""Latent games: synthesis is decoding, and a styled generator is walked through by its styles."""

import pytest
import torch

from cancergan.core.seeds import torch_generator
from cancergan.games.base import ImageShape, Request
from cancergan.games.latent import LatentGame, image_of, points_of, run_generator
from cancergan.networks.generators import generators
from cancergan.recipes.loader import build_game, game_settings, load_recipe, recipe_names

SHAPE = ImageShape(1, (16, 16), ("a", "b"))
SMALL = {"game.generator.options.width": 4, "game.discriminator.options.width": 4}


def game_of(name):
    return game_settings(load_recipe(name))[0]


@pytest.mark.parametrize(
    "name", [name for name in recipe_names() if issubclass(game_of(name), LatentGame)]
)
def test_synthesis_is_decoding_what_a_request_stands_for(name):
    torch.manual_seed(0)
    game = build_game(load_recipe(name, SMALL), SHAPE)
    for player in game.players.values():
        player.network.eval()
    label = torch.tensor([0, 1, 0])
    made = game.synthesise(Request(3, torch_generator(0), label))["image"]
    draws = torch_generator(0)
    latents = game.latents(Request(3, draws, label))
    assert torch.equal(game.decode(latents, label, draws), made)
    again = game.decode(latents[1:2], label[1:2], None)
    assert torch.equal(again, game.decode(latents[1:2], label[1:2], None))


@pytest.mark.parametrize("name", ["convolutional", "style"])
def test_points_and_images_are_the_two_halves_of_a_generator(name):
    torch.manual_seed(0)
    shape = {"channels": 1, "spatial": (8, 8), "classes": 2, "latent_size": 5}
    network = generators[name](**shape, width=4).eval()
    noise, label = torch.randn(2, 5), torch.tensor([0, 1])
    points = points_of(network, noise, label)
    expected = run_generator(network, noise, label, None)
    assert torch.equal(image_of(network, points, label, None), expected)
