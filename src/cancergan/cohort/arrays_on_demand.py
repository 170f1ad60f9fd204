"""Arrays by name that are made when they are asked for, so that an image alone costs no dose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

AnyArray = npt.NDArray[Any]


class ArraysOnDemand(Mapping[str, AnyArray]):
    """A mapping from names to arrays; each access makes the array anew.

    >>> arrays = ArraysOnDemand({"dose": lambda: np.ones((1, 2, 2))})
    >>> list(arrays), float32_view(arrays)["dose"].dtype
    (['dose'], dtype('float32'))
    """

    def __init__(self, makers: Mapping[str, Callable[[], AnyArray]]) -> None:
        self._makers = dict(makers)

    def __getitem__(self, name: str) -> AnyArray:
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __contains__(self, name: object) -> bool:
        # Mapping's own would make the array to find out.
        return name in self._makers

    def __len__(self) -> int:
        return len(self._makers)


def float32_view(arrays: Mapping[str, AnyArray]) -> ArraysOnDemand:
    """Return the same arrays as float32, each made when it is asked for."""
    return ArraysOnDemand({name: partial(_float32, arrays, name) for name in arrays})


def _float32(arrays: Mapping[str, AnyArray], name: str) -> AnyArray:
    return arrays[name].astype(np.float32, copy=False)
