"""The sliced Wasserstein distance between two sets of features, scaled as Monge-Inception."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.core.seeds import numpy_generator
from cancergan.metrics.arrays import Float64, feature_pair


def sliced_distance(
    real: npt.ArrayLike, synthetic: npt.ArrayLike, *, seed: int, projections: int = 1000
) -> float:
    """3 d times the mean squared gap of sorted projections on random unit vectors.

    The Monge-Inception distance: squared sliced 2-Wasserstein distance, scaled so that a shift of
    all d features by mu gives 3 d mu^2. Features (n, d) and (m, d) of at least 2 cases; where n and
    m differ, quantiles at the smaller number of points are compared. In [0, inf), 0 is best. Needs
    no covariance, so n may be below d.
    """
    first, second = feature_pair(real, synthetic, at_least=2)
    d = first.shape[1]
    directions = numpy_generator(seed, "sliced_distance").normal(size=(d, projections))
    directions /= np.linalg.norm(directions, axis=0)
    points = min(len(first), len(second))
    gap = _quantiles(first @ directions, points) - _quantiles(second @ directions, points)
    return float(3 * d * (gap**2).mean())


def _quantiles(projected: Float64, points: int) -> Float64:
    ordered = np.sort(projected, axis=0)
    if len(ordered) == points:
        return ordered
    return np.asarray(np.quantile(ordered, (np.arange(points) + 0.5) / points, axis=0))
