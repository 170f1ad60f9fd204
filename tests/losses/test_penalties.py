"""Penalties against critics whose gradients are known."""

import math

import pytest
import torch

from cancergan.losses.adversarial import adversarial_losses
from cancergan.losses.penalties import between, gradient_penalty, r1, r2, squared_gradient_norms

W = torch.tensor([3.0, 4.0])
SEED = torch.Generator


def linear(image):
    return image.flatten(1) @ W  # |gradient| is 5 everywhere


def draws():
    return torch.Generator().manual_seed(0)


def test_penalty_of_a_linear_critic_is_exact():
    one, two = torch.randn(8, 2, generator=draws()), torch.zeros(8, 2)
    assert gradient_penalty(linear, one, two, draws()).item() == pytest.approx(16)
    assert gradient_penalty(linear, one, two, draws(), target=5).item() == pytest.approx(
        0, abs=1e-8
    )
    assert r1(linear, one, two, draws()).item() == pytest.approx(25 / 2)


def test_r1_looks_at_real_and_r2_at_synthetic_images():
    real, fake = torch.full((4, 1), 3.0), torch.full((4, 1), 5.0)

    def square(image):
        return image.square().sum(dim=1)

    assert r1(square, real, fake, draws()).item() == pytest.approx((2 * 3) ** 2 / 2)
    assert r2(square, real, fake, draws()).item() == pytest.approx((2 * 5) ** 2 / 2)


def test_each_sample_has_its_own_epsilon():
    """Known defect elsewhere: one epsilon for the whole batch."""
    mixed = between(torch.ones(64, 1, 2, 2), torch.zeros(64, 1, 2, 2), draws())
    assert len(mixed[:, 0, 0, 0].unique()) == 64
    assert torch.equal(mixed.amin(dim=(1, 2, 3)), mixed.amax(dim=(1, 2, 3)))
    assert 0 <= mixed.min() < 0.1
    assert 0.9 < mixed.max() <= 1


def test_penalty_reaches_the_critics_weights():
    critic = torch.nn.Linear(2, 1, bias=False)
    gradient_penalty(
        lambda x: critic(x).squeeze(1), torch.ones(4, 2), torch.zeros(4, 2), draws()
    ).backward()
    weight = critic.weight.detach()
    expected = 2 * (weight.norm() - 1) * weight / weight.norm()
    torch.testing.assert_close(critic.weight.grad, expected)


def test_a_dead_critic_has_a_finite_gradient():
    weight = torch.zeros(2, requires_grad=True)
    gradient_penalty(lambda x: x @ weight, torch.ones(4, 2), torch.zeros(4, 2), draws()).backward()
    assert torch.isfinite(weight.grad).all()


def test_norms_are_per_sample():
    image = torch.tensor([[1.0], [2.0]])
    norms = squared_gradient_norms(lambda x: x.square().sum(dim=1), image)
    assert norms.tolist() == pytest.approx([4.0, 16.0])


def optimal_critic(real, fake, *, weight=100.0, steps=400):
    """Train a small critic on the library's Wasserstein loss and penalty, and return it."""
    torch.manual_seed(0)
    critic = torch.nn.Sequential(
        torch.nn.Linear(real(1).shape[1], 48), torch.nn.Softplus(), torch.nn.Linear(48, 1)
    )

    def score(image):
        return critic(image).squeeze(1)

    optimiser = torch.optim.Adam(critic.parameters(), lr=1e-2, betas=(0.5, 0.9))
    loss, generator = adversarial_losses["wasserstein"], draws()
    for _ in range(steps):
        one, two = real(256), fake(256)
        optimiser.zero_grad()
        penalty = gradient_penalty(score, one, two, generator)
        (loss.critic(score(one), score(two)) + weight * penalty).backward()
        optimiser.step()
    return score


@pytest.mark.parametrize(
    ("shift", "distance"), [((2.0,), 2.0), ((3.0, -4.0), 5.0)], ids=["one axis", "two axes"]
)
def test_the_optimal_critic_of_two_gaussians_recovers_their_wasserstein_distance(shift, distance):
    """A shift of a distribution is as far as it is long."""
    generator = draws()
    moved = torch.tensor(shift)

    def real(cases):
        return torch.randn(cases, len(shift), generator=generator) + moved

    def fake(cases):
        return torch.randn(cases, len(shift), generator=generator)

    critic = optimal_critic(real, fake)
    with torch.no_grad():
        on_real, on_fake = critic(real(4000)), critic(fake(4000))
    found = -adversarial_losses["wasserstein"].critic(on_real, on_fake).item()
    error = math.sqrt((on_real.var() + on_fake.var()).item() / 4000)
    # The penalty is soft: slopes exceed 1 by distance / (2 weight), which is known and small.
    soft = distance**2 / (2 * 100)
    assert distance - 3 * error - 0.02 * distance < found < distance + soft + 3 * error
