"""Films and inversions as files that people look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.files import whole_folder, write_json
from cancergan.core.pictures import Picture, grid, to_picture, write_gif, write_png
from cancergan.training.latent import Frames, Inversion, invert, latent_game
from cancergan.training.run import Run

_AT_LEAST = 64


def save_film(path: Path, frames: Frames) -> None:
    """Write frames (rows, frames, C, *spatial) as a strip (.png) or as a moving picture (.gif).

    Raises:
        BadInputError: another kind of file.
    """
    tiles = [[to_picture(image, at_least=_AT_LEAST) for image in row] for row in frames]
    if path.suffix.lower() == ".png":
        flat = [tile for row in tiles for tile in row]
        write_png(path, grid(flat, columns=frames.shape[1]))
    elif path.suffix.lower() == ".gif":
        moments = [grid(list(moment), columns=len(tiles)) for moment in zip(*tiles, strict=True)]
        write_gif(path, moments + moments[-2:0:-1])
    else:
        raise BadInputError(f"{path}: a film is a .png strip or a moving .gif. Choose one of them.")


def invert_cohort(
    run: Run, cohort: Cohort, out: Path, *, steps: int = 200, seed: int = 0
) -> Inversion:
    """Invert the images of a cohort, and write what was found to a new folder.

    ``inversion.png`` has each real image above the one found; ``inversion.csv`` the errors, one row
    a case; ``latents.csv`` the points.

    Raises:
        BadInputError: the run has no latent space, or a class is missing or unknown.
    """
    game = latent_game(run.game(), str(run.path))
    images = np.stack([run.trained_on.preparation.apply(case) for case in cohort])
    found = invert(game, images, _codes(run, cohort), steps=steps, seed=seed)
    names = cohort.table["case_id"].astype(str)
    with whole_folder(out) as folder:
        rows: list[Picture] = [
            to_picture(image, at_least=_AT_LEAST)
            for part in (images, found.images)
            for image in part
        ]
        write_png(folder / "inversion.png", grid(rows, columns=len(images)))
        errors = {"case_id": names, "error_at_first": found.first, "error": found.errors}
        pd.DataFrame(errors).to_csv(folder / "inversion.csv", index=False)
        points = pd.DataFrame(found.latents, index=pd.Index(names, name="case_id"))
        points.to_csv(folder / "latents.csv")
        write_json(
            folder / "inversion.json",
            {"run": run.path.name, "step": run.step, "steps": steps, "encoded": found.encoded},
        )
    return found


def _codes(run: Run, cohort: Cohort) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    classes = run.trained_on.classes
    if not classes:
        return None
    cohort.require("label")
    names = [str(name) for name in cohort.table["label"]]
    for name in names:
        if name not in classes:
            raise unknown("class", name, classes)
    return np.array([classes.index(name) for name in names], np.int64)
