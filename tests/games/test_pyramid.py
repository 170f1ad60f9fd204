"""LAPGAN: levels from coarse to fine, each upon the size below."""

import pytest
import torch
from torch import nn

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape, Request
from cancergan.games.contract import check_game, noise_columns
from cancergan.games.pyramid import Pyramid, PyramidSettings

SHAPE = ImageShape(2, (16, 17), ("a", "b"))
CHOICES = {
    "latent_size": 6,
    "painter_width": 4,
    "smallest": 4,
    "generator": {"options": {"width": 4}},
    "discriminator": {"options": {"width": 4}},
}


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    return Pyramid.build(PyramidSettings.model_validate({**CHOICES, **choices}), shape)


@pytest.mark.parametrize("conditioning", ["concatenate", "projection"])
def test_with_classes_and_three_levels(conditioning):
    choices = {"conditioning": conditioning, "penalty": {"name": "r1", "every": 4}}
    check_game(lambda shape: build(shape, **choices), shapes=(SHAPE,))


def test_a_volume_of_two_levels():
    check_game(build, shapes=(ImageShape(1, (8, 9, 10)),))


def test_levels_play_coarsest_first():
    turns = [turn.player for turn in build().turns()]
    assert turns == [
        f"{who}_{level}" for level in range(3) for who in ("discriminator", "generator")
    ]


def test_only_the_coarsest_generator_never_touches_real_images():
    players = build().players
    assert [players[f"generator_{level}"].touches_real for level in range(3)] == [False, True, True]


def test_a_painter_that_paints_nothing_leaves_the_image_below_enlarged():
    game = build()
    for level in (1, 2):
        last = game.players[f"generator_{level}"].network.layers[-1]
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
    latents = game.latents(Request(2, torch_generator(0), None))
    image = game.decode(latents, None, None)
    base = game.players["generator_0"].network(latents[:, :6])
    middle = nn.functional.interpolate(base, size=(8, 9), mode="bilinear")
    expected = nn.functional.interpolate(middle, size=(16, 17), mode="bilinear")
    torch.testing.assert_close(image, expected)


def test_a_level_is_judged_upon_the_same_coarse_image_on_both_sides():
    game = build()
    batch = Batch(noise_columns(SHAPE, 4), torch_generator(0))
    real, fake = game._real(batch, 2), game._augmented_fake(batch, 2)
    assert real.shape == fake.shape == (4, 4, 16, 17)
    torch.testing.assert_close(real[:, 2:], fake[:, 2:])
    torch.testing.assert_close(real[:, :2], batch.image)


def test_a_class_needs_classes():
    with pytest.raises(BadInputError, match="needs at least 2 classes"):
        build(ImageShape(1, (8, 8)), conditioning="projection")
