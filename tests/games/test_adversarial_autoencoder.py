"""Adversarial autoencoder: one player of two parts, judged by its latents."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.adversarial_autoencoder import (
    AdversarialAutoencoder,
    AdversarialAutoencoderSettings,
)
from cancergan.games.base import Batch, ImageShape, make_optimiser, move
from cancergan.games.contract import check_game, noise_columns

SHAPE = ImageShape(1, (8, 8), ("a", "b"))
CHOICES = {
    "latent_size": 4,
    "encoder": {"options": {"width": 4}},
    "generator": {"options": {"width": 4}},
    "discriminator": {"name": "mlp", "options": {"width": 8}},
}


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    settings = AdversarialAutoencoderSettings.model_validate({**CHOICES, **choices})
    return AdversarialAutoencoder.build(settings, shape)


@pytest.mark.parametrize("loss", ["least_squares", "hinge"])
def test_with_classes_and_other_losses(loss):
    check_game(lambda shape: build(shape, conditioning="concatenate", loss=loss), shapes=(SHAPE,))


def test_noise_plays_the_part_of_the_real():
    """A discriminator sure of noise is paid for it; scored the other way round it is not."""
    game = build()
    batch = Batch(noise_columns(SHAPE, 8), torch_generator(0))
    with torch.no_grad():
        head = game.players["discriminator"].network.verdict.score
        head.weight.zero_()
        head.bias.fill_(5.0)  # takes everything for noise
    objective = game.autoencoder_objective(batch)
    assert objective.terms["adversarial"].item() < 1e-3
    game.players["discriminator"].network.verdict.score.bias.data.fill_(-5.0)
    assert game.autoencoder_objective(batch).terms["adversarial"].item() > 0.05


def test_playing_brings_latents_to_noise_and_images_back():
    wide = {"options": {"width": 8}}
    fast = {"learning_rate": 2e-3, "betas": (0.5, 0.999)}
    judge = {"name": "mlp", "options": {"width": 32}}
    optimisers = {"generator_optimiser": fast, "discriminator_optimiser": fast}
    networks = {"encoder": wide, "generator": wide, "discriminator": judge}
    game = build(latent_size=2, adversarial_weight=0.1, **networks, **optimisers)
    steps = torch.linspace(-0.9, 0.9, 16).view(-1, 1, 1, 1).expand(-1, 1, 8, 8)
    columns = {"image": steps.contiguous()}
    optimisers = {name: make_optimiser(player) for name, player in game.players.items()}
    for number in range(1000):
        for place, turn in enumerate(game.turns()):
            batch = Batch(columns, torch_generator(number, place))
            objective = move(game, turn, batch, optimisers[turn.player])
    assert objective.terms["reconstruction"].item() < 0.05  # of 0.3, the images' variance
    code = game.encode(columns["image"], None)
    assert code.mean(dim=0).abs().max() < 0.6
    assert 0.5 < code.std(dim=0).square().mean().sqrt() < 1.6


def test_a_class_needs_classes():
    with pytest.raises(BadInputError, match="needs at least 2 classes"):
        build(ImageShape(1, (8, 8)), conditioning="concatenate")
