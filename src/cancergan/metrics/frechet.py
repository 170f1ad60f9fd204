"""The Fréchet distance between two sets of features, what it says of equal ones, and its limit."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import CancerganWarning
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.arrays import Float64, feature_pair, features, finite


def frechet_distance(
    real: npt.ArrayLike, synthetic: npt.ArrayLike, *, allow_biased: bool = False
) -> float:
    """Squared Fréchet distance of the normal distributions fitted to two sets of features.

    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2) with unbiased covariances (Heusel et al.
    2017, eq. 6). Features (n, d) and (m, d) of at least 2 cases; returns a number in [0, inf), 0 is
    best. It is biased upwards by about ``frechet_floor`` and never NaN, however few the cases.
    Warns where a side has fewer than 2 d cases, unless ``allow_biased``: the caller knows.

    >>> frechet_distance([[0.0], [2.0]], [[3.0], [5.0]])
    9.0
    """
    first, second = feature_pair(real, synthetic, at_least=2)
    fewest, dimensions = min(len(first), len(second)), first.shape[1]
    if fewest < 2 * dimensions and not allow_biased:
        warnings.warn(
            f"Fréchet distance of {fewest} cases with {dimensions} features is mostly sampling "
            f"error: compare it with frechet_floor, or give it {2 * dimensions} cases or more.",
            CancerganWarning,
            stacklevel=2,
        )
    return _distance(first.mean(0), _factor(first), second.mean(0), _factor(second))


def frechet_distance_from_moments(
    mean1: npt.ArrayLike,
    covariance1: npt.ArrayLike,
    mean2: npt.ArrayLike,
    covariance2: npt.ArrayLike,
) -> float:
    """Squared Fréchet distance from means (d,) and covariances (d, d).

    >>> frechet_distance_from_moments(np.zeros(3), np.eye(3), np.ones(3), 4 * np.eye(3))
    6.0
    """
    return _distance(
        finite(mean1, "mean1"),
        _square_root(finite(covariance1, "covariance1")),
        finite(mean2, "mean2"),
        _square_root(finite(covariance2, "covariance2")),
    )


def frechet_floor(real: npt.ArrayLike, n_real: int, n_synthetic: int) -> float:
    """Expected Fréchet distance of two samples of these sizes from one and the same distribution.

    First order in 1/n, from the eigenvalues l of the covariance of ``real`` (n, d):
    (1/n_real + 1/n_synthetic)/2 * [2 sum_i l_i + sum_ij l_i l_j (1 + d_ij) / (l_i + l_j)]: the mean
    term and the second-order expansion of the Bures distance for normal features. For n below d it
    is a lower bound, since directions that ``real`` does not show are missing.
    """
    spectrum = np.linalg.svd(_factor(features(real, "real features", at_least=2)), compute_uv=False)
    eigenvalues = spectrum[spectrum > spectrum[0] * 1e-8] ** 2
    rows, columns = eigenvalues[:, None], eigenvalues[None, :]
    covariance_term = (rows * columns / (rows + columns)).sum() + eigenvalues.sum() / 2
    return float((1 / n_real + 1 / n_synthetic) / 2 * (2 * eigenvalues.sum() + covariance_term))


def frechet_infinity(
    real: npt.ArrayLike, synthetic: npt.ArrayLike, *, seed: int, points: int = 12, draws: int = 4
) -> float:
    """Fréchet distance extrapolated to infinitely many cases (Chong and Forsyth 2020).

    Both sets are thinned by one fraction f, without replacement; the distance is linear in 1/f to
    first order, and the intercept of the fitted line at 1/f = 0 is the answer. The thinnest set
    keeps twice as many cases as features where it can, for below that the line bends; at least half
    and at most a tenth of the cases. May be negative by chance where the distributions are equal.

    Args:
        real, synthetic: features (n, d), (m, d) with at least 4 cases.
        seed: of the draws.
        points: how many values of 1/f.
        draws: distances averaged at each.
    """
    first, second = feature_pair(real, synthetic, at_least=4)
    smallest = min(len(first), len(second))
    thinnest = min(10.0, max(2.0, smallest / (2 * first.shape[1])))
    generator = numpy_generator(seed, "frechet_infinity")
    inverse_fractions = np.linspace(1.0, thinnest, points)
    distances = [
        np.mean([
            frechet_distance(
                _thinned(first, inverse, generator),
                _thinned(second, inverse, generator),
                allow_biased=True,
            )
            for _ in range(draws)
        ])
        for inverse in inverse_fractions
    ]  # fmt: skip
    _, intercept = np.polyfit(inverse_fractions, distances, 1)
    return float(intercept)


def _thinned(cases: Float64, inverse: float, generator: np.random.Generator) -> Float64:
    kept = max(2, round(len(cases) / inverse))
    return cases[generator.choice(len(cases), kept, replace=False)]


def _factor(cases: Float64) -> Float64:
    """Return R of at most d rows with R'R the unbiased covariance of the cases (n, d)."""
    centred = (cases - cases.mean(0)) / np.sqrt(len(cases) - 1)
    return np.asarray(np.linalg.qr(centred, mode="r"))


def _square_root(covariance: Float64) -> Float64:
    """Return R with R'R the given covariance; negative eigenvalues are rounding and count as 0."""
    eigenvalues, vectors = np.linalg.eigh(covariance)
    return np.asarray(np.sqrt(np.maximum(eigenvalues, 0.0))[:, None] * vectors.T)


def _distance(mean1: Float64, factor1: Float64, mean2: Float64, factor2: Float64) -> float:
    # The eigenvalues of S1^1/2 S2 S1^1/2 are the squared singular values of R1 R2'. Taken this way
    # nothing is squared and rooted again, so a rank-deficient covariance loses no digits.
    overlap = np.linalg.svd(factor1 @ factor2.T, compute_uv=False).sum()
    spread = (factor1**2).sum() + (factor2**2).sum() - 2 * overlap
    return float(((mean1 - mean2) ** 2).sum() + max(spread, 0.0))
