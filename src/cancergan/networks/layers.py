"""The bricks that every network is laid from, for one, two or three spatial dimensions."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.core.errors import unknown

_CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
NORMALISATIONS = ("batch", "instance", "group", "none")
_BATCH_NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
_POOL = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}

Spatial = tuple[int, ...]

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}  # interpolation by number of dimensions


def convolution(
    spatial_dims: int,
    inputs: int,
    outputs: int,
    *,
    kernel: int = 3,
    stride: int = 1,
    padding_mode: Literal["zeros", "replicate"] = "zeros",
) -> nn.Module:
    """Return a convolution that keeps the size (odd kernel) or halves it, floored (4, stride 2)."""
    padding = (kernel - 1) // 2
    return _CONVOLUTIONS[spatial_dims](
        inputs, outputs, kernel, stride=stride, padding=padding, padding_mode=padding_mode
    )


def normalisation(kind: str, spatial_dims: int, channels: int) -> nn.Module:
    """Return the layer named "batch", "instance", "group" (these never mix samples) or "none"."""
    if kind not in NORMALISATIONS:
        raise unknown("normalisation", kind, NORMALISATIONS)
    if kind == "batch":
        return _BATCH_NORMS[spatial_dims](channels)
    if kind == "instance":  # one group a channel: unlike InstanceNorm, it accepts a single pixel
        return nn.GroupNorm(channels, channels)
    if kind == "group":
        return nn.GroupNorm(channels if channels < 8 else math.gcd(8, channels), channels)
    return nn.Identity()


def pyramid(spatial: Spatial, *, smallest: int = 4) -> list[Spatial]:
    """Return the sizes from ``spatial`` down by halves (rounded up) while the least side allows it.

    The last size is the base from which a generator grows and at which a discriminator decides.

    >>> pyramid((48, 33))
    [(48, 33), (24, 17), (12, 9), (6, 5)]
    """
    sizes = [tuple(spatial)]
    while min(sizes[-1]) >= 2 * smallest - 1:
        sizes.append(tuple((side + 1) // 2 for side in sizes[-1]))
    return sizes


def halve(image: Tensor) -> Tensor:
    """Average (B, C, *spatial) over blocks of two; an odd end is averaged by itself."""
    smaller: Tensor = _POOL[image.ndim - 2](image, 2, ceil_mode=True)
    return smaller


def grow(image: Tensor, spatial: Spatial) -> Tensor:
    """Repeat pixels up to an exact size."""
    return functional.interpolate(image, size=spatial, mode="nearest")


def crop_to(image: Tensor, spatial: Spatial) -> Tensor:
    """Cut the far ends of the spatial axes off, down to ``spatial``."""
    for axis, side in enumerate(spatial, start=-len(spatial)):
        image = image.narrow(axis, 0, side)
    return image


class ResizeConvolution(nn.Module):
    """Nearest-neighbour upsampling to an exact size, then a convolution: no checkerboard.

    Source: Odena et al. 2016, "Deconvolution and checkerboard artifacts".
    """

    def __init__(self, spatial_dims: int, inputs: int, outputs: int, spatial: Spatial) -> None:
        super().__init__()
        self.spatial = spatial
        self.convolution = convolution(spatial_dims, inputs, outputs)

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, inputs, *any) to (B, outputs, *spatial)."""
        grown: Tensor = functional.interpolate(image, size=self.spatial, mode="nearest")
        result: Tensor = self.convolution(grown)
        return result


class TransposedConvolution(nn.Module):
    """A transposed convolution that doubles, cut to an exact size (Radford et al. 2016)."""

    def __init__(self, spatial_dims: int, inputs: int, outputs: int, spatial: Spatial) -> None:
        super().__init__()
        self.spatial = spatial
        self.convolution = _TRANSPOSED[spatial_dims](inputs, outputs, 4, stride=2, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, inputs, *about half of spatial) to (B, outputs, *spatial)."""
        return crop_to(self.convolution(image), self.spatial)


def scale_for_leaky_rectifiers(network: nn.Module) -> None:
    """Draw convolution and linear weights so that signals keep their size (He et al. 2015).

    torch's default shrinks them by half a layer: without normalisation a discriminator of five
    layers would start almost blind.
    """
    for module in network.modules():
        if isinstance(module, (nn.Linear, *_CONVOLUTIONS.values())):
            nn.init.kaiming_normal_(module.weight, a=0.2)  # type: ignore[arg-type]
            if module.bias is not None:
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]


UPSAMPLING = {"nearest": ResizeConvolution, "transposed": TransposedConvolution}


def strided_layers(
    spatial_dims: int, inputs: int, widths: list[int], *, normalise: str
) -> list[nn.Module]:
    """Return halving convolutions, one for each width; the first layer is never normalised."""
    layers: list[nn.Module] = []
    for level, outputs in enumerate(widths):
        layers += [convolution(spatial_dims, inputs, outputs, kernel=4, stride=2)]
        layers += [normalisation(normalise if level else "none", spatial_dims, outputs)]
        layers += [nn.LeakyReLU(0.2, inplace=True)]
        inputs = outputs
    return layers


def deviation_layers(spatial_dims: int, channels: int) -> list[nn.Module]:
    """Return what lets a discriminator compare the images of a batch: (B, channels, *spatial)."""
    return [
        MinibatchStandardDeviation(),
        convolution(spatial_dims, channels + 1, channels),
        nn.LeakyReLU(0.2, inplace=True),
    ]


class MinibatchStandardDeviation(nn.Module):
    """Append one channel: how much the images of a group differ (Karras et al. 2018, section 3).

    A generator that has collapsed makes it zero, which the discriminator then sees.
    """

    def __init__(self, group: int = 8) -> None:
        super().__init__()
        self.group = group

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, C, *spatial) to (B, C + 1, *spatial); a group is the largest divisor of B."""
        batch = features.shape[0]
        group = max(size for size in range(1, min(self.group, batch) + 1) if batch % size == 0)
        split = features.view(group, batch // group, *features.shape[1:])
        variance = (split - split.mean(dim=0)).square().mean(dim=0)  # faster than var()
        deviation = (variance + 1e-8).sqrt().flatten(1).mean(dim=1)
        channel = deviation.repeat(group).view(batch, 1, *[1] * (features.ndim - 2))
        return torch.cat([features, channel.expand(-1, 1, *features.shape[2:])], dim=1)
