"""Has the generator copied its training data? Judged against how near unseen real cases lie."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, feature_pair
from cancergan.metrics.distances import nearest


def nearest_training_case(
    training: npt.ArrayLike, cases: npt.ArrayLike
) -> tuple[Float64, npt.NDArray[np.intp]]:
    """Return for each case (m, d) the distance to, and the row of, its nearest training case."""
    references, queries = feature_pair(training, cases)
    return nearest(queries, references)


def copy_rate(
    training: npt.ArrayLike,
    synthetic: npt.ArrayLike,
    held_out: npt.ArrayLike,
    *,
    quantile: float = 0.01,
) -> float:
    """Share of synthetic cases nearer to a training case than nearly all unseen real cases are.

    The threshold is the ``quantile`` of the held-out cases' own distances to the training cases,
    never an absolute one. In [0, 1]; without memorisation the expectation is
    ``expected_copy_rate``. Features (n, d), (m, d), (h, d).
    """
    return copy_rate_of_distances(
        nearest_training_case(training, synthetic)[0],
        nearest_training_case(training, held_out)[0],
        quantile=quantile,
    )


def copy_rate_of_distances(
    synthetic: Float64, held_out: Float64, *, quantile: float = 0.01
) -> float:
    """The same from distances to the nearest training case, for resampling without searching.

    Raises:
        BadInputError: the quantile is outside (0, 1).
    """
    rank = _threshold_rank(len(held_out), quantile)
    return float((synthetic < np.partition(held_out, rank - 1)[rank - 1]).mean())


def expected_copy_rate(n_held_out: int, *, quantile: float = 0.01) -> float:
    """Expectation of the copy rate where synthetic cases are like unseen real ones.

    The threshold is the r-th smallest of h held-out distances, r = max(1, floor(q (h + 1))), and a
    fresh case falls below it with probability r / (h + 1): q, or more where h is too small for it.

    >>> expected_copy_rate(99), expected_copy_rate(19)
    (0.01, 0.05)
    """
    return _threshold_rank(n_held_out, quantile) / (n_held_out + 1)


def data_copying_statistic(
    training: npt.ArrayLike, synthetic: npt.ArrayLike, held_out: npt.ArrayLike
) -> float:
    """Probability that a synthetic case lies nearer to the training cases than an unseen real one.

    The Mann-Whitney share behind the C_T test (Meehan et al. 2020, section 3), ties counted half.
    In [0, 1]: 0.5 is no memorisation, 1 is copying, below 0.5 is underfitting. Features (n, d),
    (m, d), (h, d).
    """
    return data_copying_of_distances(
        nearest_training_case(training, synthetic)[0],
        nearest_training_case(training, held_out)[0],
    )


def data_copying_of_distances(synthetic: Float64, held_out: Float64) -> float:
    """The same from distances to the nearest training case, for resampling without searching.

    >>> data_copying_of_distances(np.zeros(4), np.array([0.0, 1.0]))
    0.75
    """
    ordered = np.sort(held_out)
    farther = len(ordered) - np.searchsorted(ordered, synthetic, side="right")
    tied = np.searchsorted(ordered, synthetic, side="right") - np.searchsorted(ordered, synthetic)
    return float((farther + tied / 2).mean() / len(ordered))


def _threshold_rank(n_held_out: int, quantile: float) -> int:
    if not 0 < quantile < 1:
        raise BadInputError(f"quantile is {quantile}, must lie between 0 and 1. 0.01 is usual.")
    # A hair above the product, so that 0.01 * 100 counts as 1 whatever its last bit says.
    return max(1, int(np.floor(quantile * (n_held_out + 1) + 1e-9)))
