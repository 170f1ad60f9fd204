"""Training a classifier on images that are changed, in every step, to mislead it as it is."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator


def projected_descent(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    budget: float,
    steps: int,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return images (B, C, *spatial) in [-1, 1], changed within the budget to raise the loss.

    Signed gradient steps, each projected onto the box around the image (Madry et al. 2018, eq. 2);
    from a random point of the box where a generator is given. One step of the whole budget from
    the image itself is FGSM. For inside a training loop, where a call of the toolbox in every step
    would take longer than the step; a test holds the two together.
    """
    length = budget if steps == 1 else 2.5 * budget / steps
    current = images.clone()
    if generator is not None:
        noise = torch.rand(images.shape, generator=generator).to(images)
        current = (current + budget * (noise * 2 - 1)).clamp(-1, 1)
    for _ in range(steps):
        current.requires_grad_(True)
        loss = functional.cross_entropy(network(current), labels, reduction="sum")
        (slope,) = torch.autograd.grad(loss, current)
        moved = current.detach() + length * slope.sign()
        current = torch.minimum(torch.maximum(moved, images - budget), images + budget)
        current = current.clamp(-1, 1)
    return current.detach()


def hardening(
    *, budget: float, steps: int, seed: int
) -> Callable[[nn.Module, Tensor, Tensor], Tensor]:
    """Return the change of every training batch: its second half is attacked, the first is not.

    Kept half clean, since a network trained on attacked images alone loses more on clean ones
    (Goodfellow et al. 2015, section 6).

    Raises:
        BadInputError: a budget outside (0, 2] or no steps.
    """
    if not 0 < budget <= 2 or steps < 1:
        raise BadInputError(
            f"hardening: budget {budget}, {steps} steps: give (0, 2] and 1 or more."
        )
    generator = torch_generator(seed, "hardening")

    def harden(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        half = len(images) // 2
        changed = projected_descent(
            network, images[half:], labels[half:], budget=budget, steps=steps, generator=generator
        )
        return torch.cat([images[:half], changed])

    return harden
