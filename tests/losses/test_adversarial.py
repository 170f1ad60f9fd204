"""Adversarial losses against hand-worked values and the equations' own properties."""

import math

import pytest
import torch

from cancergan.losses.adversarial import adversarial_losses, ranking_accuracy

REAL, FAKE = torch.tensor([2.0, 0.0]), torch.tensor([-1.0, 3.0])


def softplus(x):
    return math.log1p(math.exp(x))


LOGISTIC = (softplus(-2) + softplus(0)) / 2 + (softplus(-1) + softplus(3)) / 2


@pytest.mark.parametrize(
    ("name", "critic", "generator"),
    [
        ("minimax", LOGISTIC, -(softplus(-1) + softplus(3)) / 2),
        ("non_saturating", LOGISTIC, (softplus(1) + softplus(-3)) / 2),
        ("least_squares", (1 + 1) / 2 / 2 + (1 + 9) / 2 / 2, (4 + 4) / 2 / 2),
        ("wasserstein", 1.0 - 1.0, -1.0),
        ("hinge", (0 + 1) / 2 + (0 + 4) / 2, -1.0),
    ],
)
def test_values_by_hand(name, critic, generator):
    loss = adversarial_losses[name]
    assert loss.critic(REAL, FAKE).item() == pytest.approx(critic)
    assert loss.generator(FAKE, None).item() == pytest.approx(generator)


def test_margin_by_hand():
    """Sabour et al. 2017, eq. 4: real lengths up to 0.9, synthetic down to 0.1, half weight."""
    loss = adversarial_losses["margin"]
    real, fake = torch.tensor([0.95, 0.4]), torch.tensor([0.05, 0.6])
    assert loss.critic(real, fake).item() == pytest.approx(0.5**2 / 2 + 0.5 * 0.5**2 / 2)
    assert loss.generator(fake, None).item() == pytest.approx((0.85**2 + 0.3**2) / 2)


def test_relativistic_average_judges_against_the_other_sides_mean():
    loss = adversarial_losses["relativistic_average"]
    by_hand = (softplus(-1) + softplus(1)) / 2 + (softplus(-2) + softplus(2)) / 2
    assert loss.critic(REAL, FAKE).item() == pytest.approx(by_hand / 2)
    assert loss.generator(FAKE, REAL).item() == pytest.approx(loss.critic(FAKE, REAL).item())
    with pytest.raises(ValueError, match="scores of real"):
        loss.generator(FAKE, None)


def test_hinge_differs_for_generator_and_critic():
    """Known defect elsewhere: the generator reuses the critic's hinge and stops learning early."""
    far = torch.tensor([5.0], requires_grad=True)
    adversarial_losses["hinge"].generator(far, None).backward()
    assert far.grad.item() == -1.0


def test_scores_are_not_squashed_before_the_hinge():
    """Known defect elsewhere: scores pass through tanh, so a margin of 1 can never be reached."""
    assert adversarial_losses["hinge"].critic(torch.tensor([1.0]), torch.tensor([-1.0])).item() == 0


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_logistic_losses_do_not_overflow(name):
    loss = adversarial_losses[name]
    assert torch.isfinite(loss.critic(torch.tensor([-1e4]), torch.tensor([1e4])))
    assert torch.isfinite(loss.generator(torch.tensor([-1e4]), None))


def test_the_optimal_logistic_critic_finds_the_log_density_ratio():
    """Goodfellow et al. 2014, proposition 1: D* = p / (p + q), so its score is log(p / q)."""
    real_share = 0.8  # of the cases at one point in space, 80 % are real
    score = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.SGD([score], lr=1.0)
    for _ in range(500):
        optimiser.zero_grad()
        critic = adversarial_losses["minimax"].critic
        real, fake = critic(score, torch.tensor([-1e3])), critic(torch.tensor([1e3]), score)
        (real_share * real + (1 - real_share) * fake).backward()
        optimiser.step()
    assert score.item() == pytest.approx(math.log(0.8 / 0.2), abs=1e-4)


def test_ranking_accuracy_is_the_share_of_pairs_ranked_right():
    assert ranking_accuracy(REAL, FAKE).item() == pytest.approx(2 / 4)
    assert ranking_accuracy(torch.tensor([1.0]), torch.tensor([0.0])).item() == 1.0
