"""Weights that follow slowly: the exponential moving average that synthesis uses."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from cancergan.games.base import Game

_RAMP = 0.05  # early weights are soon forgotten: never average over more than 1/20 of what was seen


def keep_averages(game: Game) -> None:
    """Give every player whose output is synthesised from an averaged copy of its network."""
    for player in game.players.values():
        if player.synthesises:
            player.average = copy.deepcopy(player.network).requires_grad_(False)


@contextmanager
def evaluating(game: Game) -> Iterator[None]:
    """Set what synthesis uses to evaluate, and every network back to train afterwards."""
    for player in game.players.values():
        player.best.eval()
    try:
        yield
    finally:
        for player in game.players.values():
            player.network.train()


@torch.no_grad()
def follow(
    average: nn.Module, network: nn.Module, *, seen: int, batch: int, half_life: int
) -> None:
    """Move the average towards the network after ``batch`` more images, ``seen`` in all.

    The weight of the past halves every ``half_life`` images (Karras et al. 2020, with ramp-up).
    Running statistics and counters are copied.
    """
    keep = 0.5 ** (batch / max(min(half_life, seen * _RAMP), 1e-8)) if half_life else 0.0
    ours: list[Tensor] = list(average.parameters())
    theirs: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(ours, theirs, 1 - keep)
    for old, new in zip(average.buffers(), network.buffers(), strict=True):
        old.copy_(new)
