"""The game of shaken records: the contract, what noise does, what training is recorded."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape, make_optimiser, move
from cancergan.games.contract import check_game
from cancergan.games.layer_perturbation import LayerPerturbation, LayerPerturbationSettings

CLASSES = ("benign", "malignant")
RECORDS = ImageShape(5, (), CLASSES, {"source": ImageShape(5, ())})


def same_twice(shape, cases):
    """Return records that are image and source at once, as in a cohort."""
    drawn = torch.rand(cases, shape.channels, generator=torch_generator(0, "records")) * 2 - 1
    return {"image": drawn, "source": drawn.clone(), "label": (drawn[:, 0] > 0).long()}


@pytest.mark.parametrize("wanted", [{}, {"likeness": 0, "identifiability": 2.0, "loss": "hinge"}])
def test_contract(wanted):
    settings = LayerPerturbationSettings(**wanted)
    check_game(
        lambda shape: LayerPerturbation.build(settings, shape), shapes=(RECORDS,),
        columns=same_twice,
    )  # fmt: skip


def played(rounds, **wanted):
    torch.manual_seed(0)
    game = LayerPerturbation.build(LayerPerturbationSettings(**wanted), RECORDS)
    optimisers = {name: make_optimiser(player) for name, player in game.players.items()}
    columns = same_twice(RECORDS, 64)
    for number in range(rounds):
        for turn in game.turns():
            batch = Batch(columns, torch_generator(0, turn.player, number))
            move(game, turn, batch, optimisers[turn.player])
        game.observe({})
    return game, columns["source"]


def distance(game, source, noise):
    made = game.perturbed(source, noise, torch_generator(0, "noise"))
    return float((made - source).square().mean())


def test_layers_are_shaken_by_what_they_moved_in_training():
    game, source = played(60)
    assert all(value > 0 for name, value in game.memory().items() if name.startswith("variance"))
    still, shaken, wild = (distance(game, source, noise) for noise in (0.0, 3.0, 30.0))
    assert still < shaken < wild


def test_nothing_is_shaken_before_anything_was_learnt():
    game, source = played(0)
    assert distance(game, source, 0.0) == distance(game, source, 100.0)


def test_each_record_is_shaken_for_itself():
    """Two equal records come out different, and without noise or latents equal to the network."""
    game, source = played(20)
    twice = source[:1].repeat(2, 1)
    made = game.perturbed(twice, 20.0, torch_generator(1, "noise"))
    assert not torch.allclose(made[0], made[1], atol=1e-3)
    generator = torch_generator(2, "noise")
    beside = torch.randn(64, game.settings.latent_size, generator=torch_generator(2, "noise"))
    expected = game.players["generator"].best(source, beside)
    assert torch.allclose(game.perturbed(source, 0.0, generator), expected, atol=1e-5)


def test_identifiability_pays_for_distance():
    near, source = played(80, likeness=5.0)
    far, _ = played(80, likeness=0.0, identifiability=5.0)
    assert distance(far, source, 0.0) > 3 * distance(near, source, 0.0)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (ImageShape(1, (8, 8), CLASSES, {"source": ImageShape(1, (8, 8))}), "reads records twice"),
        (ImageShape(5, (), CLASSES, {"source": ImageShape(4, ())}), "same attributes"),
        (ImageShape(5, (), (), {"source": ImageShape(5, ())}), "needs 2"),
    ],
)
def test_what_does_not_fit_is_named(shape, said):
    with pytest.raises(BadInputError, match=said):
        LayerPerturbation.build(LayerPerturbationSettings(), shape)
