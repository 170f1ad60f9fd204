"""What games share that play otherwise in later rounds: they count them, and remember the count."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from cancergan.games.base import Game


class CountsRounds(Game):
    """A game that knows how many rounds it has played; stands before another game's class.

    Attributes:
        rounds: () whole number, 0 at first; the game's ``__init__`` makes it.
    """

    rounds: Tensor

    def go_to(self, rounds: int) -> None:
        """Play on as after ``rounds`` rounds."""
        self.rounds.fill_(rounds)

    def memory(self) -> dict[str, Tensor]:
        """Return the number of rounds played, beside what else is remembered."""
        return {**super().memory(), "rounds": self.rounds}

    def observe(self, observations: Mapping[str, Tensor]) -> None:
        """Count the round."""
        super().observe(observations)
        self.rounds.add_(1)
