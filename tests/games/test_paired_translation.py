"""Paired translation: the choices are independent, the phases are kept, real pixels stay apart."""

import pytest
import torch
from safetensors.torch import save_file

from cancergan.core.errors import BadInputError
from cancergan.core.files import sha256_of
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape, Request
from cancergan.games.contract import check_game, noise_columns, shapes_with
from cancergan.games.paired_translation import PairedTranslation, PairedTranslationSettings
from cancergan.recipes.loader import game_settings, load_recipe

SHAPE = ImageShape(1, (16, 16), given={"source": ImageShape(2, (16, 16))})


def settings(**choices):
    values = {
        "generator": {"name": "unet", "options": {"width": 4}},
        "discriminator": {"name": "patch", "options": {"width": 4}},
        **choices,
    }
    return PairedTranslationSettings.model_validate(values)


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    return PairedTranslation.build(settings(**choices), shape)


def batch(shape=SHAPE, draw=0):
    return Batch(noise_columns(shape, 4), torch_generator(0, draw))


@pytest.mark.parametrize("loss", ["non_saturating", "hinge", "relativistic_average", "wasserstein"])
@pytest.mark.parametrize("style", ["none", "noise", "encoded"])
def test_loss_and_style_are_independent_choices(loss, style):
    chosen = settings(loss=loss, style=style, latent_size=3)
    shapes = shapes_with({"source": 1})[:1]
    check_game(lambda shape: PairedTranslation.build(chosen, shape), shapes=shapes)


@pytest.mark.parametrize(
    "choices",
    [
        {"adversarial_weight": 0.0},
        {"feature_matching": 2.0, "similarities": {}},
        {"content": 3.0, "similarities": {"edge": 1.0, "structure": 1.0}},
        {"sees_source": False},
        {"discriminator": {"name": "convolutional", "options": {"width": 4}}},
    ],
)
def test_terms_are_independent_choices(choices):
    chosen = settings(**choices)
    shapes = shapes_with({"source": 1})[1:2]
    check_game(lambda shape: PairedTranslation.build(chosen, shape), shapes=shapes)


def test_without_weight_there_is_no_adversary():
    game = build(adversarial_weight=0.0)
    assert list(game.players) == ["generator"]
    assert set(game.generator_objective(batch()).terms) == {"l1"}


def test_a_similarity_that_a_recipe_inherits_can_be_left_out():
    game, settings = game_settings(load_recipe("spade"))
    assert settings.similarities == {"l1": 0.0}
    assert "l1" not in game.describe(settings).losses["generator"]
    terms = build(similarities={"l1": 0.0, "edge": 2.0}).generator_objective(batch()).terms
    assert set(terms) == {"edge", "adversarial"}


def test_content_alone_first_then_the_adversary_grows():
    game = build(content_rounds=2, ramp_rounds=3, adversarial_weight=4.0)
    resting, weights = [], []
    for _ in range(7):
        resting.append(game.turns()[1].rests)
        weights.append(game._adversarial_weight())
        game.observe({})
    assert resting == [True, True, False, False, False, False, False]
    assert weights == [0, 0, 1, 2, 3, 4, 4]
    assert "adversarial" not in build(content_rounds=2).generator_objective(batch()).terms


def test_the_discriminator_is_shown_what_the_generator_just_made():
    game, one = build(), batch()
    game.generator_objective(one)
    source, made = game._made
    assert source is one.columns["source"]
    assert not made.requires_grad
    game.discriminator_objective(batch(draw=1))
    assert game._made is None


def test_feature_matching_alone_moves_the_whole_generator():
    game = build(feature_matching=1.0)
    terms = game.generator_objective(batch()).terms
    terms["feature_matching"].backward()
    assert all(w.grad is not None for w in game.players["generator"].network.parameters())


def test_the_style_decides_and_the_seed_repeats():
    game = build(style="noise", latent_size=3)
    given = {"source": noise_columns(SHAPE, 2)["source"]}
    one, same, other = (
        game.synthesise(Request(2, torch_generator(0, seed), None, given))["image"]
        for seed in (0, 0, 1)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    ("shape", "choices", "message"),
    [
        (ImageShape(1, (16, 16)), {}, "needs a source"),
        (ImageShape(1, (16, 16), given={"source": ImageShape(1, (6, 16))}), {}, "does not divide"),
        (SHAPE, {"similarities": {"l3": 1.0}}, 'unknown similarity "l3"'),
        (SHAPE, {"feature_matching": 1.0, "adversarial_weight": 0.0}, "leaves the discriminator"),
        (SHAPE, {"similarities": {}, "adversarial_weight": 0.0}, "nothing to learn from"),
        (SHAPE, {"generator": {"name": "unett"}}, 'unknown translator "unett"; did you mean'),
    ],
)
def test_contradictions_are_refused(shape, choices, message):
    with pytest.raises(BadInputError, match=message):
        build(shape, **choices)


def test_content_may_be_what_a_network_from_a_file_sees(tmp_path):
    torch.manual_seed(0)
    file = tmp_path / "vgg19.safetensors"
    save_file(
        {"features.0.weight": torch.randn(64, 3, 3, 3), "features.0.bias": torch.zeros(64)}, file
    )
    stated = {"file": str(file), "sha256": sha256_of(file), "layers": ["1_1"], "distance": "l2"}
    game = build(content=0.5, content_network=stated, similarities={"l1": 0.0})
    assert "0.5 x content by VGG19" in game.describe(game.settings).losses["generator"]
    assert game.generator_objective(batch()).terms["content"].item() > 0
    file.unlink()
    build(
        content=0.5, content_network=stated
    ).synthesise(  # what was trained needs the file no more
        Request(1, torch_generator(0), None, {"source": noise_columns(SHAPE, 1)["source"]})
    )
    with pytest.raises(BadInputError, match="is not there"):
        build(content=0.5, content_network=stated).get_ready()
