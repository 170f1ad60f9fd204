"""A game that grows: its stages follow the rounds, and it remembers how far it is."""

import pytest
import torch

from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape, Request
from cancergan.games.contract import check_game, noise_columns
from cancergan.games.progressive import Progressive, ProgressiveSettings

SHAPE = ImageShape(1, (16, 16), ("a", "b"))
CHOICES = {
    "rounds_fading": 4,
    "rounds_stable": 2,
    "latent_size": 6,
    "generator": {"options": {"width": 4}},
    "discriminator": {"options": {"width": 4}},
}


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    return Progressive.build(ProgressiveSettings.model_validate({**CHOICES, **choices}), shape)


def test_it_grows_by_rounds():
    game = build()
    stages = []
    for _ in range(15):
        stages.append(game.stage)
        game.observe({})
    fade = [0.25, 0.5, 0.75, 1.0]
    assert stages == [0, 0, *fade, 1, 1, *(1 + part for part in fade), 2, 2, 2]
    assert game.stages() == (0, 2, 6, 8, 12)


@pytest.mark.parametrize("conditioning", ["none", "concatenate", "projection", "auxiliary"])
def test_it_keeps_the_contract_at_every_stage(conditioning):
    check_game(lambda shape: build(shape, conditioning=conditioning), shapes=(SHAPE,))


@pytest.mark.parametrize("loss", ["non_saturating", "relativistic_average"])
def test_other_losses_and_augmentation(loss):
    choices = {"loss": loss, "penalty": {"name": "r1", "every": 4},
               "augmentation": {"operations": ["brightness"]}}  # fmt: skip
    check_game(lambda shape: build(shape, **choices), shapes=(SHAPE,))


def test_images_are_whole_at_every_stage_and_coarse_at_first():
    game = build()
    request = Request(2, torch_generator(0), None)
    image = game.synthesise(request)["image"]
    assert image.shape == (2, 1, 16, 16)
    blocks = image.unfold(2, 4, 4).unfold(3, 4, 4)
    assert (blocks == blocks[..., :1, :1]).all()  # 4 x 4 pixels, each repeated


def test_what_it_remembers_brings_it_back():
    game, other = build(), build()
    game.go_to(9)
    for name, value in game.memory().items():
        other.memory()[name].copy_(value)
    assert other.stage == game.stage == 1.5


def test_a_round_costs_what_its_size_costs():
    """Networks see images of the stage's size, not enlarged ones."""
    game = build()
    batch = Batch(noise_columns(SHAPE, 4), torch_generator(0))
    sizes = []
    for rounds in game.stages():
        game.go_to(rounds)
        sizes.append((tuple(game._real(batch).shape[2:]), tuple(game._generate(batch).shape[2:])))
    assert sizes == [((n, n), (n, n)) for n in (4, 8, 8, 16, 16)]


def test_drift_is_the_mean_squared_score_of_real_images():
    game = build(drift=0.5)
    batch = Batch(noise_columns(SHAPE, 4), torch_generator(0))
    score = game.players["discriminator"].network(game._real(batch), None, 0.0).score
    drift = game.discriminator_objective(batch).terms["drift"]
    assert drift.item() == pytest.approx(0.5 * score.square().mean().item(), rel=1e-5)


def test_data_too_small_to_grow_is_played_at_one_size():
    game = build(ImageShape(1, (5, 6)))
    game.go_to(1000)
    assert game.stage == 0
    assert game.stages() == (0,)
