"""Domain adaptation: the contract, what each player is told, and what does not fit."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape
from cancergan.games.contract import check_game, noise_columns, shapes_with
from cancergan.games.domain_adaptation import DomainAdaptation, DomainAdaptationSettings

ONE = ImageShape(1, (16, 16))
SHAPE = ImageShape(1, (16, 16), given={"source": ONE, "other": ONE})


def settings(**choices):
    narrow = {"options": {"width": 4}}
    small = {
        "segmenter": {"name": "unet", **narrow},
        "discriminator": {"name": "patch", **narrow},
        "translation": {
            "generator": {"name": "resnet", "options": {"width": 4, "blocks": 1}},
            "discriminator": {"name": "patch", **narrow},
            "pool": 2,
        },
    }
    return DomainAdaptationSettings.model_validate({**small, **choices})


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    return DomainAdaptation.build(settings(**choices), shape)


@pytest.mark.parametrize(
    ("choices", "shape"),
    [
        ({"outputs": 0.1}, 0),
        ({"translated": 0.0, "outputs": 0.1}, 2),
        ({"tumour": 0.0}, 1),
    ],
)
def test_choices_are_independent(choices, shape):
    shapes = shapes_with({"source": 1, "other": 1})[shape : shape + 1]
    check_game(lambda shape: DomainAdaptation.build(settings(**choices), shape), shapes=shapes)


def test_source_only_has_one_player():
    game = build(translated=0.0)
    assert list(game.players) == ["segmenter"]
    batch = Batch(noise_columns(SHAPE, 4), torch_generator(0))
    assert set(game.segmenter_objective(batch).terms) == {"untranslated"}


def test_the_translators_hear_of_lost_labels_and_the_segmenter_never_moves_them():
    game = build()
    batch = Batch(noise_columns(SHAPE, 4), torch_generator(0))
    terms = game.generators_objective(batch).terms
    assert {"tumour", "cycle_image", "adversarial_image"} <= set(terms)
    back = game.players["generators"].network["back"]
    there = game.players["generators"].network["there"]
    terms["tumour"].backward()
    assert all(weight.grad is None for weight in back.parameters())
    assert any(weight.grad is not None for weight in there.parameters())
    there.zero_grad()
    game.segmenter_objective(batch).total.backward()
    assert all(weight.grad is None for weight in there.parameters())


@pytest.mark.parametrize(
    ("shape", "choices", "message"),
    [
        (ONE, {}, "say where each comes from"),
        (
            ImageShape(1, (16, 16), given={"source": ONE, "other": ImageShape(1, (8, 8))}),
            {},
            "must have one size",
        ),
        (
            ImageShape(1, (16, 16), given={"source": ONE, "other": ImageShape(3, (16, 16))}),
            {},
            "one segmenter cannot read both",
        ),
        (SHAPE, {"translated": 0.0, "untranslated": 0.0}, "nothing to learn from"),
        (SHAPE, {"outputs": 1.0, "loss": "relativistic_average"}, "compares pairs"),
    ],
)
def test_what_does_not_fit_is_refused(shape, choices, message):
    with pytest.raises(BadInputError, match=message):
        build(shape, **choices)
