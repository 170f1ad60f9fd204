"""Which cases a turn sees: a function of seed and draw alone, so that a resume repeats it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
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
class TrainingData:
    """The prepared cases, in memory or memory-mapped, by column, and their order.

    From a map, the batch after the one asked for is read while the networks compute; it is the very
    same batch that would have been read later.
    """

    columns: dict[str, Values]
    order: CaseOrder

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
        chosen = self.order.indices(draw, batch_size)[rank::processes]
        return {name: values[chosen] for name, values in self.columns.items()}

    @cached_property
    def _ahead(self) -> dict[tuple[int, int, int, int], Future[dict[str, Values]]]:
        return {}

    @cached_property
    def _reader(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max_workers=1)

    def __getstate__(self) -> dict[str, Any]:
        """Return what goes to other processes: no thread, and nothing read ahead."""
        return {"columns": self.columns, "order": self.order}
