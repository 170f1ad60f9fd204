"""Fidelity and diversity from nearest neighbours: precision, recall, density and coverage.

Balls are closed: a sample at exactly the radius counts as inside ("<=", where the authors' code has
"<"), so that constant or duplicated features score 1 and not 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import feature_pair
from cancergan.metrics.distances import SINGLE_FROM, blocks, nearest, squared_radii, within


def precision(real: npt.ArrayLike, synthetic: npt.ArrayLike, k: int = 5) -> float:
    """Share of synthetic samples inside the k-nearest-neighbour ball of any real sample.

    Kynkäänniemi et al. 2019, eq. 1-2. Features (n, d), (m, d), both of more than k cases. In
    [0, 1], 1 is best: fidelity.
    """
    return precision_recall_density_coverage(real, synthetic, k)["precision"]


def recall(real: npt.ArrayLike, synthetic: npt.ArrayLike, k: int = 5) -> float:
    """Share of real samples inside the k-nearest-neighbour ball of any synthetic sample.

    Kynkäänniemi et al. 2019, eq. 1-2. Features (n, d), (m, d), both of more than k cases. In
    [0, 1], 1 is best: diversity.
    """
    return precision_recall_density_coverage(real, synthetic, k)["recall"]


def density(real: npt.ArrayLike, synthetic: npt.ArrayLike, k: int = 5) -> float:
    """Mean number of real k-nearest-neighbour balls that hold a synthetic sample, divided by k.

    Naeem et al. 2020, eq. 4. Features (n, d), (m, d), both of more than k cases. In [0, n/k]; its
    expectation for equal distributions is 1: fidelity, robust to outliers among the real.
    """
    return precision_recall_density_coverage(real, synthetic, k)["density"]


def coverage(real: npt.ArrayLike, synthetic: npt.ArrayLike, k: int = 5) -> float:
    """Share of real samples whose own k-nearest-neighbour ball holds a synthetic sample.

    Naeem et al. 2020, eq. 5. Features (n, d), (m, d), both of more than k cases. In [0, 1]: 1 is
    best, but for equal distributions the expectation is ``expected_coverage``, not 1.

    >>> coverage(np.zeros((9, 2)), np.zeros((9, 2)))
    1.0
    """
    return precision_recall_density_coverage(real, synthetic, k)["coverage"]


def precision_recall_density_coverage(
    real: npt.ArrayLike, synthetic: npt.ArrayLike, k: int = 5
) -> dict[str, float]:
    """All four, by name, from one computation of the distances.

    Raises:
        BadInputError: k is below 1, or either side has k cases or fewer.
    """
    if k < 1:
        raise BadInputError(f"k is {k}, must be 1 or more. 5 is usual.")
    first, second = feature_pair(real, synthetic, at_least=k + 1)
    real_radius, synthetic_radius = squared_radii(first, k), squared_radii(second, k)
    held = np.zeros(len(second), dtype=np.int64)
    recalled = np.zeros(len(first), dtype=bool)
    covered = np.zeros(len(first), dtype=bool)
    for block in blocks(first, second, single=first.shape[1] >= SINGLE_FROM):
        inside = within(block, real_radius[block.rows, None], first, second)
        held += inside.sum(0)
        covered[block.rows] = inside.any(1)
        recalled[block.rows] = within(block, synthetic_radius, first, second).any(1)
    return {
        "precision": float((held > 0).mean()),
        "recall": float(recalled.mean()),
        "density": float(held.mean() / k),
        "coverage": float(covered.mean()),
    }


def expected_coverage(n_real: int, n_synthetic: int, k: int = 5) -> float:
    """Expectation of the coverage when both sets come from one distribution, whichever it is.

    1 - prod((n - 1 - i) / (m + n - 1 - i), i < k) (Naeem et al. 2020, lemma 2).

    >>> round(expected_coverage(500, 400), 6)
    0.947783
    """
    steps = np.arange(k)
    return float(1 - np.prod((n_real - 1 - steps) / (n_synthetic + n_real - 1 - steps)))


def authenticity(training: npt.ArrayLike, synthetic: npt.ArrayLike) -> float:
    """Share of synthetic samples that are no near copies of a training sample.

    Authentic is what lies farther from its nearest training sample than that one's own nearest
    training neighbour does (Alaa et al. 2022, section 3.3). Features (n, d) of at least 2 cases,
    (m, d). In [0, 1]; copies score 0. What fresh draws score depends on the dimension, so read it
    beside the figure of unseen real cases.
    """
    first, second = feature_pair(training, synthetic)
    if len(first) < 2:
        raise BadInputError("1 training case has no neighbour. Give 2 or more.")
    own = np.sqrt(squared_radii(first, 1))
    distance, index = nearest(second, first)
    return float((distance > own[index]).mean())
