"""The Fréchet distance between two sets of features, what it says of equal ones, and its limit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError, CancerganWarning
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.arrays import Float64, Integers, feature_pair, features, finite
from cancergan.metrics.moments import Moments
from cancergan.metrics.units import Units, cases_by_unit

MANY_FEATURES = 256  # from here on squares are worth their loss of digits
WEAKEST_PIVOT = 1e-5
SQUARING_LOSS = 1e-9


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


def frechet_distance_of_moments(real: Moments, synthetic: Moments) -> float:
    """Squared Fréchet distance of two streams of features; see ``frechet_distance``."""
    return frechet_distance_from_moments(
        real.mean, real.covariance, synthetic.mean, synthetic.covariance
    )


def frechet_floor(
    real: npt.ArrayLike, n_real: int, n_synthetic: int, *, units: Units | None = None
) -> float:
    """Expected Fréchet distance of two samples of these sizes from one and the same distribution.

    First order in 1/n, from the eigenvalues l of the covariance of ``real`` (n, d):
    (1/n_real + 1/n_synthetic)/2 * [2 sum_i l_i + sum_ij l_i l_j (1 + d_ij) / (l_i + l_j)]: the mean
    term and the second-order expansion of the Bures distance for normal features. For n below d it
    is a lower bound, since directions that ``real`` does not show are missing.

    With ``units``, the patient of each real case, the real sample's share is taken from the spread
    between patients instead, for cases of one patient are no independent draws: ten slices of each
    of 20 patients are worth nearer 20 cases than 200. Features need not be normal then. The
    synthetic cases count as independent, which those of a perfect generator are.

    Raises:
        BadInputError: fewer than 2 cases or patients, or not one unit for each case.
    """
    cases = features(real, "real features", at_least=2)
    scores, eigenvalues = _principal_scores(cases)
    rows, columns = eigenvalues[:, None], eigenvalues[None, :]
    covariance_term = (rows * columns / (rows + columns)).sum() + eigenvalues.sum() / 2
    independent = float(2 * eigenvalues.sum() + covariance_term) / 2
    if units is None:
        return (1 / n_real + 1 / n_synthetic) * independent
    of_real = _spread_between_patients(scores, eigenvalues, _rows_by_unit(units, len(cases)))
    return of_real * len(cases) / n_real + independent / n_synthetic


def frechet_excess(
    real: npt.ArrayLike, synthetic: npt.ArrayLike, *, units: Units | None = None
) -> float:
    """Fréchet distance less its floor: corrected for small samples to first order in 1/n.

    Features (n, d), (m, d) of at least 2 cases; ``units`` as in ``frechet_floor``. 0 on average for
    equal distributions, so single values may be negative.
    """
    first, second = feature_pair(real, synthetic, at_least=2)
    floor = frechet_floor(first, len(first), len(second), units=units)
    return frechet_distance(first, second, allow_biased=True) - floor


def frechet_infinity(
    real: npt.ArrayLike,
    synthetic: npt.ArrayLike,
    *,
    seed: int,
    points: int = 12,
    draws: int = 4,
    units: Units | None = None,
) -> float:
    """Fréchet distance extrapolated to infinitely many cases (Chong and Forsyth 2020).

    The intercept at 1/f = 0 of the line through ``frechet_curve``. May be negative by chance where
    the distributions are equal. Arguments as of ``frechet_curve``.
    """
    fractions, distances = frechet_curve(
        real, synthetic, seed=seed, points=points, draws=draws, units=units
    )
    _, intercept = np.polyfit(1 / fractions, distances, 1)
    return float(intercept)


def frechet_curve(
    real: npt.ArrayLike,
    synthetic: npt.ArrayLike,
    *,
    seed: int,
    points: int = 12,
    draws: int = 4,
    units: Units | None = None,
) -> tuple[Float64, Float64]:
    """Return fractions f of both sets, from 1 down, and the mean Fréchet distance at each.

    Both sets are thinned by one fraction, without replacement; the distance is linear in 1/f to
    first order. The thinnest set keeps twice as many cases as features where it can, for below that
    the line bends; at least a tenth and at most half of the cases.

    Args:
        real, synthetic: features (n, d), (m, d) with at least 4 cases.
        seed: of the draws.
        points: how many values, evenly spaced in 1/f.
        draws: distances averaged at each.
        units: the patient of each real case, who is drawn whole; each case by itself where absent.

    Raises:
        BadInputError: fewer than 4 cases or patients, or not one unit for each case.
    """
    first, second = feature_pair(real, synthetic, at_least=4)
    groups = _rows_by_unit(range(len(first)) if units is None else units, len(first))
    if len(groups) < 4:
        raise BadInputError(f"{len(groups)} real patients cannot be thinned. Give 4 or more.")
    smallest = min(len(first), len(second))
    thinnest = min(10.0, max(2.0, smallest / (2 * first.shape[1])), len(groups) / 2)
    generator = numpy_generator(seed, "frechet_infinity")
    inverse_fractions = np.linspace(1.0, thinnest, points)

    def thinned(inverse: float) -> float:
        patients = _thinned(len(groups), inverse, generator)
        kept = first[np.concatenate([groups[i] for i in patients])]
        others = second[_thinned(len(second), inverse, generator)]
        return frechet_distance(kept, others, allow_biased=True)

    distances = [np.mean([thinned(i) for _ in range(draws)]) for i in inverse_fractions]
    return 1 / inverse_fractions, np.array(distances)


def _thinned(n: int, inverse: float, generator: np.random.Generator) -> Integers:
    return generator.choice(n, max(2, round(n / inverse)), replace=False)


def _rows_by_unit(units: Units, n: int) -> list[Integers]:
    groups = cases_by_unit(units)
    if len(units) != n or len(groups) < 2:
        raise BadInputError(
            f"{len(units)} units of {len(groups)} patients for {n} cases: give one for each case, "
            "and two patients or more."
        )
    return groups


def _principal_scores(cases: Float64) -> tuple[Float64, Float64]:
    """Return the cases (n, r) along the directions in which they vary, and the variances (r,)."""
    centred = cases - cases.mean(0)
    _, spectrum, directions = np.linalg.svd(_factor(cases), full_matrices=False)
    kept = spectrum > spectrum[0] * 1e-8
    return centred @ directions[kept].T, spectrum[kept] ** 2


def _spread_between_patients(
    scores: Float64, eigenvalues: Float64, groups: Sequence[Integers]
) -> float:
    """Return what one sample of these patients adds to the expected distance.

    The variance of the mean, and that of each entry of the covariance over 2 (l_i + l_j), both from
    the sums over each patient: the cluster-robust form of the terms in ``frechet_floor``.
    """
    weight = 1 / (eigenvalues[:, None] + eigenvalues[None, :])
    single = np.concatenate([rows for rows in groups if len(rows) == 1] or [np.empty(0, int)])
    squares = scores[single] ** 2
    # For one case u, sum_ij (u_i u_j - l_i d_ij)^2 w_ij, without an (n, r, r) array.
    own = eigenvalues * np.diag(weight)
    scatter = float((squares * (squares @ weight)).sum() - 2 * (squares @ own).sum())
    scatter += len(single) * float((eigenvalues * own).sum())
    mean = float(squares.sum())
    for rows in groups:
        if len(rows) > 1:
            cases = scores[rows]
            excess = cases.T @ cases - len(rows) * np.diag(eigenvalues)
            scatter += float((excess**2 * weight).sum())
            mean += float((cases.sum(0) ** 2).sum())
    patients = len(groups)
    return (mean + scatter / 2) * patients / (patients - 1) / len(scores) ** 2


def _factor(cases: Float64) -> Float64:
    """Return R of at most d rows with R'R the unbiased covariance of the cases (n, d).

    Of many features by Cholesky's method, which is some ten times faster than by reflections, where
    there are cases enough and no direction is so weak that squaring would lose it.
    """
    centred = (cases - cases.mean(0)) / np.sqrt(len(cases) - 1)
    if MANY_FEATURES <= cases.shape[1] <= len(cases) / 2:
        try:
            factor = np.linalg.cholesky(centred.T @ centred).T
        except np.linalg.LinAlgError:
            return np.asarray(np.linalg.qr(centred, mode="r"))
        pivots = np.diag(factor)
        if pivots.min() > WEAKEST_PIVOT * pivots.max():
            return np.asarray(factor)
    return np.asarray(np.linalg.qr(centred, mode="r"))


def _square_root(covariance: Float64) -> Float64:
    """Return R with R'R the given covariance; negative eigenvalues are rounding and count as 0."""
    eigenvalues, vectors = np.linalg.eigh(covariance)
    return np.asarray(np.sqrt(np.maximum(eigenvalues, 0.0))[:, None] * vectors.T)


def _distance(mean1: Float64, factor1: Float64, mean2: Float64, factor2: Float64) -> float:
    # The eigenvalues of S1^1/2 S2 S1^1/2 are the squared singular values of R1 R2'. Taken this way
    # nothing is squared and rooted again, so a rank-deficient covariance loses no digits.
    overlap = _nuclear_norm(factor1 @ factor2.T)
    spread = (factor1**2).sum() + (factor2**2).sum() - 2 * overlap
    return float(((mean1 - mean2) ** 2).sum() + max(spread, 0.0))


def _nuclear_norm(matrix: Float64) -> float:
    """Return the sum of the singular values.

    Of many rows by the eigenvalues of the square, several times faster, unless what squaring may
    cost exceeds 1e-9 of the sum.
    """
    if len(matrix) >= MANY_FEATURES:
        squares = np.linalg.eigvalsh(matrix @ matrix.T)
        roots = np.sqrt(np.maximum(squares, 0.0))
        slack = np.finfo(np.float64).eps * squares[-1]
        lost = np.minimum(slack / np.maximum(2 * roots, np.sqrt(slack)), np.sqrt(slack)).sum()
        if lost <= SQUARING_LOSS * roots.sum():
            return float(roots.sum())
    return float(np.linalg.svd(matrix, compute_uv=False).sum())
