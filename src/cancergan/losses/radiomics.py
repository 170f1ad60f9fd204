"""Radiomic features with a slope: soft grey levels, whose counts an optimiser can move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

SMALLEST = 1e-12


@dataclass(frozen=True)
class SoftBins:
    """Grey levels between ``low`` and ``high``, with edges that blur over ``softness`` bins.

    A value belongs to a level by the difference of two logistic steps, one at each edge; the first
    and the last level are open outwards, so a value's shares add up to 1. As ``softness`` goes to 0
    the shares become the bins of ``metrics.radiomics`` (``bin_width``, ``resegment``), and the
    slope away from an edge vanishes: 0.1 to 0.5 is what an optimiser can work with.
    """

    number: int = 16
    low: float = -1.0
    high: float = 1.0
    softness: float = 0.25

    def __post_init__(self) -> None:
        if self.number < 2 or not self.low < self.high or not self.softness > 0:
            raise ValueError(f"{self}: needs 2 bins or more, low < high, and a softness above 0")

    def shares(self, images: Tensor) -> Tensor:
        """Return the share of each level (B, levels, *spatial) of images (B, *spatial)."""
        width = (self.high - self.low) / self.number
        edges = torch.arange(1, self.number, device=images.device, dtype=images.dtype)
        place = ((images - self.low) / width).unsqueeze(1)
        shaped = edges.view(1, -1, *[1] * (images.ndim - 1))
        above = torch.sigmoid((place - shaped) / self.softness)
        every = torch.ones_like(above[:, :1])
        return torch.cat([every, above], 1) - torch.cat([above, torch.zeros_like(every)], 1)


def first_order(images: Tensor, bins: SoftBins | None = None) -> dict[str, Tensor]:
    """Return intensity and histogram features (B,) of images (B, *spatial), named as in metrics.

    Mean, variance and energy are exact; entropy and uniformity are those of the soft levels.
    """
    values = images.flatten(1)
    histogram = (bins or SoftBins()).shares(images).flatten(2).mean(dim=2)
    return {
        "intensity_mean": values.mean(dim=1),
        "intensity_variance": values.var(dim=1, correction=0),
        "intensity_energy": values.square().sum(dim=1),
        "histogram_entropy": _entropy(histogram),
        "histogram_uniformity": histogram.square().sum(dim=1),
    }


def soft_co_occurrence(images: Tensor, bins: SoftBins | None = None) -> Tensor:
    """Return how often two levels are neighbours, (B, levels, levels), symmetric, sum 1.

    Images (B, *spatial) in 2 or 3 dimensions, at least two pixels long on every side; all
    directions in one matrix, as in ``metrics.radiomics`` with ``directions="merge"``.
    """
    shares = (bins or SoftBins()).shares(images)
    dimensions = images.ndim - 1
    steps = [step for step in product((-1, 0, 1), repeat=dimensions) if step > (0,) * dimensions]
    pairs = images.new_zeros(len(images), shares.shape[1], shares.shape[1])
    for step in steps:
        here, there = _neighbours(shares, step)
        pairs = pairs + here.flatten(2) @ there.flatten(2).transpose(1, 2)
    both = pairs + pairs.transpose(1, 2)
    return both / both.sum(dim=(1, 2), keepdim=True)


def co_occurrence(images: Tensor, bins: SoftBins | None = None) -> dict[str, Tensor]:
    """Return co-occurrence features (B,) of images (B, *spatial), named as in metrics.

    Correlation has no value where an image has one level only; there it is 0.
    """
    joint = soft_co_occurrence(images, bins)
    level = torch.arange(1, joint.shape[1] + 1, device=joint.device, dtype=joint.dtype)
    gap = (level[:, None] - level[None, :]).abs()
    mean = joint.sum(dim=2) @ level
    off = level - mean[:, None]
    covariance = (joint * off[:, :, None] * off[:, None, :]).sum(dim=(1, 2))
    variance = (joint.sum(dim=2) * off.square()).sum(dim=1)
    return {
        "glcm_contrast": (joint * gap.square()).sum(dim=(1, 2)),
        "glcm_dissimilarity": (joint * gap).sum(dim=(1, 2)),
        "glcm_inverse_difference": (joint / (1 + gap)).sum(dim=(1, 2)),
        "glcm_inverse_difference_moment": (joint / (1 + gap.square())).sum(dim=(1, 2)),
        "glcm_angular_second_moment": joint.square().sum(dim=(1, 2)),
        "glcm_joint_entropy": _entropy(joint.flatten(1)),
        "glcm_joint_average": mean,
        "glcm_joint_variance": variance,
        "glcm_cluster_tendency": 2 * variance + 2 * covariance,
        "glcm_correlation": covariance / variance.clamp_min(SMALLEST),
    }


def radiomic_features(images: Tensor, bins: SoftBins | None = None) -> Mapping[str, Tensor]:
    """Return all features (B,) of images (B, C, *spatial); channels are averaged beforehand."""
    grey = images.mean(dim=1)
    return first_order(grey, bins) | co_occurrence(grey, bins)


def radiomics_loss(fake: Tensor, real: Tensor, bins: SoftBins | None = None) -> Tensor:
    """Return how far the mean features of a batch lie from real ones, in real deviations squared.

    The mean over features of (mean fake - mean real)^2 / variance of real. Images (B, C, *spatial)
    in the bins' range, at least 2 real ones; returns a scalar. It sees batches, not pairs: sizes of
    the two may differ.
    """
    with torch.no_grad():
        wanted = torch.stack(list(radiomic_features(real, bins).values()))
    made = torch.stack(list(radiomic_features(fake, bins).values()))
    scale = wanted.var(dim=1) + 1e-6 * wanted.square().mean(dim=1) + SMALLEST
    return ((made.mean(dim=1) - wanted.mean(dim=1)).square() / scale).mean()


def _neighbours(shares: Tensor, step: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Return the shares of all voxels with a neighbour in this direction, and the neighbours'."""
    here = [slice(max(0, -move), size - max(0, move)) for move, size in _sides(shares, step)]
    there = [slice(max(0, move), size - max(0, -move)) for move, size in _sides(shares, step)]
    every = [slice(None)] * 2
    return shares[tuple(every + here)], shares[tuple(every + there)]


def _sides(shares: Tensor, step: tuple[int, ...]) -> list[tuple[int, int]]:
    return list(zip(step, shares.shape[2:], strict=True))


def _entropy(share: Tensor) -> Tensor:
    """Return the entropy (B,) of shares (B, n) in bits."""
    return -(share * share.clamp_min(SMALLEST).log2()).sum(dim=1)
