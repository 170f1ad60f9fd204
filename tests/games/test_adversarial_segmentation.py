"""Adversarial segmentation: independent choices, baselines without adversary, exact losses."""

import pytest
import torch
from torch.nn import functional

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.adversarial_segmentation import (
    AdversarialSegmentation,
    AdversarialSegmentationSettings,
    hard_labels,
)
from cancergan.games.base import Batch, ImageShape, Request
from cancergan.games.contract import check_game, noise_columns, shapes_with
from cancergan.losses.segmentation import (
    cross_entropy_map,
    label_probabilities,
    multiscale_l1,
    soft_dice_loss,
)

SOURCE = ImageShape(2, (16, 16))
SHAPE = ImageShape(1, (16, 16), given={"source": SOURCE, "unlabelled": SOURCE})
PIXEL = {"name": "pixel", "options": {"width": 4}}
SEGAN = {"adversary": "features", "sees": "masked"}
SEMI = {"discriminator": PIXEL, "unlabelled": 0.1, "self_training": 0.5, "trusted": 0.3}


def settings(**choices):
    small = {
        "segmenter": {"name": "unet", "options": {"width": 4}},
        "discriminator": {"name": "patch", "options": {"width": 4}},
    }
    return AdversarialSegmentationSettings.model_validate({**small, **choices})


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    return AdversarialSegmentation.build(settings(**choices), shape)


def columns(shape, cases):
    """One label a pixel at most, as a map has it."""
    drawn = noise_columns(shape, cases)
    best = drawn["image"].argmax(dim=1, keepdim=True)
    one = torch.zeros_like(drawn["image"]).scatter(1, best, 1.0)
    return {**drawn, "image": 2 * one * (drawn["image"] > 0) - 1}


def batch(draw=0):
    return Batch(columns(SHAPE, 4), torch_generator(0, draw))


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"adversarial_weight": 0.0},
        {"loss": "wasserstein", "sees": "masked", "moves": ["translation"]},
        {"loss": "relativistic_average", "sees": "map", "softened": 0.1},
        SEGAN,
        {**SEGAN, "pixel": 0.0},
        {"discriminator": PIXEL, "difficulty": 2.0},
    ],
)
def test_choices_are_independent_in_two_and_three_dimensions(choices):
    chosen = settings(**choices)
    check_game(
        lambda shape: AdversarialSegmentation.build(chosen, shape),
        shapes=shapes_with({"source": 1}),
        columns=columns,
    )


def test_images_without_labels_are_learnt_from():
    shape = ImageShape(1, (12, 9), given={n: ImageShape(1, (12, 9)) for n in SHAPE.given})
    check_game(
        lambda shape: AdversarialSegmentation.build(settings(**SEMI), shape),
        shapes=(shape,),
        columns=columns,
    )
    assert AdversarialSegmentation.requires(settings(**SEMI))[-1] == "unlabelled"
    assert "unlabelled" not in build(**SEMI, after=2).segmenter_objective(batch()).terms


def test_without_weight_there_is_no_adversary():
    game = build(adversarial_weight=0.0)
    assert list(game.players) == ["segmenter"]
    assert set(game.segmenter_objective(batch()).terms) == {"pixel"}


def test_segan_plays_for_one_and_the_same_distance():
    game, seen = build(**SEGAN), batch()
    terms = game.segmenter_objective(seen).terms
    theirs = game.discriminator_objective(seen).terms["feature_distance"]
    assert terms["adversarial"].item() == pytest.approx(-0.1 * theirs.item(), rel=1e-5)


def test_a_masked_image_shows_the_image_where_the_map_is_and_black_elsewhere():
    game, seen = build(sees="masked"), batch()
    shown = []
    game.players["discriminator"].network.register_forward_pre_hook(
        lambda network, inputs: shown.append(inputs[0])
    )
    source, chance = seen.columns["source"], (seen.image > 0).float()
    game._judge(source, chance)
    expected = torch.where(chance > 0, source, torch.tensor(-1.0))
    assert torch.allclose(shown[0], expected, atol=1e-6)


def test_image_and_map_are_moved_together():
    game = build(moves=["flip", "translation"], lights=["brightness"])
    seen = batch()
    same = {**seen.columns, "source": seen.image.expand(-1, 2, -1, -1)}
    source, target = build(moves=["flip", "translation"])._augmented(
        Batch(same, torch_generator(0))
    )
    assert torch.equal((source[:, :1] > 0).float(), target)
    lit, unlit = game._augmented(seen)
    assert lit.abs().max() <= 1
    assert set(unlit.unique().tolist()) <= {0.0, 1.0}


def test_with_one_label_the_loss_is_that_of_a_sigmoid():
    logits = torch.randn(3, 1, 5, 4, generator=torch_generator(0))
    target = (torch.rand(3, 1, 5, 4, generator=torch_generator(1)) > 0.5).float()
    exact = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    assert torch.allclose(cross_entropy_map(logits, target), exact, atol=1e-6)
    assert torch.allclose(label_probabilities(logits), logits.sigmoid(), atol=1e-6)


def test_with_several_labels_the_loss_is_cross_entropy_with_background():
    logits = torch.randn(2, 3, 4, 4, 2, generator=torch_generator(0))
    labels = torch.randint(0, 4, (2, 4, 4, 2), generator=torch_generator(1))
    target = functional.one_hot(labels, 4).movedim(-1, 1)[:, 1:].float()
    full = torch.cat([torch.zeros(2, 1, 4, 4, 2), logits], dim=1)
    exact = functional.cross_entropy(full, labels, reduction="none")
    assert torch.allclose(cross_entropy_map(logits, target)[:, 0], exact, atol=1e-5)
    assert torch.equal(hard_labels(target).argmax(1) + target.amax(1), labels.float())


def test_soft_dice_and_feature_distance_by_hand():
    target = torch.zeros(1, 2, 4, 4)
    target[0, 0, 0, :3] = 1
    assert soft_dice_loss(target, target).item() == pytest.approx(0, abs=1e-6)
    missed = soft_dice_loss(torch.zeros_like(target), target).item()
    assert missed == pytest.approx(1 - (1 / 4 + 1) / 2)
    one, two = (torch.zeros(1, 2, 2), torch.ones(1, 4)), (torch.ones(1, 2, 2), torch.ones(1, 4) * 4)
    assert multiscale_l1(one, two).item() == 2.0


def test_draws_with_dropout_are_averaged_and_the_seed_repeats():
    options = {"width": 4, "dropout": 0.5}
    game = build(draws=8, segmenter={"name": "unet", "options": options})
    game.players["segmenter"].network.eval()
    given = {"source": columns(SHAPE, 2)["source"]}
    first, same, other = (
        game.synthesise(Request(2, torch_generator(seed), None, given))["image"]
        for seed in (0, 0, 1)
    )
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert not game.players["segmenter"].network.training


@pytest.mark.parametrize(
    ("shape", "choices", "message"),
    [
        (ImageShape(1, (16, 16)), {}, "needs a source of the map's size"),
        (SHAPE, {"pixel": 0.0, "adversarial_weight": 0.0}, "nothing to learn from"),
        (SHAPE, {"difficulty": 1.0}, "confidence of every pixel"),
        (SHAPE, {"unlabelled": 1.0, "adversarial_weight": 0.0}, "through the discriminator"),
        (SHAPE, {"unlabelled": 1.0, "loss": "relativistic_average"}, "compares with true maps"),
        (SHAPE, {"adversary": "features", "discriminator": PIXEL}, "tells no features"),
        (SHAPE, {"segmenter": {"name": "unett"}}, 'unknown segmenter "unett"; did you mean'),
    ],
)
def test_what_does_not_fit_is_refused(shape, choices, message):
    with pytest.raises(BadInputError, match=message):
        build(shape, **choices)
