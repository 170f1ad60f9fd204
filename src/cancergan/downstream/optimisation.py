"""The one training loop of this floor: Adam, a cosine schedule, an exact number of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import nn

from cancergan.downstream.batches import Integers

LEARNING_RATE = 3e-3


def minimise(
    loss: Callable[[Integers], torch.Tensor], parameters: Iterable[nn.Parameter], rows: Integers
) -> int:
    """Take one step on ``loss(batch)`` for each batch of rows (steps, batch); return the steps."""
    optimiser = torch.optim.Adam(parameters, lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=max(len(rows), 1))
    taken = 0
    for batch in rows:
        optimiser.zero_grad()
        loss(batch).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        taken += 1
    return taken
