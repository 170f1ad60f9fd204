"""Layers whose weights all learn at one speed, as progressive and style-based networks need them.

Source: Karras et al. 2018 ("Progressive growing of GANs"), sections 4.1 and 4.2.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

_CONVOLVE = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}


class EqualisedConvolution(nn.Module):
    """A convolution that keeps the size; weights are unit normal, scaled by He's constant in use.

    So an optimiser that normalises gradients moves every layer at the same relative speed.
    ``gain`` is the square of He's numerator: 2 before a rectifier, 1 before nothing.
    """

    def __init__(
        self, spatial_dims: int, inputs: int, outputs: int, *, kernel: int = 3, gain: float = 2.0
    ) -> None:
        super().__init__()
        self.convolve = _CONVOLVE[spatial_dims]
        self.padding = kernel // 2
        self.scale = math.sqrt(gain / (inputs * kernel**spatial_dims))
        self.weight = nn.Parameter(torch.randn(outputs, inputs, *[kernel] * spatial_dims))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, inputs, *spatial) to (B, outputs, *spatial)."""
        return self.convolve(image, self.weight * self.scale, self.bias, padding=self.padding)


class EqualisedLinear(nn.Module):
    """A linear layer with unit normal weights that are scaled in use.

    ``rate`` slows the layer's learning down without changing what it computes at first (Karras et
    al. 2019: 0.01 for the mapping network).
    """

    def __init__(
        self, inputs: int, outputs: int, *, gain: float = 2.0, rate: float = 1.0, bias: float = 0.0
    ) -> None:
        super().__init__()
        self.scale, self.rate = rate * math.sqrt(gain / inputs), rate
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))

    def forward(self, features: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        return functional.linear(features, self.weight * self.scale, self.bias * self.rate)


class PixelNorm(nn.Module):
    """Divide the feature vector of every pixel by its root mean square: b = a / sqrt(mean a^2)."""

    def __init__(self, axis: int = 1) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, features: Tensor) -> Tensor:
        """Keep the shape; the mean square along ``axis`` becomes 1."""
        square = features.square().mean(dim=self.axis, keepdim=True)
        return features * torch.rsqrt(square + 1e-8)
