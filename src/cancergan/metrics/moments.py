"""Means and covariances of features that arrive in parts, in float64, whatever their number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, features


class Moments:
    """Count, mean (d,) and unbiased covariance (d, d) of all features seen so far.

    Memory is of the order of d^2, however many cases pass. Parts are joined by the formula of Chan
    et al. 1983, eq. 2.1, which loses no digits where the mean is large; the order of the parts
    changes the last digits only.

    >>> moments = Moments(1)
    >>> moments.update([[0.0], [2.0]])
    >>> moments.update([[4.0]])
    >>> len(moments), moments.mean, moments.covariance
    (3, array([2.]), array([[4.]]))
    """

    def __init__(self, dimensions: int) -> None:
        self._count = 0
        self._mean = np.zeros(dimensions)
        self._scatter = np.zeros((dimensions, dimensions))

    def update(self, part: npt.ArrayLike) -> None:
        """Add features (n, d).

        Raises:
            BadInputError: NaN, or another number of features than before.
        """
        cases = features(part, "features")
        if cases.shape[1] != len(self._mean):
            raise BadInputError(
                f"features have {cases.shape[1]} dimensions, {len(self._mean)} before."
            )
        if len(cases):
            centred = cases - cases.mean(0)
            self._join(len(cases), cases.mean(0), centred.T @ centred)

    def merge(self, other: Moments) -> None:
        """Add what another process has seen.

        Raises:
            BadInputError: it saw another number of features.
        """
        if len(other._mean) != len(self._mean):
            raise BadInputError(
                f"moments of {len(other._mean)} and {len(self._mean)} features do not join."
            )
        self._join(other._count, other._mean, other._scatter)

    def _join(self, count: int, mean: Float64, scatter: Float64) -> None:
        total = self._count + count
        if not total:
            return
        gap = mean - self._mean
        self._scatter += scatter + np.outer(gap, gap) * (self._count * count / total)
        self._mean += gap * (count / total)
        self._count = total

    def __len__(self) -> int:
        return self._count

    @property
    def mean(self) -> Float64:
        """The mean of all cases."""
        return self._mean.copy()

    @property
    def covariance(self) -> Float64:
        """The unbiased covariance.

        Raises:
            BadInputError: fewer than 2 cases were seen.
        """
        if self._count < 2:
            raise BadInputError(f"{self._count} cases have no covariance. Give 2 or more.")
        return self._scatter / (self._count - 1)
