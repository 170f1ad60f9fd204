"""The dry run counts what can be counted by hand."""

import numpy as np
import pytest
import torch

from cancergan import workflow
from cancergan.games.base import ImageShape
from cancergan.games.noise_to_image import NoiseToImage, NoiseToImageSettings
from cancergan.recipes.loader import read_recipe, recipe_names
from cancergan.recipes.schema import TrainingSettings
from cancergan.training.data import CaseOrder, Drawn, TrainingData
from cancergan.training.plan import plan_training
from tests.data import blobs

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


@pytest.mark.parametrize("recipe", recipe_names())
def test_every_recipe_can_be_planned_and_leaves_nothing_behind(recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = {"image_size": 16, "game.generator.options.width": 4,
             "game.discriminator.options.width": 4}  # fmt: skip
    lines = workflow.plan(recipe, blobs(12), **small).lines()
    assert lines[0].startswith("data: 12 cases of 1 x 16 x 16")
    steps = read_recipe(recipe)["training"]["steps"]
    assert any(f"{steps} steps" in line for line in lines)
    assert list(tmp_path.iterdir()) == []
