"""Which cases a turn sees: a function of seed and draw alone, so that a resume repeats it."""

from __future__ import annotations

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
class TrainingData:
    """The prepared cases, in memory or memory-mapped, by column, and their order."""

    columns: dict[str, Values]
    order: CaseOrder

    def batch(
        self, draw: int, batch_size: int, *, rank: int = 0, processes: int = 1
    ) -> dict[str, Values]:
        """Return this process's part of the ``draw``-th batch, by column."""
        chosen = self.order.indices(draw, batch_size)[rank::processes]
        return {name: values[chosen] for name, values in self.columns.items()}
