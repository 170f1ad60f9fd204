"""A discriminator of capsules: groups of neurons whose length says how sure they are.

Sources: Sabour et al. 2017 ("Dynamic routing between capsules"), eq. 1-3 and procedure 1; as a
discriminator Jaiswal et al. 2018 ("CapsuleGAN"), with the loss "margin".
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from cancergan.networks.discriminators import Judgement, LabelledImage, discriminators
from cancergan.networks.layers import (
    Spatial,
    pyramid,
    scale_for_leaky_rectifiers,
    strided_layers,
)


def squash(vectors: Tensor) -> Tensor:
    """Shorten vectors (..., D) to |s|^2 / (1 + |s|^2), their direction kept (eq. 1)."""
    square = vectors.square().sum(dim=-1, keepdim=True)
    return vectors * (square / (1 + square) * torch.rsqrt(square + 1e-8))


def route(votes: Tensor, iterations: int) -> tuple[Tensor, Tensor]:
    """Return the capsules above, (B, J, D), that votes (B, I, J, D) agree on, and the couplings.

    Each capsule below shares itself out over those above: its couplings (B, I, J) sum to 1. What
    agrees gains (procedure 1); agreement is not differentiated through, only the last round is.
    """
    logits = votes.new_zeros(votes.shape[:3])
    still = votes.detach()
    for _ in range(iterations - 1):
        above = squash(torch.einsum("bij,bijd->bjd", logits.softmax(dim=2), still))
        logits = logits + torch.einsum("bijd,bjd->bij", still, above)
    couplings = logits.softmax(dim=2)
    return squash(torch.einsum("bij,bijd->bjd", couplings, votes)), couplings


@discriminators.register("capsule")
class CapsuleDiscriminator(nn.Module):
    """Strided convolutions, primary capsules at every place, and routing to those that decide.

    The score is the length of a capsule, in [0, 1): for the loss "margin", or one that lets scores
    be bounded. Two capsules compete for the primary ones, "real" and "other", since a single one
    would leave nothing to route. The class takes part by capsules, too: "projection" gives every
    class a capsule of its own and scores by that of the label, "auxiliary" adds one for each class,
    whose lengths' logits name it.
    """

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        classes: int,
        conditioning: str = "none",
        width: int = 16,
        widest: int = 64,
        capsule: int = 8,
        deciding: int = 16,
        iterations: int = 3,
    ) -> None:
        super().__init__()
        dims, levels = len(spatial), max(1, len(pyramid(spatial)) - 1)
        self.conditioning, self.size, self.iterations = conditioning, capsule, iterations
        self.input = LabelledImage(spatial, conditioning, classes)
        widths = [min(widest, width * 2**level) for level in range(levels)]
        widths[-1] = capsule * math.ceil(widths[-1] / capsule)  # whole capsules at every place
        layers = strided_layers(dims, channels + self.input.added, widths, normalise="none")
        self.layers = nn.Sequential(*layers[:-1])  # squashing replaces the last rectifier
        scale_for_leaky_rectifiers(self.layers)
        places = math.prod(side // 2**levels for side in spatial)
        below = places * widths[-1] // capsule
        self.real = classes if conditioning == "projection" else 1
        above = self.real + 1 + (classes if conditioning == "auxiliary" else 0)
        # Votes of all capsules below add up in one above: their size falls with the number.
        scale = 1 / math.sqrt(below)
        self.weight = nn.Parameter(scale * torch.randn(below, above, deciding, capsule))

    def forward(self, image: Tensor, label: Tensor | None = None) -> Judgement:
        """Judge images (B, channels, *spatial) with class codes (B,); scores lie in [0, 1)."""
        features = self.layers(self.input(image, label)).flatten(2).transpose(1, 2)
        below = squash(features.reshape(len(image), -1, self.size))
        votes = torch.einsum("ijdc,bic->bijd", self.weight, below)
        above, _ = route(votes, self.iterations)
        lengths = (above.square().sum(dim=2) + 1e-12).sqrt()
        if self.conditioning == "projection" and label is not None:
            score = lengths.gather(1, label[:, None]).squeeze(1)
        else:
            score = lengths[:, 0]
        logits = None
        if self.conditioning == "auxiliary":
            logits = torch.logit(lengths[:, self.real + 1 :], eps=1e-6)
        return Judgement(score, logits, (above.flatten(1),))
