"""From an undersampled measurement to an image that agrees with it: k-space, lines, consistency."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cancergan.core.errors import BadInputError
from cancergan.networks.layers import Spatial
from cancergan.networks.translators import UNetTranslator, translators


def sampled_lines(side: int, acceleration: float, centre: float, seed: int) -> Tensor:
    """Return which of ``side`` lines of k-space are measured, (side,) of bool, unshifted order.

    Cartesian: the share ``centre`` around frequency 0 always, others at random until 1 in
    ``acceleration`` is measured. A line and its conjugate go together, so that the zero-filled
    image of a real image is real.
    """
    frequency = torch.fft.fftfreq(side).mul(side).round().abs().long()
    kinds = side // 2 + 1
    wanted = max(1, round(side / acceleration))
    order = torch.randperm(kinds, generator=torch.Generator().manual_seed(seed))
    middle = torch.arange(kinds) <= centre * side / 2
    ranked = torch.cat([torch.arange(kinds)[middle], order[~middle[order]]])
    lines = torch.zeros(side, dtype=torch.bool)
    for kind in ranked:
        if int(lines.sum()) >= wanted:
            break
        lines |= frequency == kind
    return lines


def measured_part(image: Tensor, lines: Tensor) -> Tensor:
    """Return the zero-filled image: what the measured lines of the first spatial axis say.

    A projection: measuring it again changes nothing. ``image`` is (B, C, *spatial).
    """
    shape = [1] * image.ndim
    shape[2] = len(lines)
    spectrum = torch.fft.fft(image, dim=2) * lines.view(shape)
    zero_filled: Tensor = torch.fft.ifft(spectrum, dim=2).real
    return zero_filled


@translators.register("reconstruction")
class Reconstruction(nn.Module):
    """A U-Net that adds to the zero-filled image what was not measured, and nothing else.

    Sources: Yang et al. 2018 (DAGAN, a residual U-Net); data consistency after Schlemper et al.
    2018: of what the network says, only unmeasured lines are kept. The source may be the complete
    image, which is then undersampled first, or the zero-filled one: the first step is a projection.
    Real images (magnitudes) alone: k-space measured by a scanner is complex, and figures of
    magnitudes that were undersampled afterwards flatter (Shimron et al. 2022).

    Args:
        acceleration: one line in so many is measured.
        centre: share of lines around frequency 0 that are always measured.
        pattern: seed of the other lines.
        consistent: whether measured lines are kept as they were.
    """

    def __init__(
        self,
        *,
        inputs: int,
        outputs: int,
        spatial: Spatial,
        latent_size: int = 0,
        enlarge: int = 1,
        acceleration: float = 4.0,
        centre: float = 0.08,
        pattern: int = 0,
        consistent: bool = True,
        width: int = 16,
        depth: int = 4,
    ) -> None:
        super().__init__()
        if inputs != outputs or enlarge != 1:
            raise BadInputError(
                f'translator "reconstruction": source of {inputs} channels, image of {outputs}; '
                "both are the same image. Read the same channels, with reduce=1."
            )
        self.consistent = consistent
        lines = sampled_lines(spatial[0], acceleration, centre, pattern)
        self.lines: Tensor
        self.register_buffer("lines", lines)
        self.fill = UNetTranslator(
            inputs=inputs, outputs=outputs, spatial=spatial, latent_size=latent_size,
            width=width, depth=depth,
        )  # fmt: skip
        nn.init.zeros_(self.fill.end.weight)  # type: ignore[arg-type]

    def measured(self, image: Tensor) -> Tensor:
        """Return the zero-filled image of (B, C, *spatial)."""
        return measured_part(image, self.lines)

    def forward(self, source: Tensor, noise: Tensor | None = None) -> Tensor:
        """Map complete or zero-filled images (B, C, *spatial) to complete ones in [-1, 1]."""
        zero_filled = self.measured(source)
        added: Tensor = self.fill(zero_filled, noise)
        if self.consistent:
            added = added - self.measured(added)
        return (zero_filled + added).clamp(-1, 1)
