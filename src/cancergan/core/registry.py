"""A table from names to things, filled by a decorator: adding a thing is one file and one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from cancergan.core.errors import unknown

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """What there is of one kind, by name; an unknown name is answered with the known ones.

    >>> losses: Registry[Callable] = Registry("loss")
    >>> @losses.register("zero")
    ... def zero(scores): return 0.0
    >>> losses["zero"](3)
    0.0
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._things: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that enters its argument under ``name``, once."""

        def enter(thing: T) -> T:
            if name in self._things:
                raise ValueError(f'{self.kind} "{name}" is registered already')
            self._things[name] = thing
            return thing

        return enter

    def __getitem__(self, name: str) -> T:
        try:
            return self._things[name]
        except KeyError:
            raise unknown(self.kind, name, self._things) from None

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._things))

    def __len__(self) -> int:
        return len(self._things)
