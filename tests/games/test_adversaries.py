"""Penalties that are due, augmentation that follows the critic, and scores in figures."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.adversaries import (
    AugmentationSettings,
    Augmenter,
    PenaltySettings,
    check_augmentation,
    paid,
    seen_in,
)
from cancergan.losses.adversarial import adversarial_losses


def test_adaptive_augmentation_follows_the_critic():
    augmenter = Augmenter(AugmentationSettings(probability="adaptive", target=0.6))
    for _ in range(4):
        augmenter.observe({"sign_of_real": torch.tensor(0.9)})
    assert augmenter.probability.item() == pytest.approx(4 * 5e-4)
    for _ in range(9):
        augmenter.observe({"sign_of_real": torch.tensor(0.1)})
    assert augmenter.probability.item() == 0


def test_a_fixed_probability_stays_and_is_remembered():
    augmenter = Augmenter(AugmentationSettings(operations=("brightness",), probability=1.0))
    augmenter.observe({"sign_of_real": torch.tensor(0.0)})
    assert augmenter.memory()["augmentation_probability"].item() == 1.0
    image = torch.zeros(4, 1, 2, 2)
    assert (augmenter(image, torch_generator(0)) != 0).all()


@pytest.mark.parametrize("loss", ["wasserstein", "relativistic_average"])
def test_scores_without_a_zero_cannot_adapt(loss):
    with pytest.raises(BadInputError, match='"adaptive" reads the sign of scores'):
        check_augmentation(AugmentationSettings(probability="adaptive"), loss)
    check_augmentation(AugmentationSettings(probability="adaptive"), "hinge")


def test_a_lazy_penalty_is_paid_for_all_the_rounds_since():
    settings = PenaltySettings(name="r1", weight=2.0, every=8)
    slope = torch.tensor([3.0, 4.0])
    image = torch.zeros(5, 2)
    (term,) = paid(settings, lambda x: x @ slope, image, image, torch_generator(0)).items()
    assert term[0] == "r1"
    assert term[1].item() == pytest.approx(2 * 8 * 25 / 2)


def test_scores_are_told_relative_to_the_losses_boundary():
    real, fake = torch.tensor([0.6, 0.4]), torch.tensor([0.1, 0.5])
    seen = seen_in(adversarial_losses["least_squares"], real, fake)
    assert seen["sign_of_real"].item() == 0  # one above 0.5, one below
    assert seen["ranking_accuracy"].item() == pytest.approx(3 / 4)
    assert "sign_of_real" not in seen_in(adversarial_losses["wasserstein"], real, fake)
