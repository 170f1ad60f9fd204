"""The obfuscating encoder: the contract, on maps and on labels; that it hides what it should."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape, make_optimiser, move
from cancergan.games.contract import check_game
from cancergan.games.obfuscating_encoder import (
    ObfuscatingEncoder,
    ObfuscatingEncoderSettings,
    _balanced,
)
from cancergan.networks.encoders import ConvolutionalEncoder
from cancergan.networks.siamese import SiameseComparison, pairs_of

CLASSES = ("benign", "malignant")


def given(channels, spatial, secret=3):
    return {"source": ImageShape(channels, spatial), "secret": ImageShape(secret, ())}


SHAPES = (
    ImageShape(1, (16, 16), CLASSES, given(1, (16, 16))),
    ImageShape(2, (24, 17), CLASSES, given(3, (24, 17))),
    ImageShape(1, (12, 16, 9), CLASSES, given(2, (12, 16, 9))),
    ImageShape(2, (), CLASSES, given(3, (24, 17), secret=2)),
)


@pytest.mark.parametrize("adversary", ["pairs", "attribute"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_contract(adversary, shape):
    settings = ObfuscatingEncoderSettings(
        adversary=adversary, encoder={"name": "unet", "options": {"width": 4, "depth": 2}}
    )
    check_game(lambda shape: ObfuscatingEncoder.build(settings, shape), shapes=(shape,))


def test_both_answers_count_equally_however_rare_one_is():
    logits = torch.tensor([3.0, -1.0, -1.0, -1.0])
    truth = torch.tensor([1.0, 0.0, 0.0, 0.0])
    softplus = torch.nn.functional.softplus
    expected = (softplus(torch.tensor(-3.0)) + softplus(torch.tensor(-1.0))) / 2
    assert torch.isclose(_balanced(logits, truth), expected)
    alone = _balanced(logits[1:], truth[1:])
    assert torch.isclose(alone, softplus(torch.tensor(-1.0)))


def test_a_comparison_does_not_depend_on_the_order_of_a_pair():
    torch.manual_seed(0)
    network = SiameseComparison(ConvolutionalEncoder(channels=1, spatial=(16, 16), outputs=8), 8)
    images = torch.randn(5, 1, 16, 16)
    one, two = pairs_of(5)
    assert torch.allclose(network(images, one, two), network(images, two, one))
    assert torch.allclose(network(images, one, one), network.verdict.bias.expand(len(one)))


def planted(cases, draw):
    """Return pictures whose left half says the label and whose right half says the secret."""
    generator = torch_generator(0, "planted", draw)
    label = torch.randint(2, (cases,), generator=generator)
    secret = torch.randint(2, (cases,), generator=generator)
    picture = 0.2 * torch.randn(cases, 1, 16, 16, generator=generator)
    picture[:, :, :, :8] += label.view(-1, 1, 1, 1) * 1.0 - 0.5
    picture[:, :, :, 8:] += secret.view(-1, 1, 1, 1) * 1.0 - 0.5
    hot = torch.nn.functional.one_hot
    columns = {
        "source": picture,
        "image": hot(label, 2) * 2.0 - 1,
        "secret": hot(secret, 2) * 2.0 - 1,
    }
    return columns, label, secret


def readable(code, secret, test_code, test_secret):
    """Return how often a fresh linear probe reads the secret off held-out codes."""
    one, two = (c.flatten(2).mean(2) for c in (code, test_code))
    halves = torch.cat([one, code[..., 8:].flatten(2).mean(2)], 1)
    test_halves = torch.cat([two, test_code[..., 8:].flatten(2).mean(2)], 1)
    ones = torch.ones(len(halves), 1)
    weights = torch.linalg.lstsq(torch.cat([halves, ones], 1), secret[:, None] * 2.0 - 1).solution
    said = torch.cat([test_halves, torch.ones(len(test_halves), 1)], 1) @ weights
    return float(((said[:, 0] > 0) == (test_secret > 0)).float().mean())


def played(weight):
    settings = ObfuscatingEncoderSettings(
        adversary="attribute", weight=weight, code_channels=2, adversary_steps=5,
        encoder={"name": "unet", "options": {"width": 4, "depth": 1, "normalise": "none"}},
    )  # fmt: skip
    torch.manual_seed(0)
    game = ObfuscatingEncoder.build(
        settings, ImageShape(2, (), CLASSES, given(1, (16, 16), secret=2))
    )
    optimisers = {name: make_optimiser(player) for name, player in game.players.items()}
    for draw in range(400):
        columns, *_ = planted(32, draw)
        for turn in game.turns():
            for _ in range(turn.steps):
                batch = Batch(columns, torch_generator(0, "turn", draw))
                move(game, turn, batch, optimisers[turn.player])
    columns, _, secret = planted(256, "probe")
    test, test_label, test_secret = planted(256, "test")
    with torch.no_grad():
        noise = torch_generator(0, "noise")
        code, test_code = game.code(columns["source"], noise), game.code(test["source"], noise)
        right = game.answer(test_code).argmax(1) == test_label
    return float(right.float().mean()), readable(code, secret, test_code, test_secret)


@pytest.mark.slow
def test_the_task_is_kept_and_the_secret_is_gone():
    task, secret = played(weight=0.0)
    assert task > 0.95
    assert secret > 0.9
    task, secret = played(weight=1.0)
    assert task > 0.9
    assert secret < 0.75


def built(**wanted):
    settings = ObfuscatingEncoderSettings(
        encoder={"name": "unet", "options": {"width": 4, "depth": 1}}, **wanted
    )
    torch.manual_seed(0)
    return ObfuscatingEncoder.build(settings, SHAPES[0])


def test_the_adversary_enters_when_the_warm_rounds_are_over():
    game = built(warm_rounds=3)
    columns = {"source": torch.rand(4, 1, 16, 16), "image": torch.ones(4, 1, 16, 16),
               "secret": torch.tensor([[0.0] * 3, [0.0] * 3, [1.0] * 3, [1.0] * 3])}  # fmt: skip
    for number in range(5):
        terms = game.encoder_objective(Batch(columns, torch_generator(0))).terms
        rests = {turn.player: turn.rests for turn in game.turns()}
        assert ("confusion" in terms) == (number >= 3)
        assert rests == {"discriminator": number < 3, "encoder": False, "task": False}
        game.observe({})
    assert game.stages() == (0, 3)
    assert all(built(weight=0.0, warm_rounds=3).turns()[0].rests for _ in range(2))


def test_noise_on_codes_has_the_stated_size_and_is_drawn_anew():
    still, noisy = built(), built(code_noise=0.1)
    picture = torch.zeros(64, 1, 16, 16)
    with torch.no_grad():
        code = still.code(picture, torch_generator(0))
        one, same, two = (noisy.code(picture, torch_generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, two)
    inside = code.abs() < 0.5  # far from the ends, where nothing is cut off
    assert float((one - code)[inside].std()) == pytest.approx(0.1, rel=0.02)
    assert built(code_noise=5.0).code(picture, torch_generator(0)).abs().max() == 1


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_contract_with_noise_and_warm_rounds(noise):
    settings = ObfuscatingEncoderSettings(
        encoder={"name": "unet", "options": {"width": 4, "depth": 1}},
        code_noise=noise, warm_rounds=2, code_reduce=2,
    )  # fmt: skip
    check_game(lambda shape: ObfuscatingEncoder.build(settings, shape), shapes=SHAPES[:1])


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (ImageShape(1, (16, 16)), "data.secret"),
        (ImageShape(1, (8, 8), (), given(1, (16, 16))), "must be equal"),
    ],
)
def test_what_is_missing_is_named(shape, said):
    with pytest.raises(BadInputError, match=said):
        ObfuscatingEncoder.build(ObfuscatingEncoderSettings(), shape)
