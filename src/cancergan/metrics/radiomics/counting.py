"""Weighted counts, which all texture matrices are made of."""

from __future__ import annotations

import numpy as np

from cancergan.metrics.arrays import Float64, Integers


def totals(keys: Integers, weights: Float64, length: int) -> Float64:
    """Return the sum of the weights (n,) of each key (n,) from 0 to below ``length``.

    >>> totals(np.array([0, 2, 0]), np.array([1.0, 2.0, 3.0]), 3)
    array([4., 0., 2.])
    """
    return np.asarray(np.bincount(keys, weights, minlength=length), dtype=np.float64)
