"""Translators made of translators: refinement in stages, and inputs weighed by their place."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.networks.layers import Spatial
from cancergan.networks.translators import UNetTranslator, translators

_LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


@translators.register("cascade")
class CascadeTranslator(nn.Module):
    """U-Nets in a row, each told the source and what the one before it made (auto-context).

    Source: Nie et al. 2018 ("Medical image synthesis with deep convolutional adversarial networks",
    section II-E). All stages learn together, from the last image; later stages add to earlier ones.
    """

    def __init__(
        self,
        *,
        inputs: int,
        outputs: int,
        spatial: Spatial,
        latent_size: int = 0,
        enlarge: int = 1,
        stages: int = 2,
        width: int = 12,
        depth: int = 4,
        **options: Any,
    ) -> None:
        super().__init__()
        self.enlarge = enlarge
        shared: dict[str, Any] = {"outputs": outputs, "spatial": spatial, "width": width}
        shared |= {"latent_size": latent_size, "depth": depth, **options}
        self.stages = nn.ModuleList(
            UNetTranslator(inputs=inputs + (outputs if stage else 0), **shared)
            for stage in range(stages)
        )

    def forward(self, source: Tensor, noise: Tensor | None = None) -> Tensor:
        """Map (B, inputs, *spatial) and (B, latent_size) to (B, outputs, *spatial * enlarge)."""
        if self.enlarge > 1:
            source = functional.interpolate(source, scale_factor=self.enlarge, mode="nearest")
        first, *later = self.stages
        image: Tensor = first(source, noise)
        for stage in later:
            change = stage(torch.cat([source, image], dim=1), noise)
            image = (image + change).clamp(-1, 1)
        return image


@translators.register("locality_adaptive")
class LocalityAdaptiveTranslator(nn.Module):
    """Weigh the input channels differently in each part of the image, then a U-Net.

    Source: Wang et al. 2019 ("3D auto-context-based locality adaptive multi-modality GANs", section
    III-A): a sequence that is telling in one region may say little in another. The image is cut
    into ``parts`` along each axis; each part has its own weights, which start equal and are
    interpolated between parts, so that no seam is left.
    """

    def __init__(
        self,
        *,
        inputs: int,
        outputs: int,
        spatial: Spatial,
        latent_size: int = 0,
        enlarge: int = 1,
        parts: int = 4,
        width: int = 16,
        depth: int = 5,
        normalise: str = "instance",
    ) -> None:
        super().__init__()
        dims = len(spatial)
        self.mode = _LINEAR[dims]
        self.weights = nn.Parameter(torch.full((1, inputs, *[parts] * dims), 1 / inputs))
        self.translate = UNetTranslator(
            inputs=1 + inputs,
            outputs=outputs,
            spatial=spatial,
            latent_size=latent_size,
            enlarge=enlarge,
            width=width,
            depth=depth,
            normalise=normalise,
        )

    def fused(self, source: Tensor) -> Tensor:
        """Return the weighted sum of the channels, (B, 1, *spatial)."""
        weights = functional.interpolate(self.weights, size=source.shape[2:], mode=self.mode)
        return (source * weights).sum(dim=1, keepdim=True)

    def forward(self, source: Tensor, noise: Tensor | None = None) -> Tensor:
        """Map (B, inputs, *spatial) and (B, latent_size) to (B, outputs, *spatial * enlarge)."""
        image: Tensor = self.translate(torch.cat([self.fused(source), source], dim=1), noise)
        return image
