"""A trained obfuscating encoder taken apart: one half for the hospital, one for outside."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cancergan.cohort import Cohort
from cancergan.cohort.columns import IMAGE, Column
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError
from cancergan.core.files import whole_folder, write_json
from cancergan.core.provenance import fingerprint
from cancergan.core.validation import validated
from cancergan.downstream.classifier import weights_fingerprint
from cancergan.games.base import ImageShape, games
from cancergan.games.obfuscating_encoder import ObfuscatingEncoder, code_size
from cancergan.split_deployment.codes import encoded, game_of
from cancergan.split_deployment.contract import Contract, write_parcel
from cancergan.split_deployment.probe import Probe, probe
from cancergan.training.run import Run

HOSPITAL, OUTSIDE = "hospital", "outside"
CONTRACT, PROBE, GAME, ENCODER = "contract.json", "probe.json", "game.json", "encoder"
PLAYERS = {HOSPITAL: "encoder", OUTSIDE: "task"}
_GAME = "obfuscating_encoder"


def examine(run: Run, cohort: Cohort, *, steps: int = 300, seed: int = 0) -> Probe:
    """Attack the codes of patients that a run has not seen.

    Raises:
        BadInputError: the run was trained on some of them, makes no codes, or they are too few.
    """
    run.require_unseen(cohort)
    codes = encoded(run, cohort, seed=seed)
    column = run.trained_on.columns["source"]
    pictures = np.asarray(prepare(column.of(cohort), column.preparation).images)
    return probe(codes.codes, pictures, codes.patients, steps=steps, seed=seed)


def export(
    run: Run,
    cohort: Cohort,
    out: Path,
    *,
    most_reidentified: float,
    steps: int = 300,
    seed: int = 0,
) -> Probe:
    """Write ``out/hospital`` and ``out/outside``, where the probe allows it; return the probe.

    It is allowed where the upper end of the interval of the share re-identified is at most
    ``most_reidentified``, so that few patients never make it easier.

    Raises:
        BadInputError: the run makes no maps of labels, the probe could not read the pictures either
            (it then proves nothing), or it read too much off the codes. Nothing is written.
    """
    game = game_of(run)
    column, view = run.trained_on.columns["source"], run.trained_on.columns[IMAGE].view
    if not view.is_mask:
        raise BadInputError(
            f"{run.path}: reads labels off codes, not maps. Only a segmenter is split."
        )
    found = examine(run, cohort, steps=steps, seed=seed)
    if not found.sees:
        raise BadInputError(
            f"{run.path}: not exported. The probe cannot tell whose the pictures are either, so it "
            f"says nothing of the codes ({found.line()}). Give more images, or more --probe-steps."
        )
    if found.high > most_reidentified:
        raise BadInputError(
            f"{run.path}: not exported. The codes say too much: at most {most_reidentified:g} of "
            f"them may be re-identified; {found.line()}. Train with a larger game.weight or "
            "game.code_noise."
        )
    contract = contract_of(game, column, view.values)
    with whole_folder(out) as folder:
        for side, player in PLAYERS.items():
            write_json(folder / side / CONTRACT, contract.model_dump(mode="json"))
            write_json(folder / side / PROBE, found.to_json())
            write_json(folder / side / GAME, _described(game))
            weights = game.players[player].best.state_dict()
            write_parcel(folder / side / f"{player}.safetensors", weights, contract)
        write_json(folder / HOSPITAL / "column.json", column.to_json())
    return found


def contract_of(game: ObfuscatingEncoder, column: Column, labels: tuple[int, ...]) -> Contract:
    """Return the contract of a game's codes."""
    reduced = code_size(game.settings, game.shape.spatial)
    return Contract(
        encoder=fingerprint(
            weights_fingerprint(game.players["encoder"].best),
            game.settings.code_noise, game.settings.code_reduce, column.to_json(),
        ),
        code_shape=(game.settings.code_channels, *reduced),
        map_size=game.shape.spatial,
        labels=labels,
    )  # fmt: skip


def half_game(described: dict[str, Any], side: str, weights: dict[str, Any]) -> ObfuscatingEncoder:
    """Return the game with the one player that a side has, its weights loaded.

    Raises:
        BadInputError: the description or the weights are damaged.
    """
    settings = validated(ObfuscatingEncoder.schema, described["settings"], where=GAME)
    game = games[_GAME].build(settings, _shape(described["shape"]))
    assert isinstance(game, ObfuscatingEncoder)
    player = game.players[PLAYERS[side]]
    try:
        player.network.load_state_dict(weights)
    except RuntimeError as error:
        raise BadInputError(f"{PLAYERS[side]}: weights of another network ({error}).") from None
    player.network.eval()
    game.players = {PLAYERS[side]: player}
    return game


def _described(game: ObfuscatingEncoder) -> dict[str, Any]:
    return {"settings": game.settings.model_dump(mode="json"), "shape": asdict(game.shape)}


def _shape(values: dict[str, Any]) -> ImageShape:
    given = {name: _shape(part) for name, part in values["given"].items()}
    return ImageShape(values["channels"], tuple(values["spatial"]), tuple(values["classes"]), given)
