"""Translate images larger than what the game sees: window by window, blended where they overlap."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Translate = Callable[[Mapping[str, Float32]], Float32]


@dataclass(frozen=True)
class Windows:
    """How windows of ``size`` cover images of ``spatial``, each sharing ``overlap`` with the next.

    ``reduce`` says by how much the grid of each column is coarser than that of the image; windows
    start at multiples of the coarsest, so all columns show the same place.
    """

    spatial: tuple[int, ...]
    size: tuple[int, ...]
    reduce: Mapping[str, int]
    overlap: float = 0.5

    def starts(self) -> Iterator[tuple[int, ...]]:
        """Return the first index of every window; the last ones end where the image ends."""
        step = math.lcm(*self.reduce.values())
        return itertools.product(
            *(
                _starts(side, size, step, self.overlap)
                for side, size in zip(self.spatial, self.size, strict=True)
            )
        )

    def translate(
        self, given: Mapping[str, Float32], translate: Translate, at_once: int
    ) -> Float32:
        """Return the whole image (C, *spatial) of columns (C', *spatial / reduce).

        ``translate`` maps columns (B, C', *size / reduce) to (B, C, *size). Where windows overlap,
        their values are averaged with weights that fall towards the edge, so that no seam is left;
        memory is that of one image and ``at_once`` windows.
        """
        weight = self._weight()
        total = np.zeros((1, *self.spatial), np.float32)
        summed: Float32 | None = None
        for starts in _batched(self.starts(), at_once):
            made = translate({name: self._cut(given[name], name, starts) for name in given})
            if summed is None:
                summed = np.zeros((made.shape[1], *self.spatial), np.float32)
            for start, image in zip(starts, made, strict=True):
                place = self._place(start, 1)
                summed[place] += image * weight
                total[place] += weight
        assert summed is not None
        return summed / total

    def _cut(self, column: Float32, name: str, starts: tuple[tuple[int, ...], ...]) -> Float32:
        return np.stack([column[self._place(start, self.reduce[name])] for start in starts])

    def _place(self, start: tuple[int, ...], by: int) -> tuple[slice, ...]:
        parts = zip(start, self.size, strict=True)
        return (slice(None), *(slice(a // by, (a + size) // by) for a, size in parts))

    def _weight(self) -> Float32:
        """Return a tent over the window, (*size), positive to its very edge."""
        sides = [np.minimum(np.arange(size) + 1, size - np.arange(size)) for size in self.size]
        return np.asarray(reduce(np.multiply.outer, sides), np.float32)


def _starts(side: int, size: int, step: int, overlap: float) -> list[int]:
    stride = max(step, int(size * (1 - overlap)) // step * step)
    return [*range(0, side - size, stride), side - size]


def _batched(
    starts: Iterator[tuple[int, ...]], at_once: int
) -> Iterator[tuple[tuple[int, ...], ...]]:
    while batch := tuple(itertools.islice(starts, at_once)):
        yield batch
