"""Sources that are made when they are asked for: a million of them cost nothing to have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from cancergan.cohort.pixels import Source


class LazySources(Sequence[Source]):
    """A sequence whose items are made one by one, and not kept.

    Args:
        make: returns the source of a number; raises BadInputError as the source itself would.
        numbers: the numbers of the items, or how many there are.
    """

    def __init__(self, make: Callable[[int], Source], numbers: int | npt.NDArray[np.intp]) -> None:
        self._make = make
        self._numbers = range(numbers) if isinstance(numbers, int) else numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Source: ...

    @overload
    def __getitem__(self, index: slice) -> LazySources: ...

    def __getitem__(self, index: int | slice) -> Source | LazySources:
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        return self._make(int(self._numbers[index]))

    def __iter__(self) -> Iterator[Source]:
        return (self._make(int(number)) for number in self._numbers)

    def take(self, positions: npt.NDArray[np.intp]) -> LazySources:
        """Return the items at some positions, still lazy."""
        return LazySources(self._make, np.asarray(self._numbers)[positions])
