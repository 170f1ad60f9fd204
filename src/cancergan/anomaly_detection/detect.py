"""Runs that learnt healthy images, asked how far other images are from them, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from cancergan.anomaly_detection.healthy import (
    Search,
    nearest_healthy,
    portions,
    prepared_images,
    prepared_masks,
)
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.files import whole_folder, write_json
from cancergan.core.pictures import Picture, grid, to_picture, write_png
from cancergan.downstream.anomaly import (
    Anomalies,
    anomalies,
    best_threshold,
    check_both_occur,
    detection,
    pixel_detection,
)
from cancergan.games.latent import LatentGame
from cancergan.training.run import Run

Float32 = npt.NDArray[np.float32]

_SHOWN = 8
_AT_LEAST = 96


def anomalies_of(run: Run, images: Float32, search: Search) -> tuple[Anomalies, Float32]:
    """Return scores and maps of images (n, C, *spatial) in [-1, 1], and what was made of them."""
    made = nearest_healthy(run, images, search)
    game = run.game()
    seen = [
        _features(game, values) if isinstance(game, LatentGame) and search.kappa else None
        for values in (images, made)
    ]
    return anomalies(images, made, seen[0], seen[1], kappa=search.kappa), made


@dataclass(frozen=True, eq=False)
class Detected:
    """What was found in a cohort.

    ``figures`` are of telling abnormal cases, and lesions within them, where the truth is known.
    """

    table: pd.DataFrame
    anomalies: Anomalies
    figures: dict[str, float]


def detect(
    run: Run,
    cohort: Cohort,
    out: Path,
    *,
    normal: str | None = None,
    validation: Cohort | None = None,
    search: Search | None = None,
) -> Detected:
    """Score the cases of a cohort and write scores.csv, maps and pictures to a new folder.

    See ``workflow.anomaly``, whose arguments these are.
    """
    search = search or Search()
    abnormal = None
    if normal is not None:
        run.require_unseen(cohort)
        abnormal = check_both_occur(~cohort.matches(normal), cohort.origin)
    images = prepared_images(run, cohort)
    found, made = anomalies_of(run, images, search)
    figures: dict[str, float] = {}
    masks = prepared_masks(run, cohort)
    threshold = None if validation is None else _threshold(run, validation, search)
    if abnormal is not None:
        figures = detection(found.scores, abnormal)
        for name, values in pixel_detection(found.maps, masks, threshold).items():
            if np.isfinite(values).any():
                figures[name] = float(np.nanmean(values))
    table = pd.DataFrame({"case_id": cohort.table["case_id"], "score": found.scores})
    if abnormal is not None:
        table["abnormal"] = abnormal
    with whole_folder(out) as folder:
        table.to_csv(folder / "scores.csv", index=False)
        _map_cohort(cohort, found.maps).save(folder / "maps")
        write_png(folder / "maps.png", picture(images, made, found, masks, _shown(found.scores)))
        write_json(
            folder / "anomaly.json",
            {"run": run.path.name, "step": run.step, "cases": len(cohort), "normal": normal,
             "search": vars(search), "threshold": threshold, "figures": figures},
        )  # fmt: skip
    return Detected(table, found, figures)


def picture(
    images: Float32,
    made: Float32,
    found: Anomalies,
    masks: Sequence[npt.NDArray[np.int32] | None],
    rows: Sequence[int],
) -> Picture:
    """Return a column a case: the image, the healthy one, the map, and the true mask."""
    top = float(np.quantile(found.maps, 0.999)) or 1.0
    tiles: list[Picture] = []
    for part in (
        images,
        made,
        np.clip(found.maps / top, 0, 1)[:, None] * 2 - 1,
        np.stack([np.zeros(images.shape[2:]) if m is None else m != 0 for m in masks])[:, None]
        * 2.0
        - 1,
    ):
        tiles += [to_picture(part[row], at_least=_AT_LEAST) for row in rows]
    return grid(tiles, columns=len(rows))


def _shown(scores: npt.NDArray[np.float64]) -> list[int]:
    """Return the highest scores and the lowest, half and half."""
    order = list(np.argsort(-scores, kind="stable"))
    half = min(_SHOWN, len(order)) // 2
    return [int(row) for row in (*order[:half], *order[len(order) - half :])] or [0]


def _threshold(run: Run, validation: Cohort, search: Search) -> float:
    found, _ = anomalies_of(run, prepared_images(run, validation), search)
    threshold = best_threshold(found.maps, prepared_masks(run, validation))
    if threshold is None:
        raise BadInputError(
            f"{validation.origin}: no case has a lesion in its mask, so no threshold can be chosen "
            "from it. Give validation cases with lesions, or leave --validation out."
        )
    return threshold


def _map_cohort(cohort: Cohort, maps: Float32) -> Cohort:
    table = cohort.table[["case_id", "patient_id"]]
    return Cohort.from_arrays(maps[:, None], table, provenance={"anomaly_maps_of": cohort.origin})


@torch.no_grad()
def _features(game: LatentGame, images: Float32) -> npt.NDArray[np.float64] | None:
    parts = [game.features(torch.from_numpy(part), None) for part in portions(images)]
    if any(part is None for part in parts):
        return None
    return np.concatenate([part.double().numpy() for part in parts if part is not None])
