"""A network that paints what a coarse image lacks: one level of a Laplacian pyramid."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cancergan.networks.discriminators import LabelledImage
from cancergan.networks.layers import Spatial, convolution, normalisation


class DetailPainter(nn.Module):
    """From an enlarged coarse image and a map of noise to the detail that is missing.

    Source: Denton et al. 2015 (LAPGAN), section 3.2: the noise is one more channel.
    """

    def __init__(
        self, *, channels: int, spatial: Spatial, classes: int, width: int = 16, depth: int = 3
    ) -> None:
        super().__init__()
        dims = len(spatial)
        self.label = LabelledImage(spatial, "concatenate" if classes else "none", classes)
        inputs = channels + 1 + self.label.added
        layers: list[nn.Module] = []
        for _ in range(depth - 1):
            layers += [convolution(dims, inputs, width), normalisation("batch", dims, width)]
            layers += [nn.ReLU(inplace=True)]
            inputs = width
        self.layers = nn.Sequential(*layers, convolution(dims, inputs, channels))

    def forward(self, coarse: Tensor, noise: Tensor, label: Tensor | None = None) -> Tensor:
        """Map coarse images (B, C, *spatial), noise (B, 1, *spatial) and codes (B,) to detail."""
        detail: Tensor = self.layers(self.label(torch.cat([coarse, noise], dim=1), label))
        return detail
