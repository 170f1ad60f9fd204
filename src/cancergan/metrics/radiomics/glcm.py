"""Grey-level co-occurrence: how often two levels are neighbours (Haralick 1973; IBSI 3.6)."""

from __future__ import annotations

import numpy as np

from cancergan.metrics.arrays import Float64, Integers
from cancergan.metrics.radiomics.counting import totals
from cancergan.metrics.radiomics.texture import Texture

Features = dict[str, Float64]


def glcm(texture: Texture) -> Features:
    """Return the co-occurrence features of each region, (regions,) each.

    Neighbours at Chebyshev distance 1, both ways, so the matrix is symmetric.
    """
    counts = co_occurrence(texture)
    region = texture.region_of_groups(len(texture.directions))
    features = glcm_features(counts, texture.highest[region])
    if texture.settings.profile == "pyradiomics":
        features["maximal_correlation_coefficient"] = _maximal_correlation(_shares(counts))
    return {name: texture.mean(figures) for name, figures in features.items()}


def co_occurrence(texture: Texture) -> Float64:
    """Return the symmetric counts of neighbouring levels, (groups, levels, levels)."""
    side = texture.n_levels + 1
    directions = texture.directions
    flat = texture.levels.ravel().astype(np.int64)
    counted = np.zeros(texture.groups(len(directions)) * side**2, dtype=np.int64)
    for number, direction in enumerate(directions):
        stride = texture.stride(direction)
        group = texture.group_of_units(number, directions=len(directions))
        key = flat * side + np.repeat(group * side**2, texture.unit_size)
        counted += np.bincount(key[:-stride] + flat[stride:], minlength=len(counted))
    pairs = counted.reshape(-1, side, side)[:, 1:, 1:].astype(np.float64)
    return pairs + pairs.transpose(0, 2, 1)


def _shares(counts: Float64) -> Float64:
    """Return probabilities; NaN in a matrix without a pair."""
    total = counts.sum(axis=(1, 2), keepdims=True)
    return counts / np.where(total > 0, total, np.nan)


def glcm_features(counts: Float64, highest: Integers) -> Features:
    """Return the features of symmetric matrices (groups, n, n), (groups,) each.

    ``highest`` (groups,) is the number of grey levels that the normalised features divide by.
    """
    joint = _shares(counts)
    level = np.arange(1, joint.shape[1] + 1, dtype=np.float64)
    marginal = joint.sum(axis=2)
    mean = marginal @ level
    variance = marginal @ level**2 - mean**2
    sums, differences = _diagonals(joint)
    features = _of_pairs(joint, level)
    features |= _of_differences(differences, highest)
    features |= _of_sums(sums, mean)
    features |= _of_information(joint, marginal)
    features["joint_average"], features["joint_variance"] = mean, variance
    # Two levels that are always equal correlate neither way: 0 / 0 is undefined.
    with np.errstate(divide="ignore", invalid="ignore"):
        features["correlation"] = (features["autocorrelation"] - mean**2) / np.where(
            variance > 1e-12, variance, np.nan
        )
    return features


def _of_pairs(joint: Float64, level: Float64) -> Features:
    return {
        "joint_maximum": joint.max(axis=(1, 2)),
        "angular_second_moment": (joint**2).sum(axis=(1, 2)),
        "autocorrelation": joint @ level @ level,
    }


def _diagonals(joint: Float64) -> tuple[Float64, Float64]:
    """Return the shares of each sum (groups, 2 n - 1) and each absolute difference (groups, n)."""
    n = joint.shape[1]
    i, j = np.indices((n, n))
    return _totals(joint, i + j, 2 * n - 1), _totals(joint, np.abs(i - j), n)


def _totals(joint: Float64, kind: Integers, kinds: int) -> Float64:
    """Return the share of each kind of pair (n, n) in each matrix, (groups, kinds)."""
    group = np.arange(len(joint)) * kinds
    keys = (group[:, None, None] + kind).ravel()
    return totals(keys, joint.ravel(), len(joint) * kinds).reshape(-1, kinds)


def _of_differences(share: Float64, highest: Integers) -> Features:
    k = np.arange(share.shape[1], dtype=np.float64)
    scaled = k / highest[:, None]
    average = share @ k
    return {
        "contrast": share @ k**2,
        "dissimilarity": average,
        "difference_average": average,
        "difference_variance": share @ k**2 - average**2,
        "difference_entropy": entropy(share),
        "inverse_difference": share @ (1 / (1 + k)),
        "inverse_difference_moment": share @ (1 / (1 + k**2)),
        "inverse_difference_normalised": (share / (1 + scaled)).sum(axis=1),
        "inverse_difference_moment_normalised": (share / (1 + scaled**2)).sum(axis=1),
        "inverse_variance": share[:, 1:] @ (1 / k[1:] ** 2),
    }


def _of_sums(share: Float64, mean: Float64) -> Features:
    k = np.arange(2, share.shape[1] + 2, dtype=np.float64)
    off = k - 2 * mean[:, None]
    moments = {power: (share * off**power).sum(axis=1) for power in (2, 3, 4)}
    return {
        "sum_average": share @ k,
        "sum_variance": moments[2],
        "sum_entropy": entropy(share),
        "cluster_tendency": moments[2],
        "cluster_shade": moments[3],
        "cluster_prominence": moments[4],
    }


def _of_information(joint: Float64, marginal: Float64) -> Features:
    """Return joint entropy and the two measures of information correlation, in bits.

    Of a symmetric matrix both HXY1 and HXY2 are twice the entropy of its margin.
    """
    of_pair, of_margin = entropy(joint.reshape(len(joint), -1)), entropy(marginal)
    shared = np.maximum(2 * of_margin - of_pair, 0.0)
    # The margin of a flat region is certain: there is no information to share.
    with np.errstate(divide="ignore", invalid="ignore"):
        first = (of_pair - 2 * of_margin) / np.where(of_margin > 1e-12, of_margin, np.nan)
    return {
        "joint_entropy": of_pair,
        "information_correlation_1": first,
        "information_correlation_2": np.sqrt(1 - np.exp(-2 * shared)),
    }


def entropy(share: Float64) -> Float64:
    """Return the entropy of each row of shares, in bits; 0 log 0 is 0, NaN stays NaN."""
    logarithm = np.log2(share, out=np.zeros_like(share), where=share > 0)
    bits: Float64 = -(share * logarithm).sum(axis=1)
    return bits


def _maximal_correlation(joint: Float64) -> Float64:
    """Return Haralick's maximal correlation coefficient; 1 where there is only one level.

    The root of the second eigenvalue of D^-1 P D^-1 P, for symmetric P with margins D: the second
    largest size among the eigenvalues of D^-1/2 P D^-1/2.
    """
    margin = joint.sum(axis=2)
    scale = np.divide(1.0, np.sqrt(margin), out=np.zeros_like(margin), where=margin > 0)
    usable = np.isfinite(margin).all(axis=1)
    similar = np.nan_to_num(joint) * scale[:, :, None] * scale[:, None, :]
    if joint.shape[1] < 2:
        return np.where(usable, 1.0, np.nan)
    sizes = np.sort(np.abs(np.linalg.eigvalsh(np.nan_to_num(similar))), axis=1)
    several = (margin > 0).sum(axis=1) > 1
    return np.where(usable, np.where(several, sizes[:, -2], 1.0), np.nan)
