"""Known cases that a run finds like a new one: by its latent space, or its discriminator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from cancergan.anomaly_detection import prepared_images
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.files import whole_folder
from cancergan.core.pictures import Picture, grid, to_picture, write_png
from cancergan.downstream.retrieval import Neighbours, nearest
from cancergan.games.base import Game
from cancergan.games.latent import LatentGame
from cancergan.training.latent import latent_game
from cancergan.training.run import Run

Float32 = npt.NDArray[np.float32]
Space = Literal["latent", "discriminator"]
_AT_ONCE, _SHOWN, _AT_LEAST = 32, 6, 96


@torch.no_grad()
def features_of(run: Run, images: Float32, space: str) -> npt.NDArray[np.float64]:
    """Return features (n, d) of images (n, C, *spatial) in [-1, 1] in a space of the run.

    "latent" is where the run's encoder points, "discriminator" what its discriminator's layers see.

    Raises:
        BadInputError: an unknown space, or the run has no encoder or no discriminator of images.
    """
    if space not in get_args(Space):
        raise unknown("space", space, get_args(Space))
    game = latent_game(run.game(), str(run.path))
    parts = []
    for start in range(0, len(images), _AT_ONCE):
        seen = _seen(game, torch.from_numpy(images[start : start + _AT_ONCE]), space)
        if seen is None:
            missing = "encoder" if space == "latent" else "discriminator of images"
            raise BadInputError(
                f"{run.path}: has no {missing}. Train one (game.encoder.name=convolutional), or "
                f"search by the other space ({', '.join(get_args(Space))})."
            )
        parts.append(seen.double().numpy())
    return np.concatenate(parts)


def find_neighbours(
    run: Run, query: Cohort, cohort: Cohort, out: Path, *, k: int = 5, space: str = "latent"
) -> pd.DataFrame:
    """Find the k cases of a cohort nearest to each query, and write them to a new folder.

    See ``workflow.neighbours``, whose arguments these are.
    """
    asked, known = prepared_images(run, query), prepared_images(run, cohort)
    found = nearest(
        features_of(run, asked, space), features_of(run, known, space), k,
        query_units=query.table["patient_id"].astype(str).tolist(),
        known_units=cohort.table["patient_id"].astype(str).tolist(),
    )  # fmt: skip
    table = _table(query, cohort, found)
    with whole_folder(out) as folder:
        table.to_csv(folder / "neighbours.csv", index=False)
        shown = list(range(0, len(query), max(1, len(query) // _SHOWN)))[:_SHOWN]
        write_png(folder / "neighbours.png", picture(asked, known, found, shown))
    return table


def picture(asked: Float32, known: Float32, found: Neighbours, rows: Sequence[int]) -> Picture:
    """Return a row a query: the query, then its neighbours, the nearest first."""
    tiles = []
    for row in rows:
        images = [asked[row], *(known[other] for other in found.rows[row])]
        tiles += [to_picture(image, at_least=_AT_LEAST) for image in images]
    return grid(tiles, columns=found.rows.shape[1] + 1)


def _seen(game: Game, images: torch.Tensor, space: str) -> torch.Tensor | None:
    assert isinstance(game, LatentGame)
    if game.shape.classes:
        raise BadInputError(
            "this run was told classes, so what it sees depends on the class that is looked for. "
            "Take a run without classes."
        )
    return game.encode(images, None) if space == "latent" else game.features(images, None)


def _table(query: Cohort, cohort: Cohort, found: Neighbours) -> pd.DataFrame:
    k = found.rows.shape[1]
    asked, known = query.table, cohort.table
    rows = found.rows.ravel()
    table = pd.DataFrame(
        {
            "query": np.repeat(asked["case_id"].to_numpy(), k),
            "rank": np.tile(np.arange(1, k + 1), len(asked)),
            "case_id": known["case_id"].to_numpy()[rows],
            "distance": found.distances.ravel(),
        }
    )
    if "label" in known:
        table["label"] = known["label"].to_numpy()[rows]
    return table
