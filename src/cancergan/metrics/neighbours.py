"""Fidelity and diversity from nearest neighbours: precision, recall, density and coverage.

Balls are closed: a sample at exactly the radius counts as inside ("<=", where the authors' code has
"<"), so that constant or duplicated features score 1 and not 0.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, feature_pair

BLOCK_ELEMENTS = 16_000_000


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
    real_radius, synthetic_radius = _radii(first, k), _radii(second, k)
    held = np.zeros(len(second), dtype=np.int64)
    recalled = np.zeros(len(first), dtype=bool)
    covered = np.zeros(len(first), dtype=bool)
    for rows, distance in distance_blocks(first, second):
        inside = distance <= real_radius[rows, None]
        held += inside.sum(0)
        covered[rows] = inside.any(1)
        recalled[rows] = (distance <= synthetic_radius).any(1)
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
    own = _radii(first, 1)
    distance, index = nearest(second, first)
    return float((distance > own[index]).mean())


def nearest(queries: Float64, references: Float64) -> tuple[Float64, npt.NDArray[np.intp]]:
    """Return the distance of each query (m, d) to its nearest reference (n, d), and which it is."""
    found = [(block.min(1), block.argmin(1)) for _, block in distance_blocks(queries, references)]
    distances, indices = zip(*found, strict=True)
    return np.concatenate(distances), np.concatenate(indices)


def distance_blocks(rows: Float64, columns: Float64) -> Iterator[tuple[slice, Float64]]:
    """Yield Euclidean distances of some rows to all columns, in bounded memory.

    Differences are taken before squaring: equal samples are at exactly 0 and ties stay ties, which
    the faster |x|^2 + |y|^2 - 2 x.y would break.
    """
    from scipy.spatial.distance import cdist

    step = max(1, BLOCK_ELEMENTS // len(columns))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        yield part, cdist(rows[part], columns)


def _radii(cases: Float64, k: int) -> Float64:
    """Return the distance of each case to its k-th nearest other case; itself is the 0-th."""
    if len(cases) <= k:
        raise BadInputError(f"{len(cases)} cases have no {k}-th neighbour. Give more than {k}.")
    return np.concatenate([
        np.partition(block, k, axis=1)[:, k] for _, block in distance_blocks(cases, cases)
    ])  # fmt: skip
