"""Time two ways of doing one thing in turn, so that a drifting machine slows both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """Seconds of ours and theirs, and the ratio theirs / ours (above 1: ours is faster)."""

    name: str
    ours: float
    theirs: float
    ratio: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return one row: medians, the median ratio, and the spread of the paired ratios."""
        return (
            f"{self.name:44} ours {self.ours * 1e3:8.1f} ms  theirs {self.theirs * 1e3:8.1f} ms  "
            f"ratio {self.ratio:5.2f} [{self.low:.2f}, {self.high:.2f}]"
        )


def compare(
    name: str, ours: Callable[[], object], theirs: Callable[[], object], *, pairs: int = 15
) -> Comparison:
    """Run ours and theirs alternately and compare pair by pair; one run of each warms up."""
    ours(), theirs()
    times = [(_seconds(ours), _seconds(theirs)) for _ in range(pairs)]
    ratios = sorted(slow / fast for fast, slow in times)
    return Comparison(
        name,
        statistics.median(fast for fast, _ in times),
        statistics.median(slow for _, slow in times),
        statistics.median(ratios),
        ratios[len(ratios) // 10],
        ratios[-1 - len(ratios) // 10],
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
