"""f-AnoGAN: two stages in one game, and an encoder that inverts the generator it found."""

import pytest
import torch

from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape, make_optimiser, move
from cancergan.games.contract import check_game, noise_columns
from cancergan.games.f_anogan import FAnoGan, FAnoGanSettings
from cancergan.training.averaging import keep_averages

SHAPE = ImageShape(1, (8, 8))
SMALL = {"options": {"width": 4}}


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    networks = dict.fromkeys(("generator", "discriminator", "encoder"), SMALL)
    values = {**networks, "latent_size": 6, "generator_rounds": 2, **choices}
    return FAnoGan.build(FAnoGanSettings.model_validate(values), shape)


def batch(cases=6):
    return Batch(noise_columns(SHAPE, cases), torch_generator(0))


@pytest.mark.parametrize("mapping", ["ziz", "izi", "izi_f"])
def test_both_stages_keep_the_contract(mapping):
    check_game(lambda shape: build(shape, mapping=mapping, penalty={"name": "r1", "every": 4}))


def test_in_each_stage_the_players_of_the_other_rest():
    game = build()
    assert {t.player for t in game.turns() if not t.rests} == {"discriminator", "generator"}
    assert not game.generator_is_fixed
    for _ in range(2):
        game.observe({})
    assert {t.player for t in game.turns() if not t.rests} == {"encoder"}
    assert game.generator_is_fixed


def test_the_second_stage_goes_on_with_the_averaged_generator():
    game = build()
    keep_averages(game)
    generator = game.players["generator"]
    with torch.no_grad():
        for weight in generator.average.parameters():
            weight.add_(1.0)
    game.observe({})
    assert not torch.equal(*(next(n.parameters()) for n in (generator.network, generator.average)))
    game.observe({})
    for ours, kept in zip(
        generator.network.parameters(), generator.average.parameters(), strict=True
    ):
        assert torch.equal(ours, kept)


def test_an_encoder_that_finds_the_very_image_has_no_error():
    """With real images made by the generator, and their latents for an encoder, izi_f is 0."""
    game = build()
    noise = torch.randn(4, 6, generator=torch_generator(1))
    with torch.no_grad():
        made = game.players["generator"].network.eval()(noise)
    game.players["encoder"].network.forward = lambda image: noise
    terms = game.encoder_objective(Batch({"image": made}, torch_generator(0))).terms
    assert set(terms) == {"pixel_error", "feature_error"}
    assert all(term.item() == pytest.approx(0, abs=1e-10) for term in terms.values())


def test_only_ziz_leaves_real_images_to_the_discriminator():
    assert build(mapping="izi").players["encoder"].touches_real
    assert not build(mapping="ziz").players["encoder"].touches_real


def test_features_of_an_image_do_not_depend_on_its_companions():
    game = build()  # its discriminator compares the images of a batch
    images = batch().image
    together, alone = game.features(images, None), game.features(images[:1], None)
    assert torch.allclose(together[:1], alone, atol=1e-6)


def test_the_encoder_learns_to_invert_a_fixed_generator():
    game = build(mapping="izi", generator_rounds=1)
    game.go_to(1)
    noise = torch.randn(32, 6, generator=torch_generator(3))
    with torch.no_grad():
        images = game.players["generator"].network(noise)
    turn = next(turn for turn in game.turns() if not turn.rests)
    optimiser, errors = make_optimiser(game.players["encoder"]), []
    for number in range(150):
        drawn = Batch({"image": images}, torch_generator(number))
        errors.append(move(game, turn, drawn, optimiser).total.item())
    assert errors[-1] < 0.5 * errors[0]
