"""What studies of encoders share: codes of cases, and how well a fresh probe reads them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from cancergan.cohort import Cohort
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError
from cancergan.downstream.classifier import train_classifier
from cancergan.games.obfuscating_encoder import ObfuscatingEncoder
from cancergan.training.run import Run

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]
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
def encoded(run: Run, cohort: Cohort) -> Encoded:
    """Return the codes of all cases, prepared as in training."""
    game, column = game_of(run), run.trained_on.columns["source"]
    pictures = prepare(column.of(cohort), column.preparation)
    parts = [
        game.code(torch.from_numpy(np.asarray(pictures.images[at : at + _AT_ONCE])), best=True)
        for at in range(0, len(pictures), _AT_ONCE)
    ]
    return Encoded(torch.cat(parts).numpy(), np.array(pictures.patient_ids))


def probed(codes: Floats, truth: Codes, *, steps: int, seed: int) -> npt.NDArray[np.float64]:
    """Return the probabilities (n, K) that a fresh classifier gives each case's ``truth``.

    Cross-fitted: cases of even and of odd number are each read by a probe that was trained on the
    others. Neighbouring slices of one patient thus lie on both sides, as for an attacker who has
    earlier images of the same patients; it is the strongest attack that the data allow.
    """
    classes = int(truth.max()) + 1
    found = np.zeros((len(codes), classes))
    even = np.arange(len(codes)) % 2 == 0
    for learnt, judged in ((even, ~even), (~even, even)):
        probe = train_classifier(
            codes[learnt], truth[learnt], n_classes=classes, steps=steps, seed=seed
        )
        found[judged] = probe.probabilities(codes[judged])
    return found
