"""How many real records have a synthetic one nearer than any other real one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, feature_pair
from cancergan.metrics.distances import nearest, squared_radii

_BINS = 10


def identifiability(real: npt.ArrayLike, synthetic: npt.ArrayLike) -> float:
    """Share of real records (n, d) that are ``identifiable`` by synthetic ones (m, d), in [0, 1].

    Lower is better; copies score 1, and real records drawn afresh, as many, about a half.
    """
    return float(identifiable(real, synthetic).mean())


def identifiable(real: npt.ArrayLike, synthetic: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Say of each real record (n, d) whether a synthetic one (m, d) is nearer than any other real.

    That is definition 1 of Yoon et al. 2020 (ADS-GAN). Columns are standardised and divided by the
    entropy of their values in the real records (10 equal bins), so that what is rare weighs more,
    as published; entropies below a tenth of the largest possible are raised to that.

    Raises:
        BadInputError: fewer than 2 real records, or other columns.
    """
    first, second = feature_pair(real, synthetic)
    if len(first) < 2:
        raise BadInputError("1 real record has no neighbour. Give 2 or more.")
    centre, spread = first.mean(axis=0), np.maximum(first.std(axis=0), 1e-12)
    scale = spread * _entropies(first)
    one, two = (first - centre) / scale, (second - centre) / scale
    distance, _ = nearest(one, two)
    found: npt.NDArray[np.bool_] = distance < np.sqrt(squared_radii(one, 1))
    return found


def _entropies(real: Float64) -> Float64:
    found = []
    for column in real.T:
        counts, _ = np.histogram(column, bins=_BINS)
        shares = counts[counts > 0] / len(column)
        found.append(-(shares * np.log(shares)).sum())
    least = float(np.log(_BINS)) / _BINS
    return np.array([max(entropy, least) for entropy in found])
