"""Fixed networks in whose features images are compared: perceptual and content losses, offline."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from cancergan.core.seeds import derive_seed
from cancergan.networks.layers import convolution, scale_for_leaky_rectifiers


class RandomContent(nn.Module):
    """Features of fixed random convolutions at three scales.

    Random weights already measure texture and structure (He et al. 2016, "A powerful generative
    model using random weights"; Ulyanov et al. 2018), and need no download. Never trained; the seed
    makes them the same everywhere.
    """

    def __init__(self, channels: int, dims: int, *, width: int = 16, levels: int = 3) -> None:
        super().__init__()
        widths = [channels, *(width * 2**level for level in range(levels))]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed(0, "random content", channels, dims, width))
            self.layers = nn.ModuleList(
                convolution(dims, before, after, stride=1 if level == 0 else 2)
                for level, (before, after) in enumerate(pairwise(widths))
            )
            scale_for_leaky_rectifiers(self)
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Map (B, channels, *spatial) to the features of every level."""
        features = []
        for layer in self.layers:
            image = nn.functional.leaky_relu(layer(image), 0.2)
            features.append(image)
        return features


def content_distance(
    network: nn.Module, made: Tensor, wanted: Tensor, distance: Literal["l1", "l2"] = "l1"
) -> Tensor:
    """Mean absolute ("l1") or squared ("l2") difference of features, averaged over the levels.

    Squared: Johnson et al. 2016, eq. 2, and Ledig et al. 2017, eq. 5; absolute: Wang et al. 2018.
    ``wanted`` is compared with, not moved.
    """
    with torch.no_grad():
        target = network(wanted)
    gaps = [ours - theirs for ours, theirs in zip(network(made), target, strict=True)]
    sizes = [(gap.square() if distance == "l2" else gap.abs()).mean() for gap in gaps]
    return torch.stack(sizes).mean()
