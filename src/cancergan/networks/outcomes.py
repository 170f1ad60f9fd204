"""Networks of treatment: what would happen under each treatment, and at each dose."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from cancergan.networks.dense import dense_layers


class PotentialOutcomes(nn.Module):
    """A trunk and a head for each treatment (Shalit et al. 2017, TARNet): (B, I) to (B, K).

    The outcomes are not bounded; 0 is the middle of the outcome's window.
    """

    def __init__(self, inputs: int, treatments: int, *, width: int, depth: int) -> None:
        super().__init__()
        self.trunk = dense_layers(inputs, width, width=width, depth=depth)
        self.heads = nn.ModuleList(
            dense_layers(width, 1, width=width, depth=1) for _ in range(treatments)
        )

    def forward(self, *inputs: Tensor) -> Tensor:
        """Map parts of (B, I) to the outcome under each treatment, (B, K)."""
        shared = leaky_relu(self.trunk(torch.cat(inputs, dim=1)), 0.2)
        return torch.cat([head(shared) for head in self.heads], dim=1)


class DoseResponse(nn.Module):
    """A trunk and a head for each treatment, which reads the dose too: (B, I) to (B, K, D).

    The heads are curves: the outcome at one dose does not hang on which others are asked for.
    """

    def __init__(self, inputs: int, treatments: int, *, width: int, depth: int) -> None:
        super().__init__()
        self.trunk = dense_layers(inputs, width, width=width, depth=depth)
        self.heads = nn.ModuleList(
            dense_layers(width + 1, 1, width=width, depth=2) for _ in range(treatments)
        )

    def forward(self, inputs: Tensor, doses: Tensor) -> Tensor:
        """Return the outcome of each treatment at each dose, (B, K, D), of doses (B, K, D)."""
        shared = leaky_relu(self.trunk(inputs), 0.2)
        curves = []
        for treatment, head in enumerate(self.heads):
            dose = doses[:, treatment, :, None]
            rows = shared[:, None, :].expand(-1, dose.shape[1], -1)
            curves.append(head(torch.cat([rows, dose], dim=2)).squeeze(2))
        return torch.stack(curves, dim=1)


class DoseDiscriminator(nn.Module):
    """Which of the doses of one treatment was given: equivariant to their order.

    Each pair (dose, outcome) is read beside the covariates and the mean of all pairs (Zaheer et al.
    2017, Deep Sets), as Bica et al. 2020 (SCIGAN) build theirs.
    """

    def __init__(self, covariates: int, *, width: int) -> None:
        super().__init__()
        self.pair = dense_layers(2, width, width=width, depth=1)
        self.judge = dense_layers(2 * width + covariates, 1, width=width, depth=1)

    def forward(self, covariates: Tensor, doses: Tensor, outcomes: Tensor) -> Tensor:
        """Map (B, P), (B, D) and (B, D) to a logit for each dose, (B, D)."""
        pairs = leaky_relu(self.pair(torch.stack([doses, outcomes], dim=2)), 0.2)
        mean = pairs.mean(dim=1, keepdim=True).expand_as(pairs)
        beside = covariates[:, None, :].expand(-1, doses.shape[1], -1)
        logits: Tensor = self.judge(torch.cat([pairs, mean, beside], dim=2)).squeeze(2)
        return logits


class TreatmentDiscriminator(nn.Module):
    """Which treatment was given, whatever the order of its doses (SCIGAN's upper level)."""

    def __init__(self, covariates: int, treatments: int, *, width: int) -> None:
        super().__init__()
        self.pairs = nn.ModuleList(
            dense_layers(2, width, width=width, depth=1) for _ in range(treatments)
        )
        self.judge = dense_layers(covariates + treatments * width, treatments, width=width, depth=1)

    def forward(self, covariates: Tensor, doses: Tensor, outcomes: Tensor) -> Tensor:
        """Map (B, P), (B, K, D) and (B, K, D) to a logit for each treatment, (B, K)."""
        seen = [covariates]
        for treatment, network in enumerate(self.pairs):
            pairs = torch.stack([doses[:, treatment], outcomes[:, treatment]], dim=2)
            seen.append(leaky_relu(network(pairs), 0.2).mean(dim=1))
        logits: Tensor = self.judge(torch.cat(seen, dim=1))
        return logits
