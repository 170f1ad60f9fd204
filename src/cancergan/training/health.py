"""Watches a game in play and says in plain words what goes wrong, and what to do about it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from cancergan.core.errors import CancerganError

_WINDOW = 20  # logged records that have to agree before a word is said


class DivergedError(CancerganError):
    """Training produced a number that is none; the last checkpoint still holds a good state."""


@dataclass
class HealthMonitor:
    """Judges the logged figures of a run; each finding is said once until it has passed.

    ``said`` maps a finding's name to its sentence while it holds.
    """

    said: dict[str, str] = field(default_factory=dict)
    _ranking: deque[float] = field(default_factory=lambda: deque(maxlen=_WINDOW))
    _waiting: deque[float] = field(default_factory=lambda: deque(maxlen=_WINDOW))

    def check_finite(self, step: int, losses: Mapping[str, float], last_good: int | None) -> None:
        """Stop on a loss that is not finite.

        Raises:
            DivergedError: with the term, the step and where the last good state lies.
        """
        for name, value in losses.items():
            if not math.isfinite(value):
                kept = "none" if last_good is None else f"step {last_good}"
                raise DivergedError(
                    f"step {step}: {name} became {value}. Training stopped; last good checkpoint: "
                    f"{kept}. Lower the learning rates, or add a penalty to the critic."
                )

    def hear(self, record: Mapping[str, float]) -> list[str]:
        """Take in one logged record and return what is newly wrong, or newly right again."""
        if "ranking_accuracy" in record:
            self._ranking.append(record["ranking_accuracy"])
        if "waiting_share" in record:
            self._waiting.append(record["waiting_share"])
        ranking = _settled(self._ranking)
        waiting = _settled(self._waiting)
        return [
            *self._finding(
                "discriminator_won",
                ranking is not None and ranking > 0.98,
                "The discriminator tells real from synthetic almost always: the generator learns "
                "little. Augment, lower the discriminator's learning rate, or add a penalty.",
            ),
            *self._finding(
                "equilibrium",
                ranking is not None and abs(ranking - 0.5) < 0.03,
                "The discriminator guesses: either the samples are as good as it can judge, or it "
                "has stopped learning. Look at the samples; more steps will change little.",
            ),
            *self._finding(
                "starved",
                waiting is not None and waiting > 0.3,
                "The networks wait for data more than 30 % of the time. Prepare the cohort once "
                "(native format) or put it on a faster disk.",
            ),
        ]

    def see_samples(self, diversity: float) -> list[str]:
        """Take in the pairwise distance of synthetic images as a ratio to that of real ones."""
        return self._finding(
            "collapsed",
            diversity < 0.3,
            f"Synthetic images differ from one another {diversity:.2f} times as much as real ones "
            "do: the generator may have collapsed. Resume an earlier run with more augmentation, "
            "minibatch deviation, or another loss.",
        )

    def _finding(self, name: str, holds: bool, sentence: str) -> list[str]:
        if holds and name not in self.said:
            self.said[name] = sentence
            return [sentence]
        if not holds:
            self.said.pop(name, None)
        return []


def _settled(values: deque[float]) -> float | None:
    """Return the mean of a full window, or None while it fills."""
    return sum(values) / len(values) if len(values) == values.maxlen else None
