"""BEGAN: the balance follows its equation, and holds both sides in it."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape, make_optimiser, move
from cancergan.games.boundary_equilibrium import BoundaryEquilibrium, BoundaryEquilibriumSettings
from cancergan.games.contract import check_game, noise_columns

SHAPE = ImageShape(1, (8, 8), ("a", "b"))
CHOICES = {
    "latent_size": 6,
    "generator": {"name": "progressive", "options": {"width": 4}},
    "discriminator": {"options": {"width": 4}},
}


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    settings = BoundaryEquilibriumSettings.model_validate({**CHOICES, **choices})
    return BoundaryEquilibrium.build(settings, shape)


@pytest.mark.parametrize("generator", ["convolutional", "skip"])
def test_with_classes_and_other_generators(generator):
    options = {"name": generator, "options": {"width": 4}}
    check_game(
        lambda shape: build(shape, conditioning="concatenate", generator=options), shapes=(SHAPE,)
    )


def test_the_balance_moves_by_its_equation_within_its_bounds():
    game = build(diversity=0.5, balance_rate=0.1)
    seen = {"error_of_real": torch.tensor(0.8), "error_of_synthetic": torch.tensor(0.1)}
    game.observe(seen)
    assert game.balance.item() == pytest.approx(0.1 * (0.5 * 0.8 - 0.1))
    for _ in range(100):
        game.observe(seen)
    assert game.balance.item() == 1.0
    for _ in range(200):
        game.observe({**seen, "error_of_synthetic": torch.tensor(0.9)})
    assert game.balance.item() == 0.0


def test_the_critic_pays_for_real_and_gains_by_synthetic_errors_times_the_balance():
    game = build()
    game.balance.fill_(0.3)
    objective = game.discriminator_objective(Batch(noise_columns(SHAPE, 8), torch_generator(0)))
    terms, seen = objective.terms, objective.observations
    assert terms["of_real"].item() == pytest.approx(seen["error_of_real"].item())
    expected = -0.3 * seen["error_of_synthetic"].item()
    assert terms["of_synthetic"].item() == pytest.approx(expected)
    convergence = seen["error_of_real"] + abs(
        0.7 * seen["error_of_real"] - seen["error_of_synthetic"]
    )
    assert seen["convergence"].item() == pytest.approx(convergence.item())


def test_the_larger_the_balance_the_worse_synthetic_images_are_reconstructed():
    errors = []
    for balance in (0.0, 1.0):
        game = build()
        game.balance.fill_(balance)
        turn, optimiser = game.turns()[0], make_optimiser(game.players["discriminator"])
        for _ in range(40):
            batch = Batch(noise_columns(SHAPE, 8), torch_generator(0))
            seen = move(game, turn, batch, optimiser).observations
        errors.append(seen["error_of_synthetic"].item())
    assert errors[1] > 1.2 * errors[0]


def test_a_class_needs_classes():
    with pytest.raises(BadInputError, match="needs at least 2 classes"):
        build(ImageShape(1, (8, 8)), conditioning="concatenate")
