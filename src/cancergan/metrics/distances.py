"""Euclidean distances between many samples: as fast as a matrix product, exact where it decides.

|x|^2 + |y|^2 - 2 x.y is quick but loses the last digits, so that equal samples are not quite at 0
and ties break. Here it only finds the candidates; whatever its rounding could decide wrongly is
computed again from the differences.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cancergan.metrics.arrays import Float64

BLOCK_ELEMENTS = 8_000_000

Indices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


def blocks(rows: Float64, columns: Float64) -> Iterator[tuple[slice, Float64, float]]:
    """Yield squared distances of some rows (n, d) to all columns (m, d), in bounded memory.

    The third item bounds their rounding error.
    """
    origin = columns.mean(0)
    centred, others = rows - origin, columns - origin
    lengths, other_lengths = (centred**2).sum(1), (others**2).sum(1)
    slack = (rows.shape[1] + 8) * np.finfo(np.float64).eps
    slack *= 2 * float(lengths.max(initial=0.0) + other_lengths.max(initial=0.0))
    step = max(1, BLOCK_ELEMENTS // len(columns))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        squared = centred[part] @ others.T
        squared *= -2
        squared += lengths[part, None]
        squared += other_lengths
        yield part, squared, slack


def exact(rows: Float64, columns: Float64, i: Indices, j: Indices) -> Float64:
    """Return the squared distances of the pairs (rows[i], columns[j]) from their differences."""
    step = max(1, BLOCK_ELEMENTS // rows.shape[1])
    parts = (slice(start, start + step) for start in range(0, len(i), step))
    found = [((rows[i[part]] - columns[j[part]]) ** 2).sum(1) for part in parts]
    return np.concatenate([*found, np.empty(0)])


def within(
    squared: Float64, radius: Float64, slack: float, rows: Float64, columns: Float64
) -> Flags:
    """Return where squared distances of a block are at most ``radius``, which broadcasts to it.

    ``rows`` and ``columns`` are the samples of the block; what lies within ``slack`` of its radius
    is decided by the exact distance.
    """
    inside = squared <= radius
    doubtful = inside != (squared <= radius - slack)
    doubtful |= inside != (squared <= radius + slack)
    i, j = np.nonzero(doubtful)
    if len(i):
        limit = np.broadcast_to(radius, squared.shape)[i, j]
        inside[i, j] = exact(rows, columns, i, j) <= limit
    return inside


def nearest(queries: Float64, references: Float64) -> tuple[Float64, Indices]:
    """Return the distance of each query (m, d) to its nearest reference (n, d), and which it is."""
    chosen = np.concatenate([squared.argmin(1) for _, squared, _ in blocks(queries, references)])
    return np.sqrt(exact(queries, references, np.arange(len(queries)), chosen)), chosen


def squared_radii(cases: Float64, k: int) -> Float64:
    """Return the squared distance of each case (n, d) to its k-th nearest other, k below n."""
    radii = np.empty(len(cases))
    for part, squared, _ in blocks(cases, cases):
        # A case itself is its 0-th neighbour.
        nearby = np.argpartition(squared, k, axis=1)[:, : k + 1]
        each = np.repeat(np.arange(len(cases))[part], k + 1)
        radii[part] = exact(cases, cases, each, nearby.ravel()).reshape(-1, k + 1).max(1)
    return radii
