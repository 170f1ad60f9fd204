"""What games about treatments share: outcomes are completed first, then learnt from covariates."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from cancergan.core.errors import BadInputError
from cancergan.games.base import ImageShape, OptimiserSettings, Player, Settings
from cancergan.games.rounds import CountsRounds


class CompletionSettings(Settings):
    """The choices that all of them have.

    ``completing_rounds`` are played by those who complete what was not seen, all others by those
    who learn it. ``factual_weight`` weighs the squared error of the outcome that was seen, beside
    an adversarial term of about 1; outcomes are in [-1, 1].
    """

    latent_size: int = Field(default=4, ge=1)
    completing_rounds: int = Field(default=1000, ge=1)
    factual_weight: float = Field(default=50.0, ge=0)
    width: int = Field(default=64, ge=1)
    depth: int = Field(default=2, ge=1)
    optimiser: OptimiserSettings = OptimiserSettings(betas=(0.5, 0.99))


class CompletionGame(CountsRounds):
    """A game in two stages that counts its rounds."""

    def __init__(
        self, settings: CompletionSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.rounds = torch.tensor(0)

    @property
    def learns(self) -> bool:
        """Whether outcomes are completed by now, and the second stage plays."""
        return int(self.rounds) >= self.settings.completing_rounds

    def stages(self) -> tuple[int, ...]:
        """Return when the second stage begins."""
        return (0, self.settings.completing_rounds)


def check_tables(shape: ImageShape) -> None:
    """Refuse images, or several outcomes at once.

    Raises:
        BadInputError: says which.
    """
    if shape.spatial or any(part.spatial for part in shape.given.values()):
        raise BadInputError(
            "this game reads tables: covariates, treatment and outcome. Set data.NAME.read=table."
        )
    if shape.channels != 1:
        raise BadInputError(
            f"the outcome has {shape.channels} columns; name one number, as in "
            "--set data.image.attributes=[outcome]."
        )


def chosen(treatment: Tensor) -> Tensor:
    """Return treatments (B, K) of -1 and 1 as 0 and 1."""
    return (treatment + 1) / 2


def drawn(rows: int, size: int, generator: torch.Generator) -> Tensor:
    """Return standard normal noise (rows, size)."""
    return torch.randn(rows, size, generator=generator, device=generator.device)
