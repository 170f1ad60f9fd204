"""Which cases a turn sees: a function of seed and draw alone, so that a resume repeats it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.core.seeds import numpy_generator

Indices = npt.NDArray[np.int64]
Values = npt.NDArray[Any]


@dataclass(frozen=True)
class CaseOrder:
    """The order in which cases are drawn.

    "natural" goes through one permutation of all cases after another; "class_balanced" fills each
    batch with equal shares of the classes, drawn with replacement.
    """

    cases: int
    seed: int
    sampling: str = "natural"
    labels: Indices | None = None

    def indices(self, draw: int, batch_size: int) -> Indices:
        """Return the case numbers of the ``draw``-th batch of the run, (batch_size,)."""
        if self.sampling == "class_balanced" and self.labels is not None:
            return self._balanced(self.labels, draw, batch_size)
        places = np.arange(draw * batch_size, (draw + 1) * batch_size)
        epochs, within = np.divmod(places, self.cases)
        orders = {epoch: _permutation(self.cases, self.seed, int(epoch)) for epoch in set(epochs)}
        return np.array(
            [orders[epoch][place] for epoch, place in zip(epochs, within, strict=True)], np.int64
        )

    def _balanced(self, labels: Indices, draw: int, batch_size: int) -> Indices:
        random = numpy_generator(self.seed, "balanced", draw)
        members = [np.flatnonzero(labels == code) for code in np.unique(labels)]
        classes = (np.arange(batch_size) + random.integers(len(members))) % len(members)
        return np.array([random.choice(members[code]) for code in classes], np.int64)


@lru_cache(maxsize=4)
def _permutation(cases: int, seed: int, epoch: int) -> Indices:
    return numpy_generator(seed, "order", epoch).permutation(cases).astype(np.int64)


@dataclass(frozen=True)
class Drawn:
    """Columns whose rows belong together, and the order in which their cases are drawn."""

    columns: dict[str, Values]
    order: CaseOrder


@dataclass(frozen=True)
class Patches:
    """Which part of every drawn case a game sees: ``size`` on the image's grid, placed at random.

    ``reduce`` says by how much the grid of each column is coarser than that of the image. Starts
    are multiples of the coarsest, so that all parts of one case show the same place.
    """

    size: tuple[int, ...]
    spatial: tuple[int, ...]
    reduce: dict[str, int]
    seed: int

    def cut(self, values: Values, name: str, chosen: Indices, draw: int) -> Values:
        """Return (B, C, *size / reduce) of the chosen rows of (n, C, *spatial / reduce)."""
        step, by = math.lcm(*self.reduce.values()), self.reduce[name]
        room = [
            (side - size) // step + 1 for side, size in zip(self.spatial, self.size, strict=True)
        ]
        random = numpy_generator(self.seed, "patches", draw)
        starts = random.integers(0, room, (len(chosen), len(room))) * step // by
        return np.stack(
            [
                values[case][self._part(start, by)]
                for case, start in zip(chosen, starts, strict=True)
            ]
        )

    def middle(self, values: Values, name: str) -> Values:
        """Return the part in the middle of every row of (n, C, *spatial / reduce)."""
        step, by = math.lcm(*self.reduce.values()), self.reduce[name]
        start = [
            (side - size) // (2 * step) * step // by
            for side, size in zip(self.spatial, self.size, strict=True)
        ]
        return np.asarray(values[self._part(start, by)])

    def _part(self, start: Iterable[int], by: int) -> tuple[Any, ...]:
        """Return the index of a part, whatever axes come before the spatial ones."""
        return (..., *(slice(a, a + n // by) for a, n in zip(start, self.size, strict=True)))


@dataclass(frozen=True)
class TrainingData:
    """The prepared cases, in memory or memory-mapped.

    Columns of the same cases are one part (paired); what is drawn apart is a part of its own.
    """

    parts: tuple[Drawn, ...]
    patches: Patches | None = None

    @property
    def columns(self) -> dict[str, Values]:
        """All columns by name; those of different parts have different lengths."""
        return {name: values for part in self.parts for name, values in part.columns.items()}

    def batch(
        self, draw: int, batch_size: int, *, rank: int = 0, processes: int = 1
    ) -> dict[str, Values]:
        """Return this process's part of the ``draw``-th batch, by column."""
        batch: dict[str, Values] = {}
        for number, part in enumerate(self.parts):
            chosen = part.order.indices(draw, batch_size)[rank::processes]
            for name, values in part.columns.items():
                if self.patches is None or name not in self.patches.reduce:
                    batch[name] = values[chosen]
                else:
                    place = (draw * processes + rank) * len(self.parts) + number
                    batch[name] = self.patches.cut(values, name, chosen, place)
        return batch
