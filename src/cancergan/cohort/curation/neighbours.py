"""Which images may be copies of which: the nearest in layout, whichever way they were turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float32
from cancergan.cohort.curation.thumbnails import layouts, queries

NEIGHBOURS = 10
LEAST_COSINE = 0.6
BLOCK = 1024

Integers = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Candidates:
    """Pairs that may be copies, one row each.

    Attributes:
        pairs: (m, 2) positions; seen by ``view`` and turned by ``symmetry``, the first looks most
            like the second.
        view, symmetry: (m,) numbers into ``VIEWS`` and ``SYMMETRIES``.
    """

    pairs: Integers
    view: Integers
    symmetry: Integers

    def __len__(self) -> int:
        return len(self.pairs)


def candidates(thumbnails: Float32) -> Candidates:
    """Return for each thumbnail its ten nearest others, each unordered pair once.

    All pairs are compared, by matrix products in blocks: 48 x 144 multiplications a pair.
    """
    index = layouts(thumbnails).reshape(len(thumbnails), -1)
    asked = list(queries(thumbnails))
    found = [
        _nearest(index, asked, start, min(start + BLOCK, len(index)))
        for start in range(0, len(index), BLOCK)
    ]
    pairs, view, symmetry, cosine = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(-cosine, kind="stable")
    _, first = np.unique(np.sort(pairs[order], axis=1), axis=0, return_index=True)
    kept = order[np.sort(first)]
    return Candidates(pairs[kept], view[kept], symmetry[kept])


def _nearest(
    index: Float32, asked: list[tuple[int, int, Float32]], start: int, stop: int
) -> tuple[Integers, Integers, Integers, Float32]:
    """Return pairs, views, symmetries and cosines for the rows from ``start`` to ``stop``."""
    best = np.full((stop - start, len(index)), -np.inf, dtype=np.float32)
    which = np.zeros(best.shape, dtype=np.uint8)
    for number, (_, _, embedding) in enumerate(asked):
        cosine = embedding[start:stop] @ index.T
        better = cosine > best
        best[better] = cosine[better]
        which[better] = number
    rows = np.arange(stop - start)
    best[rows, rows + start] = -np.inf
    count = min(NEIGHBOURS, len(index) - 1)
    nearest = np.argpartition(-best, max(count - 1, 0), axis=1)[:, :count]
    row, place = np.nonzero(np.take_along_axis(best, nearest, axis=1) > LEAST_COSINE)
    column = nearest[row, place]
    how = which[row, column]
    views = np.array([view for view, _, _ in asked], dtype=np.intp)
    symmetries = np.array([symmetry for _, symmetry, _ in asked], dtype=np.intp)
    pairs = np.stack([row + start, column], axis=1).astype(np.intp)
    return pairs, views[how], symmetries[how], best[row, column]
