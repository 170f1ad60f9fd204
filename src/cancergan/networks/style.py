"""A generator whose layers are steered by a style that a mapping network makes from the noise.

Sources: Karras et al. 2019 ("A style-based generator architecture"); Karras et al. 2020 ("Analyzing
and improving the image quality of StyleGAN"), section 2, for modulation with demodulation. With the
relativistic average loss it is the kind of network that PathologyGAN uses (Quiros et al. 2021).
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.networks.equalised import EqualisedConvolution, EqualisedLinear, PixelNorm
from cancergan.networks.generators import LabelledNoise, StyledGenerator, generators
from cancergan.networks.layers import LINEAR, Spatial, pyramid

_MAPPING_RATE = 0.01


def per_channel(values: Tensor, features: Tensor) -> Tensor:
    """Return (B, C) shaped to broadcast over features (B, C, *spatial)."""
    return values.view(*values.shape, *[1] * (features.ndim - 2))


class ModulatedConvolution(nn.Module):
    """A convolution whose weights are scaled by the style, and back to unit size (demodulated).

    Scaling input channels by s and output channels by 1 / sqrt(sum (w s)^2) around one shared
    convolution equals convolving every sample with weights of its own (Karras et al. 2020, eq.
    1-3), and is faster, since the samples share their weights.
    """

    def __init__(
        self,
        spatial_dims: int,
        inputs: int,
        outputs: int,
        style_size: int,
        *,
        kernel: int = 3,
        demodulate: bool = True,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.demodulate = demodulate
        self.convolution = EqualisedConvolution(
            spatial_dims, inputs, outputs, kernel=kernel, gain=gain
        )
        self.scales = EqualisedLinear(style_size, inputs, gain=1.0, bias=1.0)

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        """Map features (B, inputs, *spatial) and styles (B, W) to (B, outputs, *spatial)."""
        scales, convolution = self.scales(style), self.convolution
        weight = convolution.weight * convolution.scale
        convolved = convolution.convolve(
            features * per_channel(scales, features), weight, padding=convolution.padding
        )
        if self.demodulate:
            energy = scales.square() @ weight.square().flatten(2).sum(dim=2).T
            convolved = convolved * per_channel(torch.rsqrt(energy + 1e-8), convolved)
        return convolved + per_channel(convolution.bias[None], convolved)


class StyledLayer(nn.Module):
    """A modulated convolution, noise of one map for all channels, a rectifier that keeps size."""

    def __init__(self, spatial_dims: int, inputs: int, outputs: int, style_size: int) -> None:
        super().__init__()
        self.convolution = ModulatedConvolution(spatial_dims, inputs, outputs, style_size)
        self.noise_strength = nn.Parameter(torch.zeros(()))

    def forward(self, features: Tensor, style: Tensor, generator: torch.Generator | None) -> Tensor:
        """Map (B, inputs, *spatial) to (B, outputs, *spatial); without a generator no noise."""
        features = self.convolution(features, style)
        if generator is not None:
            shape = (len(features), 1, *features.shape[2:])
            noise = torch.randn(shape, generator=generator, device=features.device)
            features = features + self.noise_strength * noise
        return functional.leaky_relu(features, 0.2) * math.sqrt(2)


@generators.register("style")
class StyleGenerator(StyledGenerator):
    """A learnt constant, grown by styled layers, whose image is added up over scales.

    ``depth`` layers map the noise to a style of ``style_size`` numbers; ``mixing`` is the share of
    training samples that take their fine levels from a second style. ``width`` is the number of
    channels at full size, doubled at each coarser one, up to ``widest``.
    """

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        latent_size: int,
        classes: int,
        width: int = 16,
        widest: int = 128,
        style_size: int = 64,
        depth: int = 4,
        mixing: float = 0.5,
    ) -> None:
        super().__init__()
        dims = len(spatial)
        self.mixing, self.mode = mixing, LINEAR[dims]
        self.sizes = pyramid(spatial)[::-1]
        widths = [min(widest, width * 2**level) for level in range(len(self.sizes))][::-1]
        self.input = LabelledNoise(latent_size, classes)
        mapped = [self.input.size] + [style_size] * depth
        layers: list[nn.Module] = [PixelNorm()]
        for inputs, outputs in pairwise(mapped):
            layers += [EqualisedLinear(inputs, outputs, rate=_MAPPING_RATE), nn.LeakyReLU(0.2)]
        self.mapping = nn.Sequential(*layers)
        self.constant = nn.Parameter(torch.randn(1, widths[0], *self.sizes[0]))
        # At full size a convolution costs as much as all coarser ones together: one is enough.
        finest = len(widths) - 1
        self.layers = nn.ModuleList(
            nn.ModuleList(
                StyledLayer(dims, before, outputs, style_size)
                for before in ([inputs] if level == finest else [inputs, outputs])
            )
            for level, (inputs, outputs) in enumerate(pairwise([widths[0], *widths]))
        )
        # The parts of all sizes add up to an image that is not yet pressed against its range.
        gain = 1 / len(widths)
        self.to_image = nn.ModuleList(
            ModulatedConvolution(
                dims, w, channels, style_size, kernel=1, demodulate=False, gain=gain
            )
            for w in widths
        )

    def styles(self, noise: Tensor, label: Tensor | None) -> Tensor:
        """Map noise (B, latent_size) and class codes (B,) to styles (B, style_size)."""
        mapped: Tensor = self.mapping(self.input(noise, label))
        return mapped

    def paint(self, styles: Tensor, generator: torch.Generator | None) -> Tensor:
        """Map styles to images in [-1, 1].

        Styles are (B, style_size), or (B, levels, style_size) with one for each size.
        """
        if styles.ndim == 2:
            styles = styles[:, None].expand(-1, len(self.sizes), -1)
        features = self.constant.expand(len(styles), *self.constant.shape[1:])
        image: Tensor | None = None
        for level, size in enumerate(self.sizes):
            style = styles[:, level]
            if level:
                features = functional.interpolate(features, size=size, mode="nearest")
            for layer in self.layers[level]:  # type: ignore[attr-defined]
                features = layer(features, style, generator)
            part = self.to_image[level](features, style)
            if image is not None:
                part = part + functional.interpolate(image, size=size, mode=self.mode)
            image = part
        assert image is not None
        return torch.tanh(image)

    def forward(
        self, noise: Tensor, label: Tensor | None = None, generator: torch.Generator | None = None
    ) -> Tensor:
        """Map noise (B, latent_size) and class codes (B,) to (B, channels, *spatial) in [-1, 1].

        Noise inputs and the second styles of mixing are drawn from ``generator``; without one there
        are neither.
        """
        styles = self.styles(noise, label)
        if self.training and self.mixing > 0 and generator is not None:
            styles = self._mixed(styles, label, noise, generator)
        return self.paint(styles, generator)

    def _mixed(
        self, styles: Tensor, label: Tensor | None, noise: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Give some samples another style from a random level on, (B, levels, style_size)."""
        levels, device = len(self.sizes), noise.device
        other = self.styles(torch.randn(noise.shape, generator=generator, device=device), label)
        share, place = torch.rand(2, len(noise), generator=generator, device=device)
        # A crossing at the last level or beyond would change nothing, one before the first all.
        crossing = torch.where(share < self.mixing, 1 + (place * (levels - 1)).floor(), levels)
        first = torch.arange(levels, device=device) < crossing[:, None]
        return torch.where(first[..., None], styles[:, None], other[:, None])
