"""Which cases a turn sees: a function of seed and draw alone, so that a resume repeats it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.games.base import Game
from cancergan.privacy.teachers import Partition

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
            return self._balanced(draw, batch_size)
        places = np.arange(draw * batch_size, (draw + 1) * batch_size)
        epochs, within = np.divmod(places, self.cases)
        chosen = np.empty(batch_size, np.int64)
        for epoch in np.unique(epochs):
            here = epochs == epoch
            chosen[here] = _permutation(self.cases, self.seed, int(epoch))[within[here]]
        return chosen

    def _balanced(self, draw: int, batch_size: int) -> Indices:
        random = numpy_generator(self.seed, "balanced", draw)
        members = self._members
        classes = (np.arange(batch_size) + random.integers(len(members))) % len(members)
        return np.array([random.choice(members[code]) for code in classes], np.int64)

    @cached_property
    def _members(self) -> list[Indices]:
        """The cases of each class; looked up once, for of a million cases it takes a while."""
        labels = np.empty(0, np.int64) if self.labels is None else self.labels
        return [np.flatnonzero(labels == code) for code in np.unique(labels)]


@lru_cache(maxsize=4)
def _permutation(cases: int, seed: int, epoch: int) -> Indices:
    return numpy_generator(seed, "order", epoch).permutation(cases).astype(np.int64)


@dataclass(frozen=True)
class Drawn:
    """Columns whose rows belong together, the order in which they are drawn, and whose they are.

    ``patients`` has the patient of each row.
    """

    columns: dict[str, Values]
    order: CaseOrder
    patients: tuple[str, ...] = ()


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

    Columns of the same cases are one part (paired); what is drawn apart is a part of its own. From
    a map, the batch after the one asked for is read while the networks compute; it is the very same
    batch that would have been read later.
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
        wanted = (draw, batch_size, rank, processes)
        ahead = self._ahead.pop(wanted, None)
        drawn = self._read(*wanted) if ahead is None else ahead.result()
        if any(isinstance(values, np.memmap) for values in self.columns.values()):
            following = (draw + 1, batch_size, rank, processes)
            self._ahead.clear()
            self._ahead[following] = self._reader.submit(self._read, *following)
        return drawn

    def _read(self, draw: int, batch_size: int, rank: int, processes: int) -> dict[str, Values]:
        batch: dict[str, Values] = {}
        for number, part in enumerate(self.parts):
            chosen = part.order.indices(draw, batch_size)[rank::processes]
            place = (draw * processes + rank) * len(self.parts) + number
            batch |= self.rows(part, chosen, place)
        return batch

    def rows(self, part: Drawn, chosen: Indices, place: int) -> dict[str, Values]:
        """Return the chosen rows of one part by column; of each a patch, as drawn for ``place``."""
        batch: dict[str, Values] = {}
        for name, values in part.columns.items():
            if self.patches is None or name not in self.patches.reduce:
                batch[name] = values[chosen]
            else:
                batch[name] = self.patches.cut(values, name, chosen, place)
        return batch

    @cached_property
    def _ahead(self) -> dict[tuple[int, int, int, int], Future[dict[str, Values]]]:
        return {}

    @cached_property
    def _reader(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max_workers=1)

    def __getstate__(self) -> dict[str, Any]:
        """Return what goes to other processes: no thread, and nothing read ahead."""
        return {"parts": self.parts, "patches": self.patches}


def taught(game: Game, data: TrainingData, seed: int) -> dict[str, Indices]:
    """Return the cases of each confined player, every patient being one's alone; most games none.

    Raises:
        BadInputError: too few patients, or columns of different cases.
    """
    names = [name for name, player in game.players.items() if player.confined]
    if not names:
        return {}
    if len(data.parts) > 1:
        raise BadInputError("teachers need all their columns of the same cases (unpaired images).")
    parts = Partition.of(data.parts[0].patients, len(names), seed).cases
    return dict(zip(names, parts, strict=True))
