"""Adversarial losses: what a critic and a generator each minimise, given the critic's scores.

Scores are (B,) and unbounded, larger meaning "more real"; losses are scalars. The two sides of one
loss are stated apart, because for most of them the generator's is not the critic's with its sign
turned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import relu, softplus

from cancergan.core.registry import Registry


@dataclass(frozen=True)
class AdversarialLoss:
    """One adversarial loss, both sides: ``critic(real, fake)`` and ``generator(fake, real)``.

    ``compares`` says that the generator's side reads the scores of real images too (relativistic
    losses), so the game must judge them in the generator's turn. ``boundary`` is the score between
    "synthetic" and "real", None where scores have no zero (Wasserstein, relativistic).
    """

    critic: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor | None], Tensor]
    source: str
    compares: bool = False
    boundary: float | None = 0.0


adversarial_losses: Registry[AdversarialLoss] = Registry("adversarial loss")


def _logistic_critic(real: Tensor, fake: Tensor) -> Tensor:
    """-E[log D(x)] - E[log(1 - D(G(z)))] with D = sigmoid(score), computed without overflow."""
    return softplus(-real).mean() + softplus(fake).mean()


adversarial_losses.register("minimax")(
    AdversarialLoss(
        critic=_logistic_critic,
        generator=lambda fake, _: -softplus(fake).mean(),
        source="Goodfellow et al. 2014, eq. 1: the generator minimises log(1 - D(G(z)))",
    )
)
adversarial_losses.register("non_saturating")(
    AdversarialLoss(
        critic=_logistic_critic,
        generator=lambda fake, _: softplus(-fake).mean(),
        source="Goodfellow et al. 2014, section 3: the generator maximises log D(G(z))",
    )
)
adversarial_losses.register("least_squares")(
    AdversarialLoss(
        critic=lambda real, fake: ((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2,
        generator=lambda fake, _: ((fake - 1) ** 2).mean() / 2,
        source="Mao et al. 2017, eq. 9 (a = 0, b = c = 1)",
        boundary=0.5,
    )
)
adversarial_losses.register("wasserstein")(
    AdversarialLoss(
        critic=lambda real, fake: fake.mean() - real.mean(),
        generator=lambda fake, _: -fake.mean(),
        source="Arjovsky et al. 2017, eq. 3; the critic must be kept Lipschitz by other means",
        boundary=None,
    )
)
adversarial_losses.register("hinge")(
    AdversarialLoss(
        critic=lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(),
        generator=lambda fake, _: -fake.mean(),
        source="Lim and Ye 2017; Miyato et al. 2018, eq. 16-17",
    )
)


def _relativistic_critic(real: Tensor, fake: Tensor) -> Tensor:
    return (softplus(fake.mean() - real).mean() + softplus(fake - real.mean()).mean()) / 2


def _relativistic_generator(fake: Tensor, real: Tensor | None) -> Tensor:
    if real is None:
        raise ValueError("a relativistic generator's loss needs the scores of real images")
    return _relativistic_critic(fake, real)


adversarial_losses.register("relativistic_average")(
    AdversarialLoss(
        critic=_relativistic_critic,
        generator=_relativistic_generator,
        source="Jolicoeur-Martineau 2019, eq. 5-6",
        compares=True,
        boundary=None,
    )
)


adversarial_losses.register("margin")(
    AdversarialLoss(
        critic=lambda real, fake: (
            relu(0.9 - real).square().mean() + 0.5 * relu(fake - 0.1).square().mean()
        ),
        generator=lambda fake, _: relu(0.9 - fake).square().mean(),
        source="Sabour et al. 2017, eq. 4 (m+ = 0.9, m- = 0.1, lambda = 0.5), scores in [0, 1); "
        "as an adversarial loss Jaiswal et al. 2018",
        boundary=0.5,
    )
)


def observed_scores(real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """Return what is worth watching of scores (B,) or (B, P), by name; patches are averaged."""
    one, two = (score.flatten(1).mean(dim=1) for score in (real[:, None], fake[:, None]))
    return {
        "score_of_real": one.mean(),
        "score_of_synthetic": two.mean(),
        "ranking_accuracy": ranking_accuracy(one, two),
    }


def ranking_accuracy(real: Tensor, fake: Tensor) -> Tensor:
    """Share of (real, synthetic) pairs that the critic ranks right, a scalar in [0, 1].

    1/2 is the equilibrium of the game, 1 a critic that has won; it means the same for every loss.
    """
    return (real[:, None] > fake[None, :]).float().mean()
