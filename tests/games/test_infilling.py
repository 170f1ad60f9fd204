"""Infilling: holes are filled and nothing else changes; errors count where they are said to."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape, Request
from cancergan.games.contract import check_game, noise_columns, shapes_with
from cancergan.games.infilling import Infilling, InfillingSettings
from cancergan.losses.regions import error_inside, random_boxes, widened

SHAPE = ImageShape(
    1, (16, 16), ("a", "b"), {"source": ImageShape(1, (16, 16)), "region": ImageShape(2, (16, 16))}
)


def settings(**choices):
    small = {
        "generator": {"name": "unet", "options": {"width": 4}},
        "discriminator": {"name": "patch", "options": {"width": 4}},
    }
    return InfillingSettings.model_validate({**small, **choices})


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    return Infilling.build(settings(**choices), shape)


def columns(cases=4):
    drawn = noise_columns(SHAPE, cases)
    region = -torch.ones(cases, 2, 16, 16)
    region[:, 0, 4:8, 6:9] = 1
    return {**drawn, "image": drawn["source"], "region": region}


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"adversarial_weight": 0.0},
        {"holes": "random", "context": 1.0},
        {"conditioning": "label", "noise": 3, "margin": 1},
        {"loss": "relativistic_average", "inside": 0.0, "border": 0.0},
    ],
)
def test_choices_are_independent_in_two_and_three_dimensions(choices):
    shapes = shapes_with({"source": 1, "region": 1}, equal_channels=True)
    check_game(lambda shape: Infilling.build(settings(**choices), shape), shapes=shapes)


@pytest.mark.parametrize("margin", [0, 2])
def test_only_the_hole_changes(margin):
    game, given = build(margin=margin), columns()
    made = game.synthesise(Request(4, torch_generator(0), None, given))["image"]
    changed = (made != given["source"]).any(dim=1)
    hole = torch.zeros(16, 16, dtype=torch.bool)
    hole[4 - margin : 8 + margin, 6 - margin : 9 + margin] = True
    assert (changed == hole).all()


def test_the_generator_never_sees_what_was_in_the_hole():
    game, given = build(), columns()
    other = {**given, "source": given["source"].clone()}
    other["source"][:, :, 5:7, 7:8] = 0.123
    first, second = (
        game.synthesise(Request(4, torch_generator(0), None, seen))["image"]
        for seen in (given, other)
    )
    assert torch.equal(first, second)


def test_an_empty_region_leaves_the_image_alone():
    game, given = build(), columns()
    given["region"] = -torch.ones_like(given["region"])
    made = game.synthesise(Request(4, torch_generator(0), None, given))["image"]
    assert torch.equal(made, given["source"])


def test_the_error_inside_is_worked_out_by_hand():
    made, real = torch.zeros(2, 3, 4, 4), torch.ones(2, 3, 4, 4)
    where = torch.zeros(2, 1, 4, 4)
    where[0, 0, 1, 1:3] = 1
    real[0, :, 1, 1] = 3
    assert error_inside(made, real, where).item() == pytest.approx(2.0)
    assert error_inside(made, real, torch.zeros_like(where)).item() == 0


def test_boxes_have_the_sides_that_were_asked_for_and_reach_every_pixel():
    like = torch.zeros(3000, 1, 10, 7, 5)
    boxes = random_boxes(like, (0.2, 0.6), torch_generator(0))
    for axis, size in zip((2, 3, 4), (10, 7, 5), strict=True):
        others = tuple(a for a in (1, 2, 3, 4) if a != axis)
        sides = boxes.amax(dim=others).sum(dim=1)
        assert set(sides.int().tolist()) == set(range(round(0.2 * size), round(0.6 * size) + 1))
    assert (boxes.amax(dim=0) == 1).all()
    volumes = boxes.flatten(1).sum(dim=1)
    filled = boxes.amax(dim=(1, 3, 4)).sum(1) * boxes.amax(dim=(1, 2, 4)).sum(1)
    assert torch.equal(volumes, filled * boxes.amax(dim=(1, 2, 3)).sum(1))


def test_widening_is_a_square_dilation():
    where = torch.zeros(1, 1, 7, 7)
    where[0, 0, 3, 3] = 1
    assert widened(where, 2).sum() == 25
    assert widened(where, 0) is where


@pytest.mark.parametrize(
    ("shape", "choices", "message"),
    [
        (ImageShape(1, (16, 16)), {}, "needs a source like the image"),
        (ImageShape(1, (8, 8), given={"source": ImageShape(1, (8, 8))}), {}, "data.region.read"),
        (ImageShape(1, (16, 16), (), SHAPE.given), {"conditioning": "label"}, "no classes"),
        (SHAPE, {"smallest": 0.6, "largest": 0.5}, "is above"),
        (SHAPE, {"adversarial_weight": 0, "inside": 0, "border": 0}, "nothing to learn from"),
    ],
)
def test_what_does_not_fit_is_refused(shape, choices, message):
    with pytest.raises(BadInputError, match=message):
        build(shape, **choices)


def test_the_discriminator_judges_the_images_that_were_just_filled():
    game, batch = build(), Batch(columns(), torch_generator(0))
    game.generator_objective(batch)
    whole, _ = game._made
    assert not whole.requires_grad
    game.discriminator_objective(batch)
    assert game._made is None
