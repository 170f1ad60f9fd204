"""The codes that an encoder makes of cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from cancergan.cohort import Cohort
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.obfuscating_encoder import ObfuscatingEncoder
from cancergan.training.run import Run

Floats = npt.NDArray[np.float32]
_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Encoded:
    """Cases as an encoder shows them: ``codes`` (n, F, *reduced) in [-1, 1] and their patients."""

    codes: Floats
    patients: npt.NDArray[np.str_]


def game_of(run: Run) -> ObfuscatingEncoder:
    """Return the game of a run.

    Raises:
        BadInputError: it plays another.
    """
    game = run.game()
    if not isinstance(game, ObfuscatingEncoder):
        raise BadInputError(
            f"{run.path}: plays {run.recipe.game['name']}; only an obfuscating encoder makes "
            "codes. Train identity_obfuscating_encoder or fair_encoder_bias_adversary."
        )
    for player in game.players.values():
        player.best.eval()
    return game


@torch.no_grad()
def encoded(run: Run, cohort: Cohort, *, seed: int = 0) -> Encoded:
    """Return the codes of all cases, prepared as in training, with the noise of one seed."""
    game, column = game_of(run), run.trained_on.columns["source"]
    pictures = prepare(column.of(cohort), column.preparation)
    generator = torch_generator(seed, "codes")
    parts = [
        game.code(
            torch.from_numpy(np.asarray(pictures.images[at : at + _AT_ONCE])), generator, best=True
        )
        for at in range(0, len(pictures), _AT_ONCE)
    ]
    return Encoded(torch.cat(parts).numpy(), np.array(pictures.patient_ids))
