"""Unpaired translation: the cycle, the identity, what must survive, and the pool."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape, make_optimiser, move
from cancergan.games.contract import check_game, noise_columns, shapes_with
from cancergan.games.unpaired_translation import UnpairedTranslation, UnpairedTranslationSettings

EQUAL = ImageShape(1, (16, 16), given={"source": ImageShape(1, (16, 16))})


def settings(**choices):
    values = {
        "generator": {"name": "resnet", "options": {"width": 4, "blocks": 1}},
        "discriminator": {"name": "patch", "options": {"width": 4, "levels": 1}},
        **choices,
    }
    return UnpairedTranslationSettings.model_validate(values)


def build(shape=EQUAL, **choices):
    torch.manual_seed(0)
    return UnpairedTranslation.build(settings(**choices), shape)


@pytest.mark.parametrize(
    "choices",
    [
        {"identity": 0.0, "cycle": 0.0},
        {"consistency": {"mutual_information": 1.0, "edge_correlation": 1.0}},
        {"supervised": 5.0, "pool": 0},
        {"loss": "relativistic_average"},
        {"lesion": 2.0},
        {"local": 2.0},
    ],
)
def test_terms_are_independent_choices(choices):
    chosen = settings(**choices)
    given = {"source": 1, "source_mask": 1} if "lesion" in choices else {"source": 1}
    shapes = shapes_with(given, equal_channels=True)[:1]
    check_game(lambda shape: UnpairedTranslation.build(chosen, shape), shapes=shapes)


def test_kinds_of_different_channels_need_no_identity_term():
    chosen = settings(identity=0.0, consistency={"correlation": 1.0})
    shapes = shapes_with({"source": 1})[:1]
    check_game(lambda shape: UnpairedTranslation.build(chosen, shape), shapes=shapes)


def test_identity_translators_pay_neither_cycle_nor_identity():
    game = build(generator={"name": "resnet", "options": {"width": 4, "residual": True}})
    terms = game.generators_objective(Batch(noise_columns(EQUAL, 4), torch_generator(0))).terms
    paid = [
        terms[f"{term}_{kind}"] for term in ("cycle", "identity") for kind in ("image", "source")
    ]
    assert [term.item() for term in paid] == [0, 0, 0, 0]


def test_on_equal_domains_it_learns_the_identity():
    """Both kinds are the same blobs: what pays least is to leave them alone."""
    grid = torch.linspace(-1, 1, 16)
    game = build(generator={"name": "resnet", "options": {"width": 8, "blocks": 1}})
    optimisers = {name: make_optimiser(player) for name, player in game.players.items()}
    generator = torch_generator(0, "blobs")

    def blobs():
        centre = torch.rand(8, 2, 1, 1, generator=generator) - 0.5
        square = (grid[:, None] - centre[:, :1]) ** 2 + (grid - centre[:, 1:]) ** 2
        return 2 * torch.exp(-8 * square) - 1

    def error():
        image = blobs()
        with torch.no_grad():
            made = game.players["generators"].network["there"](image)
        return (made - image).abs().mean().item()

    before = error()
    for number in range(60):
        for turn in game.turns():
            batch = Batch({"image": blobs(), "source": blobs()}, torch_generator(0, number))
            move(game, turn, batch, optimisers[turn.player])
    assert error() < before / 3


def test_the_lesion_weighs_by_its_own_size():
    given = {name: ImageShape(1, (16, 16)) for name in ("source", "source_mask")}
    shape = ImageShape(1, (16, 16), given=given)
    game = build(shape, lesion=3.0, cycle=2.0)
    columns = noise_columns(shape, 2)
    columns["source_mask"] = -torch.ones(2, 1, 16, 16)
    columns["source_mask"][0, :, 4:6, 4:6] = 1
    terms = game.generators_objective(Batch(columns, torch_generator(0))).terms
    network = game.players["generators"].network
    again = network["back"](network["there"](columns["source"]))
    error = (again - columns["source"]).abs()[0, 0, 4:6, 4:6].mean()
    assert terms["lesion"].item() == pytest.approx(2.0 * 3.0 * error.item(), rel=1e-4)


@pytest.mark.parametrize(
    ("shape", "choices", "message"),
    [
        (ImageShape(1, (16, 16)), {}, "needs a source"),
        (ImageShape(1, (16, 16), given={"source": ImageShape(1, (8, 8))}), {}, "reduce=1"),
        (ImageShape(1, (16, 16), given={"source": ImageShape(3, (16, 16))}), {}, "game.identity=0"),
        (EQUAL, {"consistency": {"edges": 1.0}}, 'unknown similarity "edges"'),
    ],
)
def test_contradictions_are_refused(shape, choices, message):
    with pytest.raises(BadInputError, match=message):
        build(shape, **choices)
