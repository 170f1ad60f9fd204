"""Comparing two images by the same network: are they of one patient?"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SiameseComparison(nn.Module):
    """Features of either side by one network, their absolute difference, one linear layer.

    Source: Koch et al. 2015 ("Siamese neural networks for one-shot image recognition"), 3.1.
    """

    def __init__(self, features: nn.Module, size: int) -> None:
        super().__init__()
        self.features = features
        self.verdict = nn.Linear(size, 1)

    def forward(self, images: Tensor, one: Tensor, two: Tensor) -> Tensor:
        """Return logits (P,) that images (B, C, *spatial) number ``one`` and ``two`` (P,) belong.

        Every image goes through the network once, however many pairs it is in.
        """
        found = torch.tanh(self.features(images))
        logits: Tensor = self.verdict((found[one] - found[two]).abs())[:, 0]
        return logits


def pairs_of(images: int, *, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Return the numbers (P,) of both sides of every pair of different images.

    >>> [side.tolist() for side in pairs_of(3)]
    [[0, 0, 1], [1, 2, 2]]
    """
    one, two = torch.triu_indices(images, images, offset=1, device=device)
    return one, two
