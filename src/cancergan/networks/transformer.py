"""Generator and discriminator of attention alone, for pictures and volumes of any size.

Source: Jiang et al. 2021 ("TransGAN: two pure transformers can make one strong GAN"): stages of
growing token grids, grid attention, relative position bias, a discriminator that reads patches at
several scales. It learns little from little data without augmentation (there, table 4).
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.networks.discriminators import Judgement, LabelledImage, Verdict, discriminators
from cancergan.networks.equalised import PixelNorm
from cancergan.networks.generators import LabelledNoise, generators
from cancergan.networks.layers import LINEAR, MinibatchStandardDeviation, Spatial, halve, pyramid

_HEAD = 16  # channels of one attention head


class Windows(nn.Module):
    """Cuts a token grid into equal blocks of at most ``tokens`` tokens, and joins them again.

    Blocks at the far ends are padded; ``mask`` (blocks, T) tells the tokens that are there.
    """

    mask: Tensor
    offsets: Tensor

    def __init__(self, grid: Spatial, tokens: int) -> None:
        super().__init__()
        most = max(1, math.floor(tokens ** (1 / len(grid)) + 1e-9))
        self.grid = grid
        self.counts = tuple(math.ceil(side / most) for side in grid)
        self.sides = tuple(
            math.ceil(side / count) for side, count in zip(grid, self.counts, strict=True)
        )
        there = self.cut(torch.ones(1, *grid, 1))[..., 0] > 0
        self.register_buffer("mask", there, persistent=False)
        places = torch.cartesian_prod(*[torch.arange(side) for side in self.sides])
        places = places.view(-1, len(grid))
        away = places[:, None] - places[None] + torch.tensor(self.sides) - 1
        steps = [math.prod(2 * s - 1 for s in self.sides[axis + 1 :]) for axis in range(len(grid))]
        self.register_buffer("offsets", (away * torch.tensor(steps)).sum(dim=2), persistent=False)

    @property
    def distances(self) -> int:
        """The number of different offsets between two tokens of a block."""
        return math.prod(2 * side - 1 for side in self.sides)

    def cut(self, tokens: Tensor) -> Tensor:
        """Map (B, *grid, C) to (B * blocks, T, C)."""
        channels, dims = tokens.shape[-1], len(self.grid)
        padding = [0, 0]
        for count, side, length in reversed(
            list(zip(self.counts, self.sides, self.grid, strict=True))
        ):
            padding += [0, count * side - length]
        tokens = functional.pad(tokens, padding)
        split = [n for pair in zip(self.counts, self.sides, strict=True) for n in pair]
        tokens = tokens.reshape(len(tokens), *split, channels)
        order = [0, *range(1, 2 * dims, 2), *range(2, 2 * dims + 1, 2), 2 * dims + 1]
        return tokens.permute(order).reshape(-1, math.prod(self.sides), channels)

    def join(self, blocks: Tensor) -> Tensor:
        """Map (B * blocks, T, C) back to (B, *grid, C)."""
        channels, dims = blocks.shape[-1], len(self.grid)
        tokens = blocks.reshape(-1, *self.counts, *self.sides, channels)
        order = [0]
        for axis in range(dims):
            order += [1 + axis, 1 + dims + axis]
        tokens = tokens.permute([*order, 2 * dims + 1])
        whole = [count * side for count, side in zip(self.counts, self.sides, strict=True)]
        tokens = tokens.reshape(-1, *whole, channels)
        for axis, length in enumerate(self.grid, start=1):
            tokens = tokens.narrow(axis, 0, length)
        return tokens


class GridAttention(nn.Module):
    """Self-attention within blocks of the grid, biased by the tokens' distance.

    Written out, not by torch's fused kernel, whose gradient cannot be differentiated again: a
    gradient penalty on a discriminator needs that.
    """

    def __init__(self, grid: Spatial, channels: int, *, tokens: int) -> None:
        super().__init__()
        self.windows = Windows(grid, tokens)
        self.heads = max(1, channels // _HEAD)
        self.project = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        self.bias = nn.Parameter(torch.zeros(self.heads, self.windows.distances))

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (B, *grid, C) to the same shape."""
        return self.windows.join(self.attend(self.windows.cut(tokens))[0])

    def attend(self, blocks: Tensor) -> tuple[Tensor, Tensor]:
        """Return what blocks (N, T, C) hear, (N, T, C), and from whom, (N, heads, T, T)."""
        number, length, channels = blocks.shape
        parts = self.project(blocks).view(number, length, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        # The query is scaled, not the scores, which are many more.
        scores = (query / math.sqrt(query.shape[-1])) @ key.transpose(2, 3)
        scores += self.bias[:, self.windows.offsets]
        mask = self.windows.mask
        if not bool(mask.all()):
            hidden = ~mask.repeat(number // len(mask), 1)
            scores = scores.masked_fill(hidden[:, None, None], float("-inf"))
        weights = scores.softmax(dim=3)
        heard = (weights @ value).transpose(1, 2).reshape(number, length, channels)
        return self.out(heard), weights


class Block(nn.Module):
    """Attention, then two layers on each token, each after a norm and beside a shortcut."""

    def __init__(self, grid: Spatial, channels: int, *, tokens: int, norm: str) -> None:
        super().__init__()

        def normalise() -> nn.Module:
            return PixelNorm(axis=-1) if norm == "pixel" else nn.LayerNorm(channels)

        self.attention = nn.Sequential(normalise(), GridAttention(grid, channels, tokens=tokens))
        self.each = nn.Sequential(
            normalise(),
            nn.Linear(channels, 4 * channels),
            nn.GELU(),
            nn.Linear(4 * channels, channels),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (B, *grid, C) to the same shape."""
        tokens = tokens + self.attention(tokens)
        mixed: Tensor = tokens + self.each(tokens)
        return mixed


def _places(grid: Spatial, channels: int) -> nn.Parameter:
    return nn.Parameter(0.02 * torch.randn(1, *grid, channels))


@generators.register("transformer")
class TransformerGenerator(nn.Module):
    """A small grid of tokens, grown by interpolation between stages of attention blocks.

    ``width`` is the number of channels at full size, doubled at each coarser one, up to ``widest``;
    ``tokens`` the largest number that attend to one another, beyond which the grid is cut.
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
        blocks: int = 1,
        tokens: int = 256,
    ) -> None:
        super().__init__()
        self.mode = LINEAR[len(spatial)]
        self.sizes = pyramid(spatial)[::-1]
        widths = [min(widest, width * 2**level) for level in range(len(self.sizes))][::-1]
        self.base = (*self.sizes[0], widths[0])
        self.input = LabelledNoise(latent_size, classes)
        self.project = nn.Linear(self.input.size, math.prod(self.base))
        self.places = nn.ParameterList(
            _places(grid, w) for grid, w in zip(self.sizes, widths, strict=True)
        )
        self.stages = nn.ModuleList(
            nn.Sequential(*[Block(grid, w, tokens=tokens, norm="pixel") for _ in range(blocks)])
            for grid, w in zip(self.sizes, widths, strict=True)
        )
        self.narrow = nn.ModuleList(nn.Linear(one, two) for one, two in pairwise(widths))
        self.paint = nn.Sequential(PixelNorm(axis=-1), nn.Linear(widths[-1], channels))

    def forward(self, noise: Tensor, label: Tensor | None = None) -> Tensor:
        """Map noise (B, latent_size) and class codes (B,) to (B, channels, *spatial) in [-1, 1]."""
        grid = self.project(self.input(noise, label)).view(-1, *self.base)
        grid = self.stages[0](grid + self.places[0])
        for narrow, stage, place in zip(
            self.narrow, self.stages[1:], list(self.places)[1:], strict=True
        ):
            size = place.shape[1:-1]
            grown = functional.interpolate(narrow(grid).movedim(-1, 1), size=size, mode=self.mode)
            grid = stage(grown.movedim(1, -1) + place)
        return torch.tanh(self.paint(grid)).movedim(-1, 1).contiguous()


class Patches(nn.Module):
    """Read an image in patches of one size: each becomes the token of its place in the grid."""

    def __init__(self, grid: Spatial, patch: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.grid, self.patch = grid, patch
        self.embed = nn.Linear(inputs * patch ** len(grid), outputs)

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, inputs, *spatial) to (B, *grid, outputs); patches at the far ends are padded."""
        dims, patch = len(self.grid), self.patch
        padding: list[int] = []
        for side, length in zip(self.grid[::-1], image.shape[:1:-1], strict=True):
            padding += [0, side * patch - length]
        image = functional.pad(image, padding)
        split = [n for side in self.grid for n in (side, patch)]
        parts = image.reshape(*image.shape[:2], *split)
        order = [0, *range(2, 2 + 2 * dims, 2), 1, *range(3, 2 + 2 * dims, 2)]
        embedded: Tensor = self.embed(parts.permute(order).reshape(len(image), *self.grid, -1))
        return embedded


@discriminators.register("transformer")
class TransformerDiscriminator(nn.Module):
    """Stages of attention on shrinking grids, each of which reads the image again in its patches.

    A learnt query gathers the last grid into one verdict (their class token). Options as for the
    generator; ``width`` belongs to patches of two.
    """

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        classes: int,
        conditioning: str = "none",
        width: int = 32,
        widest: int = 128,
        blocks: int = 1,
        tokens: int = 256,
        minibatch_deviation: bool = True,
    ) -> None:
        super().__init__()
        sizes = pyramid(spatial)
        # Patches of two at the finest stage; an image that cannot be halved is read in pixels.
        scales = list(range(1, len(sizes))) or [0]
        grids = [sizes[scale] for scale in scales]
        widths = [min(widest, width * 2**number) for number in range(len(scales))]
        self.input = LabelledImage(spatial, conditioning, classes)
        inputs = channels + self.input.added
        self.patches = nn.ModuleList(
            Patches(grid, 2**scale, inputs, w)
            for grid, scale, w in zip(grids, scales, widths, strict=True)
        )
        self.places = nn.ParameterList(
            _places(grid, w) for grid, w in zip(grids, widths, strict=True)
        )
        self.stages = nn.ModuleList(
            nn.Sequential(*[Block(grid, w, tokens=tokens, norm="layer") for _ in range(blocks)])
            for grid, w in zip(grids, widths, strict=True)
        )
        self.join = nn.ModuleList(nn.Linear(one, two) for one, two in pairwise(widths))
        self.deviation = MinibatchStandardDeviation() if minibatch_deviation else nn.Identity()
        last = widths[-1] + int(minibatch_deviation)
        self.query = nn.Parameter(torch.randn(last) / math.sqrt(last))
        self.value = nn.Linear(last, widths[-1])
        self.verdict = Verdict(widths[-1], conditioning, classes)

    def forward(self, image: Tensor, label: Tensor | None = None) -> Judgement:
        """Judge images (B, channels, *spatial) with class codes (B,)."""
        image = self.input(image, label)
        grid = self.stages[0](self.patches[0](image) + self.places[0])
        for join, patches, stage, place in zip(
            self.join, self.patches[1:], self.stages[1:], list(self.places)[1:], strict=True
        ):
            pooled = halve(grid.movedim(-1, 1)).movedim(1, -1)
            grid = stage(join(pooled) + patches(image) + place)
        tokens = self.deviation(grid.movedim(-1, 1)).flatten(2).transpose(1, 2)
        weights = (tokens @ self.query).softmax(dim=1)
        gathered = (weights[..., None] * self.value(tokens)).sum(dim=1)
        judgement: Judgement = self.verdict(functional.leaky_relu(gathered, 0.2), label)
        return judgement
