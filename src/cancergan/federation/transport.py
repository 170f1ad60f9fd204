"""How bytes get to hospitals and back: one small interface, and the way through a single process.

The other way is ``flare.py``, over mutual TLS. Neither knows what the bytes mean.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Answer:
    """What came back from a site: bytes, or the reason why none did."""

    site: str
    data: bytes = b""
    failure: str = ""


class Transport(Protocol):
    """Sends to one site at a time and returns answers in the order in which they come in.

    A site has at most one message outstanding; every ``send`` is followed by exactly one answer,
    which is a failure where none came in time.
    """

    @property
    def sites(self) -> tuple[str, ...]:
        """The names of the sites that can be reached."""

    def send(self, site: str, data: bytes, timeout: float) -> None:
        """Send bytes to a site, and do not wait."""

    def receive(self) -> Answer:
        """Return the next answer, of whichever site."""


class InProcess:
    """Hospitals in this very process, answering one after the other: for tests and teaching.

    Nothing is kept apart here but by convention. ``delays`` says how many answers of others a
    site's answer lets pass first, so that stale gradients can be had without a clock.
    """

    def __init__(
        self,
        answers: Mapping[str, Callable[[bytes], bytes]],
        delays: Mapping[str, int] | None = None,
    ) -> None:
        self._answers = dict(answers)
        self._delays = dict(delays or {})
        self._waiting: deque[tuple[str, bytes, int]] = deque()

    @property
    def sites(self) -> tuple[str, ...]:
        """The names of the hospitals."""
        return tuple(sorted(self._answers))

    def send(self, site: str, data: bytes, timeout: float) -> None:
        """Put bytes in the queue."""
        self._waiting.append((site, data, self._delays.get(site, 0)))

    def receive(self) -> Answer:
        """Let the first in the queue that waits no longer answer."""
        waiting = self._waiting
        while len(waiting) > 1 and waiting[0][2] > 0:
            site, data, left = waiting.popleft()
            waiting.insert(1, (site, data, left - 1))
        site, data, _ = waiting.popleft()
        return Answer(site, self._answers[site](data))
