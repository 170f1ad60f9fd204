"""Attacks on classifiers: what must hold of any attack, and of training against it."""

import numpy as np
import pytest
import torch
from torch import nn

from cancergan.core.errors import BadInputError
from cancergan.downstream.adversarial_attacks import attacked, margins_of_error
from cancergan.downstream.adversarial_training import hardening, projected_descent
from cancergan.downstream.classifier import train_classifier
from tests.data import blobs


def scaled(cohort):
    images = np.stack([case.image for case in cohort]).astype(np.float32) / 127.5 - 1
    return images, np.array([cohort.classes.index(label) for label in cohort.table["label"]])


@pytest.fixture(scope="module")
def trained():
    images, labels = scaled(blobs(80))
    return train_classifier(images, labels, n_classes=2, steps=120, seed=0), *scaled(
        blobs(40, seed=1)
    )


def accuracy(classifier, images, labels):
    return float((classifier.probabilities(images).argmax(1) == labels).mean())


@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_changes_stay_within_the_budget_and_mislead(trained, attack):
    classifier, images, labels = trained
    assert accuracy(classifier, images, labels) > 0.95
    made = attacked(classifier, images, labels, attack=attack, budget=0.3)
    assert np.abs(made - images).max() <= 0.3 + 1e-6
    assert np.abs(made).max() <= 1
    assert (margins_of_error(classifier, made, labels)
            >= margins_of_error(classifier, images, labels) - 1e-6).all()  # fmt: skip
    assert accuracy(classifier, made, labels) < accuracy(classifier, images, labels)


def test_an_attack_without_bounds_always_succeeds(trained):
    classifier, images, labels = trained
    made = attacked(classifier, images, labels, budget=2.0, steps=40)
    assert accuracy(classifier, made, labels) == 0.0


def test_more_steps_and_larger_budgets_are_never_weaker(trained):
    classifier, images, labels = trained
    few, many = (
        margins_of_error(classifier, attacked(classifier, images, labels, steps=n), labels)
        for n in (2, 12)
    )
    assert (many >= few - 1e-6).all()
    assert (many > few + 1e-4).any()


def test_the_same_seed_attacks_alike_and_leaves_the_global_generators_alone(trained):
    classifier, images, labels = trained
    np.random.seed(3)
    torch.manual_seed(3)
    one = attacked(classifier, images[:4], labels[:4], seed=5)
    after = np.random.rand(), torch.rand(1).item()
    two = attacked(classifier, images[:4], labels[:4], seed=5)
    np.random.seed(3)
    torch.manual_seed(3)
    assert np.array_equal(one, two)
    assert after == (np.random.rand(), torch.rand(1).item())


def test_one_pixel_changes_one_pixel(trained):
    classifier, images, labels = trained
    made = attacked(classifier, images[:2], labels[:2], attack="one_pixel")
    assert (np.abs(made - images[:2]).max(axis=1) > 1e-6).sum(axis=(1, 2)).max() <= 1
    assert (margins_of_error(classifier, made, labels[:2])
            > margins_of_error(classifier, images[:2], labels[:2])).all()  # fmt: skip


def test_one_step_of_ours_is_the_toolbox_s(trained):
    classifier, images, labels = trained
    network = nn.Sequential(classifier.encoder, classifier.head)
    ours = projected_descent(
        network, torch.from_numpy(images), torch.from_numpy(labels), budget=0.1, steps=1
    )
    theirs = attacked(classifier, images, labels, attack="fgsm", budget=0.1)
    assert np.isclose(ours.numpy(), theirs, atol=1e-5).mean() > 0.999  # gradients of 0 have no sign


def test_projected_descent_finds_the_corner_of_a_linear_loss():
    """Against a linear network the worst point of the box is known: the corner by the signs."""
    weight = torch.tensor([[1.0, -2.0, 0.5, 3.0], [0.0, 0.0, 0.0, 0.0]])
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
    network[1].weight.data = weight
    image = torch.zeros(1, 1, 2, 2)
    found = projected_descent(network, image, torch.tensor([0]), budget=0.2, steps=5)
    assert torch.allclose(found.flatten(), -0.2 * weight[0].sign())


def test_training_against_the_attack_resists_it(trained):
    classifier, images, labels = trained
    train_images, train_labels = scaled(blobs(80))
    hard = train_classifier(
        train_images, train_labels, n_classes=2, steps=120, seed=0,
        hardening=hardening(budget=0.3, steps=3, seed=0),
    )  # fmt: skip
    robust, plain = (
        accuracy(network, attacked(network, images, labels, budget=0.3), labels)
        for network in (hard, classifier)
    )
    assert robust > plain + 0.2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"budget": 0.0}, "whole range"), ({"budget": 2.5}, "whole range"), ({"steps": 0}, "steps"),
     ({"attack": "magic"}, "one_pixel")],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(trained, wrong, said):
    classifier, images, labels = trained
    with pytest.raises(BadInputError, match=said):
        attacked(classifier, images, labels, **wrong)
