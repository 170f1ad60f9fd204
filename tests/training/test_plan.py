"""The dry run counts what can be counted by hand."""

import numpy as np
import pytest
import torch

from cancergan import workflow
from cancergan.games.base import ImageShape
from cancergan.games.noise_to_image import NoiseToImage, NoiseToImageSettings
from cancergan.recipes.loader import game_settings, load_recipe, read_recipe, recipe_names
from cancergan.recipes.schema import TrainingSettings
from cancergan.training.data import CaseOrder, Drawn, TrainingData
from cancergan.training.plan import plan_training
from tests.data import blobs, narrow, with_sources

BATCH, PIXELS, WIDTH, LATENT = 4, 64, 8, 16


def test_operations_of_an_mlp_are_those_of_its_matrix_products():
    options = {"name": "mlp", "options": {"width": WIDTH}}
    settings = NoiseToImageSettings.model_validate(
        {"generator": options, "discriminator": options, "latent_size": LATENT}
    )
    torch.manual_seed(0)
    game = NoiseToImage.build(settings, ImageShape(1, (8, 8)))
    data = TrainingData((Drawn({"image": np.zeros((8, 1, 8, 8), np.float32)}, CaseOrder(8, 0)),))
    plan = plan_training(game, data, TrainingSettings(steps=10, batch_size=BATCH))
    generator = LATENT * WIDTH + WIDTH * 2 * WIDTH + 2 * WIDTH * 4 * WIDTH + 4 * WIDTH * PIXELS
    critic_first = PIXELS * 2 * WIDTH
    critic = critic_first + 2 * WIDTH * WIDTH + WIDTH
    # Critic's turn: the generator forward; the critic on real and on synthetic images forward, its
    # weights and its inputs backward, except into images. Generator's turn: generator forward,
    # weights and inputs backward, except into noise; critic forward and backward into images only.
    critics_turn = generator + 2 * (3 * critic - critic_first)
    generators_turn = 3 * generator - LATENT * WIDTH + 2 * critic
    assert plan.gigaflop * 1e9 == 2 * BATCH * (critics_turn + generators_turn)
    weights = sum(weight.numel() for weight in game.players["generator"].network.parameters())
    assert plan.parameters["generator"] == weights


def growing(steps=None, minutes=None):
    settings = {
        "image_size": 16,
        "game.generator.options.width": 4,
        "game.discriminator.options.width": 4,
        "game.rounds_fading": 10,
        "game.rounds_stable": 10,
        "training.steps": steps,
        "training.minutes": minutes,
    }
    return workflow.plan("pggan", blobs(12), **settings)


def test_a_game_that_grows_is_planned_stage_by_stage():
    plan = growing(steps=100)
    assert [stage.begins for stage in plan.stages] == [0, 10, 20, 30, 40]
    costs = [stage.gigaflop for stage in plan.stages]
    assert costs[0] < costs[1] < costs[3]
    assert costs[1] == pytest.approx(costs[2], rel=0.1)  # fading in costs a little more
    lengths = [10, 10, 10, 10, 60]
    mean = sum(cost * length for cost, length in zip(costs, lengths, strict=True)) / 100
    assert plan.gigaflop == pytest.approx(mean)
    seconds = sum(s.seconds * n for s, n in zip(plan.stages, lengths, strict=True))
    assert f"time: about {seconds / 60:.1f} minutes for 100 steps" in plan.lines()
    assert f"  from step 40: {costs[4]:.2f} GFLOP" in "\n".join(plan.lines())


def test_a_training_that_ends_early_never_pays_for_the_stages_after():
    plan = growing(steps=15)
    costs = [stage.gigaflop for stage in plan.stages]
    assert plan.gigaflop == pytest.approx((10 * costs[0] + 5 * costs[1]) / 15)


def test_minutes_are_filled_stage_by_stage():
    plan = growing(minutes=1)
    early = sum(stage.seconds * 10 for stage in plan.stages[:4])
    steps = 40 + (60 - early) / plan.stages[4].seconds
    assert 60 / plan.seconds == pytest.approx(steps)


def from_noise(recipe):
    """Say whether a recipe makes images from noise, with no budget that needs public values."""
    loaded = load_recipe(recipe)
    game, settings = game_settings(loaded)
    tables = any(view.is_table for view in loaded.data.values())
    return not (game.starts_from(settings) or tables or loaded.privacy)


@pytest.mark.parametrize("recipe", [name for name in recipe_names() if from_noise(name)])
def test_every_recipe_can_be_planned_and_leaves_nothing_behind(recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = {"image_size": 16, **narrow(recipe)}
    lines = workflow.plan(recipe, with_sources(blobs(12)), **small).lines()
    assert lines[0].startswith("data: 12 cases of 1 x 16 x 16")
    steps = read_recipe(recipe)["training"]["steps"]
    assert any(f"{steps} steps" in line for line in lines)
    assert list(tmp_path.iterdir()) == []
