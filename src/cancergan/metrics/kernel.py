"""The kernel distance: maximum mean discrepancy with a cubic kernel, unbiased at any size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.metrics.arrays import Float64, feature_pair

BLOCK = 1024


def kernel_distance(real: npt.ArrayLike, synthetic: npt.ArrayLike) -> float:
    """Unbiased squared maximum mean discrepancy under k(x, y) = (x.y / d + 1)^3.

    Binkowski et al. 2018, eq. 4, on all cases at once rather than on random subsets. Features
    (n, d) and (m, d) of at least 2 cases; 0 is best. Its expectation for equal distributions is 0,
    so single values may be slightly negative.

    >>> kernel_distance([[0.0], [0.0]], [[1.0], [1.0]])
    7.0
    """
    first, second = feature_pair(real, synthetic, at_least=2)
    n, m = len(first), len(second)
    within_first = (_kernel_sum(first, first) - _kernel_diagonal(first)) / (n * (n - 1))
    within_second = (_kernel_sum(second, second) - _kernel_diagonal(second)) / (m * (m - 1))
    return within_first + within_second - 2 * _kernel_sum(first, second) / (n * m)


def _kernel_sum(first: Float64, second: Float64) -> float:
    total = 0.0
    for start in range(0, len(first), BLOCK):
        product = first[start : start + BLOCK] @ second.T / second.shape[1] + 1
        total += float(np.vdot(product * product, product))
    return total


def _kernel_diagonal(cases: Float64) -> float:
    return float((((cases**2).sum(1) / cases.shape[1] + 1) ** 3).sum())
