"""Triple-GAN: cases without a label (-1) take part, but never as labelled ones."""

import math

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape, make_optimiser, move
from cancergan.games.contract import check_game, noise_columns
from cancergan.games.triple import Triple, TripleSettings

SHAPE = ImageShape(1, (8, 8), ("a", "b"))
SMALL = {"options": {"width": 4}}


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    networks = dict.fromkeys(("generator", "discriminator", "classifier"), SMALL)
    settings = TripleSettings.model_validate({**networks, "latent_size": 6, **choices})
    return Triple.build(settings, shape)


def partly(shape, cases):
    columns = noise_columns(shape, cases)
    columns["label"] = columns["label"].clone()
    columns["label"][cases // 2 :] = -1
    return columns


def unlabelled(shape, cases):
    columns = noise_columns(shape, cases)
    return {**columns, "label": torch.full_like(columns["label"], -1)}


def test_half_of_the_labels_are_enough_for_the_contract():
    check_game(lambda shape: build(shape, penalty={"name": "r1", "every": 4}), columns=partly)


def test_a_batch_without_any_label_has_no_labelled_terms():
    game, batch = build(), Batch(unlabelled(SHAPE, 8), torch_generator(0))
    assert game.discriminator_objective(batch).terms["of_labelled"].item() == 0
    assert game.classifier_objective(batch).terms["class_of_real"].item() == 0
    assert math.isfinite(game.discriminator_objective(batch).total.item())


def test_cross_entropy_is_over_the_labelled_cases_alone():
    game = build()
    columns = partly(SHAPE, 8)
    logits = game._logits(columns["image"])[:4]
    expected = torch.nn.functional.cross_entropy(logits, columns["label"][:4])
    found = game.classifier_objective(Batch(columns, torch_generator(0))).terms["class_of_real"]
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_classifier_turns_towards_what_the_discriminator_believes():
    """The gradient through p(y | x) log(1 - D(x, y)) raises the probability of believed classes."""
    game = build(pseudo_weight=0.0)
    game._judge = lambda image, label: torch.where(label == 1, 3.0, -3.0)  # only class 1 passes
    batch = Batch(unlabelled(SHAPE, 64), torch_generator(0))
    game.classifier_objective(batch).total.backward()
    before = game._logits(batch.image).softmax(dim=1)[:, 1].mean().item()
    with torch.no_grad():
        for weight in game.players["classifier"].network.parameters():
            if weight.grad is not None:
                weight.sub_(0.05 * weight.grad / (weight.grad.norm() + 1e-12))
    assert game._logits(batch.image).softmax(dim=1)[:, 1].mean().item() > before


def test_few_labels_teach_the_classifier_and_the_generator_its_classes():
    game = build()
    bright = torch.arange(32) % 2
    image = (bright.view(-1, 1, 1, 1) - 0.5) * torch.ones(32, 1, 8, 8)
    image = image + 0.1 * torch.randn(image.shape, generator=torch_generator(0))
    columns = {"image": image, "label": torch.where(torch.arange(32) < 4, bright, -1)}
    optimisers = {name: make_optimiser(player) for name, player in game.players.items()}
    for number in range(200):
        for place, turn in enumerate(game.turns()):
            draw = Batch(columns, torch_generator(number, place))
            move(game, turn, draw, optimisers[turn.player])
    right = game._logits(image).argmax(dim=1) == bright
    assert right.float().mean() > 0.9
    asked = torch.arange(16) % 2
    noise = torch.randn(16, 6, generator=torch_generator(1))
    made = game.players["generator"].network(noise, asked).flatten(1).mean(dim=1)
    assert made[asked == 1].mean() > made[asked == 0].mean() + 0.3


def test_it_needs_classes():
    with pytest.raises(BadInputError, match="needs at least 2 classes"):
        build(ImageShape(1, (8, 8)))
