"""Euclidean distances between many samples: as fast as a matrix product, exact where it decides.

|x|^2 + |y|^2 - 2 x.y is quick but loses the last digits, so that equal samples are not quite at 0
and ties break. Here it only finds the candidates; whatever its rounding could decide wrongly is
computed again from the differences. That also allows single precision where the product is what
takes the time: it is twice as fast, and doubts a little more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.metrics.arrays import Float64

BLOCK_ELEMENTS = 8_000_000
SINGLE_FROM = 128  # features from which the product takes the time
SMALLEST, GREATEST = 1e-20, 1e20  # squared lengths that single precision holds
MOST_DOUBTS = 16  # pairs a sample that single precision may leave in doubt, on average

Indices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Block:
    """Squared distances of some samples to others, and how wrong they may be.

    Attributes:
        rows, columns: which samples (slices of the two sets).
        squared: (b, m), in single or double precision.
        row_slack, column_slack: (b, 1) and (m,): the true squared distance of a pair lies within
            their sum.
    """

    rows: slice
    columns: slice
    squared: Floats
    row_slack: Floats
    column_slack: Floats

    @property
    def least(self) -> Floats:
        """What each squared distance (b, m) is at least."""
        return self.squared - self.row_slack - self.column_slack

    @property
    def most(self) -> Floats:
        """What each squared distance (b, m) is at most."""
        return self.squared + self.row_slack + self.column_slack


def blocks(
    rows: Float64, columns: Float64, *, single: bool = False, triangle: bool = False
) -> Iterator[Block]:
    """Yield squared distances of some rows (n, d) to columns (m, d), in bounded memory.

    Args:
        rows, columns: the samples.
        single: in single precision, where the samples are of ordinary size.
        triangle: to the columns from a block's first row on, for where both are one set the
            distance of a pair is needed only once.
    """
    origin = columns.mean(0)
    centred, others = rows - origin, columns - origin
    lengths, other_lengths = (centred**2).sum(1), (others**2).sum(1)
    longest = max(float(lengths.max(initial=0.0)), float(other_lengths.max(initial=0.0)))
    kind = np.float32 if single and SMALLEST < longest < GREATEST else np.float64
    # The rounding of a product of d terms is at most d eps |x||y|, so d eps (|x|^2 + |y|^2) / 2.
    relative = 2 * (rows.shape[1] + 8) * float(np.finfo(kind).eps)
    centred, others, lengths, other_lengths = (
        array.astype(kind, copy=False) for array in (centred, others, lengths, other_lengths)
    )
    step = max(1, BLOCK_ELEMENTS // len(columns))
    for start in range(0, len(rows), step):
        part = slice(start, min(start + step, len(rows)))
        seen = slice(start if triangle else 0, len(columns))
        squared = centred[part] @ others[seen].T
        squared *= -2
        squared += lengths[part, None]
        squared += other_lengths[seen]
        row_slack, column_slack = lengths[part, None] * relative, other_lengths[seen] * relative
        yield Block(part, seen, squared, row_slack, column_slack)


def exact(rows: Float64, columns: Float64, i: Indices, j: Indices) -> Float64:
    """Return the squared distances of the pairs (rows[i], columns[j]) from their differences."""
    step = max(1, BLOCK_ELEMENTS // rows.shape[1])
    parts = (slice(start, start + step) for start in range(0, len(i), step))
    found = [((rows[i[part]] - columns[j[part]]) ** 2).sum(1) for part in parts]
    return np.concatenate([*found, np.empty(0)])


def within(block: Block, radius: Float64, rows: Float64, columns: Float64) -> Flags:
    """Return where squared distances of a block are at most ``radius``, which broadcasts to it.

    ``rows`` and ``columns`` are all samples; what rounding could decide is decided by the exact
    distance.
    """
    limit = radius.astype(block.squared.dtype)
    inside = block.most <= limit
    doubtful = (block.least <= limit) & ~inside
    i, j = np.nonzero(doubtful)
    if not len(i):
        return inside
    here, there = rows[block.rows], columns[block.columns]
    if block.squared.dtype != np.float64 and len(i) > MOST_DOUBTS * len(here):
        (sharper,) = blocks(here, there)
        return within(
            replace(sharper, rows=block.rows, columns=block.columns), radius, rows, columns
        )
    inside[i, j] = exact(here, there, i, j) <= np.broadcast_to(radius, inside.shape)[i, j]
    return inside


def nearest(queries: Float64, references: Float64) -> tuple[Float64, Indices]:
    """Return the distance of each query (m, d) to its nearest reference (n, d), and which it is."""
    chosen = np.concatenate([block.squared.argmin(1) for block in blocks(queries, references)])
    return np.sqrt(exact(queries, references, np.arange(len(queries)), chosen)), chosen


def squared_radii(cases: Float64, k: int) -> Float64:
    """Return the squared distance of each case (n, d) to its k-th nearest other, k below n."""
    if cases.shape[1] >= SINGLE_FROM:
        found = _radii_by_single(cases, k)
        if found is not None:
            return found
    radii = np.empty(len(cases))
    for block in blocks(cases, cases):
        # A case itself is its 0-th neighbour.
        nearby = np.argpartition(block.squared, k, axis=1)[:, : k + 1]
        each = np.repeat(np.arange(len(cases))[block.rows], k + 1)
        radii[block.rows] = exact(cases, cases, each, nearby.ravel()).reshape(-1, k + 1).max(1)
    return radii


def _radii_by_single(cases: Float64, k: int) -> Float64 | None:
    """Return the squared radii from single precision; None where it leaves too much in doubt.

    A pair's distance is needed once, so half of the product is enough. Whatever may be among the k
    nearest of either of a pair is kept, and the exact distances of those decide.
    """
    bounds = np.full((len(cases), k), np.inf)  # of the k nearest so far
    kept: list[tuple[Indices, Indices, Floats]] = []
    for block in blocks(cases, cases, single=True, triangle=True):
        own = np.arange(len(block.squared))
        block.squared[own, own] = np.inf
        later = slice(block.rows.stop, len(cases))
        beyond = slice(len(own), None)
        most, least = block.most, block.least
        bounds[block.rows] = _smallest(bounds[block.rows], most, k)
        bounds[later] = _smallest(bounds[later], most[:, beyond].T, k)
        limit = bounds[:, -1].astype(least.dtype)
        i, j = np.nonzero(least <= limit[block.rows, None])
        kept.append((i + block.rows.start, j + block.rows.start, least[i, j]))
        i, j = np.nonzero(least[:, beyond] <= limit[later])
        kept.append((j + later.start, i + block.rows.start, least[:, beyond][i, j]))
        if sum(len(part[0]) for part in kept) > MOST_DOUBTS * (k + 1) * len(cases):
            return None
    i, j, least = (np.concatenate(part) for part in zip(*kept, strict=True))
    near = least <= bounds[i, -1].astype(least.dtype)
    i, j = i[near], j[near]
    squared = exact(cases, cases, i, j)
    order = np.lexsort((squared, i))
    first = np.searchsorted(i[order], np.arange(len(cases)))
    return np.asarray(squared[order][first + k - 1])


def _smallest(bounds: Float64, others: Floats, k: int) -> Float64:
    """Return the k smallest of bounds (n, k) and others (n, m) in each row, the greatest last."""
    several = others.shape[1] > k
    found = np.partition(others, k - 1, axis=1)[:, :k] if several else others
    return np.partition(np.concatenate([bounds, found], axis=1), k - 1, axis=1)[:, :k]
