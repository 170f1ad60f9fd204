"""pix2pixHD's generator: one network for the whole at half the size, one more for the details."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.networks.layers import Spatial, convolution, normalisation
from cancergan.networks.translators import (
    NoisySource,
    ResidualBlock,
    ResidualTranslator,
    translators,
)

_POOLS = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}


@translators.register("coarse_to_fine")
class CoarseToFineTranslator(nn.Module):
    """A global network on the halved source, whose features a local enhancer refines.

    Source: Wang et al. 2018 (pix2pixHD), section 3.1. Both are trained together here; at the sizes
    of small cohorts the separate first phase of the paper is not needed.
    """

    def __init__(
        self,
        *,
        inputs: int,
        outputs: int,
        spatial: Spatial,
        latent_size: int = 0,
        enlarge: int = 1,
        width: int = 16,
        blocks: int = 4,
        local_blocks: int = 2,
        normalise: str = "instance",
    ) -> None:
        super().__init__()
        dims, self.dims, self.enlarge = len(spatial), len(spatial), enlarge
        self.input = NoisySource(inputs, latent_size)
        self.whole = ResidualTranslator(
            inputs=inputs,
            outputs=outputs,
            spatial=spatial,
            latent_size=latent_size,
            width=width,
            blocks=blocks,
            normalise=normalise,
        )
        self.start = nn.Sequential(
            convolution(dims, self.input.channels, width, kernel=5, padding_mode="replicate"),
            nn.ReLU(inplace=True),
        )
        self.middle = nn.Sequential(
            *[ResidualBlock(dims, width, normalise, "replicate") for _ in range(local_blocks)]
        )
        self.end = nn.Sequential(
            convolution(dims, 2 * width, width),
            normalisation(normalise, dims, width),
            nn.ReLU(inplace=True),
            convolution(dims, width, outputs),
        )

    def forward(self, source: Tensor, noise: Tensor | None = None) -> Tensor:
        """Map (B, inputs, *spatial) and (B, latent_size) to (B, outputs, *spatial * enlarge)."""
        if self.enlarge > 1:
            source = functional.interpolate(source, scale_factor=self.enlarge, mode="nearest")
        fine = self.start(self.input(source, noise))
        coarse = self.whole.features(_POOLS[self.dims](source, 2), noise)
        halved = _POOLS[self.dims](fine, 2)
        refined = self.middle(halved + coarse)
        grown = functional.interpolate(refined, size=fine.shape[2:], mode="nearest")
        return torch.tanh(self.end(torch.cat([grown, fine], dim=1)))
