"""What a segmenter minimises, given logits and a map of labels; 2D and 3D, one label or several.

A map of K labels is (B, K, *spatial): background has no channel, and its logit is 0, so that with
one label the softmax below is the sigmoid.
"""

from __future__ import annotations

import torch
from torch import Tensor


def with_background(logits: Tensor) -> Tensor:
    """Return logits (B, K, *spatial) as (B, 1 + K, *spatial), that of background first, 0."""
    return torch.cat([torch.zeros_like(logits[:, :1]), logits], dim=1)


def label_probabilities(logits: Tensor) -> Tensor:
    """Return the probability (B, K, *spatial) of every label but background."""
    return with_background(logits).softmax(dim=1)[:, 1:]


def cross_entropy_map(logits: Tensor, target: Tensor) -> Tensor:
    """Return the cross-entropy of every pixel, (B, 1, *spatial).

    ``target`` (B, K, *spatial) holds 1 where a label is; its rest to 1 is background.
    """
    log = with_background(logits).log_softmax(dim=1)
    rest = 1 - target.sum(dim=1, keepdim=True)
    return -(torch.cat([rest, target], dim=1) * log).sum(dim=1, keepdim=True)


def soft_dice_loss(probability: Tensor, target: Tensor) -> Tensor:
    """Return 1 - soft Dice over the batch, the mean over labels (Milletari et al. 2016, eq. 1).

    Over the batch, for a single image without any foreground has no Dice.
    """
    axes = [0, *range(2, probability.ndim)]
    overlap = 2 * (probability * target).sum(dim=axes) + 1
    size = probability.square().sum(dim=axes) + target.square().sum(dim=axes) + 1
    return 1 - (overlap / size).mean()


def multiscale_l1(one: tuple[Tensor, ...], two: tuple[Tensor, ...]) -> Tensor:
    """Return the mean absolute difference of features, over layers (SegAN: Xue et al. 2018, eq. 2).

    Features (B, C, *grid), coarser from layer to layer.
    """
    distances = [(a - b).abs().mean() for a, b in zip(one, two, strict=True)]
    return torch.stack(distances).mean()
