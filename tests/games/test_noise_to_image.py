"""From noise to image: several discriminators, an encoder, and mistakes made elsewhere."""

import math

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape, Request
from cancergan.games.contract import check_game, noise_columns
from cancergan.games.noise_to_image import NoiseToImage, NoiseToImageSettings, softened
from cancergan.networks.discriminators import discriminators
from cancergan.networks.generators import generators

SHAPE = ImageShape(1, (8, 8), ("a", "b"))
SMALL = {"width": 4}


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    networks = {"generator": {"options": SMALL}, "discriminator": {"options": SMALL}}
    return NoiseToImage.build(
        NoiseToImageSettings.model_validate({**networks, "latent_size": 6, **choices}), shape
    )


def batch(shape=SHAPE, cases=8):
    return Batch(noise_columns(shape, cases), torch_generator(0, "test"))


def gradients(game, player):
    return [w.grad for w in game.players[player].network.parameters() if w.grad is not None]


@pytest.mark.parametrize("every", [1, 4])
def test_a_critics_turn_does_not_reach_the_generator(every):
    """Known defect elsewhere: synthetic images are not detached in the critic's step."""
    game = build(penalty={"name": "gradient_penalty", "every": every})
    for turn in game.turns():
        if turn.player == "discriminator":
            turn.objective(batch()).total.backward()
    assert gradients(game, "discriminator")
    assert not gradients(game, "generator")


def test_a_gradient_penalty_is_a_term_of_the_critics_own_objective():
    """Known defect elsewhere: the penalty takes an optimiser step apart from the critic's loss."""
    game = build(penalty={"name": "gradient_penalty", "weight": 10.0})
    assert [turn.player for turn in game.turns()] == ["discriminator", "generator"]
    assert set(game.discriminator_objective(batch()).terms) == {"adversarial", "gradient_penalty"}


@pytest.mark.parametrize("registry", [generators, discriminators], ids=["generator", "critic"])
def test_no_batch_normalisation_has_a_momentum_for_its_epsilon(registry):
    """Known defect elsewhere: 0.8, meant as momentum, is passed as epsilon."""
    shape = {"channels": 1, "spatial": (8, 8), "classes": 0, "width": 4}
    for name in registry:
        more = {"latent_size": 4} if registry is generators else {}
        for module in registry[name](**shape, **more).modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                assert module.eps <= 1e-4


def test_synthesis_does_not_learn_from_what_it_makes():
    """Known defect elsewhere: evaluation without eval() moves the statistics of batch norm."""
    game = build()
    network = game.players["generator"].network.eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    game.synthesise(Request(16, torch_generator(0), None))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_each_turn_has_noise_of_its_own():
    """Known defect elsewhere: the generator's step judges the images of the critic's step again."""
    game = build()
    one, two = (game._noise(Batch(batch().columns, torch_generator(0, turn))) for turn in (0, 1))
    assert not torch.equal(one, two)


@pytest.mark.parametrize("softness", [0.0, 2.0])
@pytest.mark.parametrize("loss", ["non_saturating", "relativistic_average"])
def test_several_discriminators_keep_the_contract(softness, loss):
    choices = {"discriminators": 3, "softness": softness, "loss": loss}
    check_game(lambda shape: build(shape, **choices), shapes=(SHAPE,))


def test_several_discriminators_start_apart_and_learn_apart():
    game = build(discriminators=3, penalty={"name": "r1", "every": 4})
    names = ["discriminator", "discriminator_2", "discriminator_3"]
    assert [t.player for t in game.turns()] == [*names, "generator", *names]
    first, second = (next(game.players[n].network.parameters()) for n in names[:2])
    assert not torch.equal(first, second)


def test_softness_goes_from_the_mean_to_the_largest():
    losses = torch.tensor([1.0, 3.0])
    assert softened(losses, 0.0).item() == pytest.approx(2.0)
    by_hand = (1 * math.exp(1) + 3 * math.exp(3)) / (math.exp(1) + math.exp(3))
    assert softened(losses, 1.0).item() == pytest.approx(by_hand)
    assert softened(losses, 100.0).item() == pytest.approx(3.0)


@pytest.mark.parametrize("generator", ["convolutional", "style"])
@pytest.mark.parametrize("conditioning", ["none", "projection"])
def test_an_encoder_is_a_player_that_never_touches_real_images(generator, conditioning):
    choices = {
        "encoder": {"options": SMALL},
        "generator": {"name": generator, "options": SMALL},
        "conditioning": conditioning,
    }
    check_game(lambda shape: build(shape, **choices), shapes=(SHAPE,))
    game = build(**choices)
    assert not game.players["encoder"].touches_real
    black = Batch({**batch().columns, "image": torch.zeros(8, 1, 8, 8)}, torch_generator(0, "test"))
    torch.testing.assert_close(
        game.encoder_objective(batch()).total, game.encoder_objective(black).total
    )


def test_an_encoder_learns_to_invert_the_generator():
    game = build(encoder={"options": {"width": 16}}, latent_size=2)
    player = game.players["encoder"]
    optimiser = torch.optim.Adam(player.network.parameters(), lr=3e-3)
    for number in range(150):
        optimiser.zero_grad()
        draw = Batch(noise_columns(SHAPE, 32), torch_generator(number))
        loss = game.encoder_objective(draw).total
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.2  # guessing the mean scores 1, the variance of a latent


def test_without_an_encoder_there_is_nothing_to_encode_with():
    assert build().encode(batch().image, None) is None


def test_latents_of_a_styled_generator_are_its_styles():
    game = build(generator={"name": "style", "options": {**SMALL, "style_size": 11}})
    assert game.latents(Request(3, torch_generator(0), None)).shape == (3, 11)
    assert build().latents(Request(3, torch_generator(0), None)).shape == (3, 6)


def partly_labelled(shape, cases):
    columns = noise_columns(shape, cases)
    label = columns["label"].clone()
    label[cases // 2 :] = -1
    return {**columns, "label": label}


def test_few_labels_keep_the_contract():
    few = {"conditioning": "auxiliary", "few_labels": True, "penalty": {"name": "r1", "every": 4}}
    check_game(lambda shape: build(shape, **few), columns=partly_labelled)


def test_the_class_of_real_images_is_learnt_from_labelled_ones_alone():
    game = build(conditioning="auxiliary", few_labels=True)
    columns = partly_labelled(SHAPE, 8)
    judge = game.players["discriminator"].network.eval()
    logits = judge(columns["image"], columns["label"].clamp_min(0)).class_logits[:4]
    expected = torch.nn.functional.cross_entropy(logits, columns["label"][:4])
    terms = game.discriminator_objective(Batch(columns, torch_generator(0))).terms
    assert terms["class_of_real"].item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_class_that_is_given_must_be_known():
    with pytest.raises(BadInputError, match="can be predicted, not given"):
        build(conditioning="projection", few_labels=True)


def test_probabilities_of_the_auxiliary_classifier_add_up_to_one():
    found = build(conditioning="auxiliary").classify(batch().image)
    assert found.sum(dim=1).tolist() == pytest.approx([1.0] * 8)
    assert build().classify(batch().image) is None
