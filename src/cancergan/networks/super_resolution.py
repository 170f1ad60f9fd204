"""Super-resolution: residual blocks on the coarse grid, then sub-pixel convolutions."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.core.errors import BadInputError
from cancergan.networks.layers import Spatial, convolution
from cancergan.networks.translators import NoisySource, ResidualBlock, translators

_LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


def shuffle_pixels(features: Tensor, factor: int) -> Tensor:
    """Rearrange (B, C * factor^n, *spatial) to (B, C, *spatial * factor), n spatial axes.

    Source: Shi et al. 2016, eq. 4; ``torch.nn.functional.pixel_shuffle`` for any number of axes.
    """
    batch, channels, *spatial = features.shape
    dims = len(spatial)
    split = features.view(batch, channels // factor**dims, *[factor] * dims, *spatial)
    order = [axis for n in range(dims) for axis in (2 + dims + n, 2 + n)]
    mixed = split.permute(0, 1, *order)
    return mixed.reshape(batch, -1, *[side * factor for side in spatial])


class SubPixelConvolution(nn.Module):
    """A convolution to factor^n times the channels, which then become pixels."""

    def __init__(self, dims: int, channels: int, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.convolution = convolution(dims, channels, channels * factor**dims)
        # All sub-pixels start alike, so that training begins without a checkerboard (Aitken et al.
        # 2017, "Checkerboard artifact free sub-pixel convolution").
        weight = self.convolution.weight
        assert isinstance(weight, Tensor)
        with torch.no_grad():
            one = weight[:: factor**dims].clone()
            weight.copy_(one.repeat_interleave(factor**dims, dim=0))

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, channels, *spatial) to (B, channels, *spatial * factor)."""
        return shuffle_pixels(self.convolution(features), self.factor)


@translators.register("super_resolution")
class SuperResolutionTranslator(nn.Module):
    """SRResNet (Ledig et al. 2017, figure 4) that adds detail to the interpolated source.

    Without batch normalisation, as later work found better (Lim et al. 2017); what the blocks make
    is added to linear interpolation, so that training starts from there.
    """

    def __init__(
        self,
        *,
        inputs: int,
        outputs: int,
        spatial: Spatial,
        latent_size: int = 0,
        enlarge: int = 1,
        width: int = 32,
        blocks: int = 4,
        normalise: str = "none",
    ) -> None:
        super().__init__()
        if inputs != outputs or enlarge < 2 or enlarge & (enlarge - 1):
            raise BadInputError(
                f'translator "super_resolution": {inputs} channels at 1/{enlarge} of the size to '
                f"{outputs}. It needs equal channels and data.source.reduce of 2, 4 or 8."
            )
        dims = len(spatial)
        self.mode, self.enlarge = _LINEAR[dims], enlarge
        self.input = NoisySource(inputs, latent_size)
        self.start = convolution(dims, self.input.channels, width, kernel=5)
        self.body = nn.Sequential(
            *[ResidualBlock(dims, width, normalise, "zeros") for _ in range(blocks)],
            convolution(dims, width, width),
        )
        doublings = enlarge.bit_length() - 1
        layers: list[nn.Module] = []
        for _ in range(doublings):
            layers += [SubPixelConvolution(dims, width, 2), nn.LeakyReLU(0.2, inplace=True)]
        self.up = nn.Sequential(*layers)
        self.end = convolution(dims, width, outputs)

    def forward(self, source: Tensor, noise: Tensor | None = None) -> Tensor:
        """Map (B, channels, *spatial) to (B, channels, *spatial * enlarge), within [-1, 1]."""
        features = self.start(self.input(source, noise))
        features = self.up(features + self.body(features))
        size = [side * self.enlarge for side in source.shape[2:]]
        interpolated = functional.interpolate(source, size=size, mode=self.mode)
        made: Tensor = (interpolated + self.end(features)).clamp(-1, 1)
        return made
