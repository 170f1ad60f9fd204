"""How often and how much a browser may send: a bucket of tokens for each of them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

LARGEST_BODY = 16_384
MOST_CLIENTS = 10_000


@dataclass
class _Bucket:
    tokens: float
    seen: float


class RateLimit:
    """Allow ``burst`` requests at once and ``rate`` a second after that, for each client.

    >>> limit = RateLimit(rate=1.0, burst=2, clock=lambda: 0.0)
    >>> [limit.allows("a") for _ in range(3)], limit.allows("b")
    ([True, True, False], True)
    """

    def __init__(
        self, *, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, client: str) -> bool:
        """Take one token of the client; false where none is left."""
        at = self._clock()
        with self._lock:
            bucket = self._buckets.pop(client, None) or _Bucket(float(self._burst), at)
            refilled = bucket.tokens + (at - bucket.seen) * self._rate
            bucket.tokens, bucket.seen = min(float(self._burst), refilled), at
            allowed = bucket.tokens >= 1
            bucket.tokens -= allowed
            self._buckets[client] = bucket
            if len(self._buckets) > MOST_CLIENTS:
                self._buckets.popitem(last=False)
        return allowed
