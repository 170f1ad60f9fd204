"""Penalties that keep a critic smooth: gradient norms at real, synthetic or in-between images."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from cancergan.core.registry import Registry

Critic = Callable[[Tensor], Tensor]
Penalty = Callable[[Critic, Tensor, Tensor, torch.Generator], Tensor]
penalties: Registry[Penalty] = Registry("penalty")


def squared_gradient_norms(critic: Critic, image: Tensor) -> Tensor:
    """Return |d critic / d image|^2 for each sample, (B,), differentiable in the critic's weights.

    ``critic`` maps (B, C, *spatial) to scores (B,) sample by sample: a layer that mixes samples
    (batch normalisation) would make these norms meaningless.
    """
    return _slope(critic, image.detach()).flatten(1).square().sum(dim=1)


def _slope(critic: Critic, image: Tensor) -> Tensor:
    """Return d critic / d image, (B, C, *spatial), differentiable in the critic's weights."""
    try:
        image.requires_grad_()
    except RuntimeError:  # within torch.func, which differentiates functions and not graphs
        slope: Tensor = torch.func.grad(lambda inner: critic(inner).sum())(image)
        return slope
    (gradient,) = torch.autograd.grad(critic(image).sum(), image, create_graph=True)
    return gradient


def between(real: Tensor, fake: Tensor, generator: torch.Generator | None) -> Tensor:
    """Return epsilon * real + (1 - epsilon) * fake with one uniform epsilon for each sample."""
    draws = torch.rand(real.shape[0], generator=generator, device=real.device, dtype=real.dtype)
    epsilon = draws.view(-1, *[1] * (real.ndim - 1))
    return epsilon * real + (1 - epsilon) * fake


@penalties.register("gradient_penalty")
def gradient_penalty(
    critic: Critic,
    real: Tensor,
    fake: Tensor,
    generator: torch.Generator | None = None,
    *,
    target: float = 1.0,
) -> Tensor:
    """Mean of (|grad critic(x_hat)| - target)^2 at x_hat between real and fake.

    Source: Gulrajani et al. 2017, eq. 3. One epsilon per sample, drawn by the caller's generator.
    Shapes (B, C, *spatial), equal; returns a scalar.
    """
    norms = squared_gradient_norms(critic, between(real, fake, generator))
    # The root has no finite slope at zero, where a dead critic sits.
    return ((norms + 1e-12).sqrt() - target).square().mean()


@penalties.register("r1")
def r1(critic: Critic, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """Half the mean squared gradient norm at real images (Mescheder et al. 2018, eq. 9)."""
    return squared_gradient_norms(critic, real).mean() / 2


@penalties.register("r2")
def r2(critic: Critic, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """Half the mean squared gradient norm at synthetic images (Mescheder et al. 2018, eq. 10)."""
    return squared_gradient_norms(critic, fake).mean() / 2
