"""CT and structures to dose in 3D, on real plans: ``python -m benchmarks.dose --out DIR --fold 0``.

Ten head-and-neck plans of OpenKBP in two halves: each half is planned by networks that learnt from
the other (``--fold 0``, then ``--fold 1``; a run that was cut short goes on). pix2pix learns from
parts of 64 voxels and translates whole plans of 128 by windows; beside it the same network with L1
alone, and the mean dose of the training patients. ``table.md`` is of all folds that are there: the
two scores of the challenge (mean absolute error of dose, and of the points of the dose-volume
histograms), the share of points that pass the gamma index, and how far D95 of targets is off, a
mean over patients each, with its interval. ``dose.png`` shows the plans of a fold.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.evidence import shared
from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.core.files import write_text
from cancergan.core.pictures import captioned, grid, to_picture, write_png
from cancergan.metrics import (
    dose_at_volume,
    dose_error,
    dose_volume_points,
    dvh_errors,
    gamma_index,
    gamma_pass_rate,
)
from cancergan.metrics.resampling import bootstrap_interval

Volume = npt.NDArray[np.float32]
Scores = dict[str, float]

COMMON: dict[str, Any] = {
    "data.image.read": "dose",
    "data.source.read": ["image", "structures"],
    "image_size": 128,
    "patch_size": 64,
    "fit": "stretch",
    "training.batch_size": 1,
    "training.checkpoint_every": 50,
    "training.average_half_life": 50,
    "game.generator.options.width": 8,
    "game.generator.options.depth": 4,
    "game.generator_optimiser.learning_rate": 1e-3,
    "game.discriminator.options.width": 8,
}
METHODS: dict[str, dict[str, Any]] = {
    "pix2pix": {},
    "L1 alone": {"game.adversarial_weight": 0.0},
}
MEAN = "mean dose of the training patients"
COLUMNS = ("dose score", "DVH score", "gamma 3 %/3 mm", "D95 of targets, signed")


def plans() -> Cohort:
    """Return the ten patients, each once: the folder also has one of them as it was published."""
    cohort = Cohort.open(shared("openkbp"))
    return cohort.select(np.array(["_pt_" in name for name in cohort.table["case_id"]]))


def halves(cohort: Cohort, fold: int) -> tuple[Cohort, Cohort]:
    """Return the patients to learn from and those to plan; the other fold has them swapped."""
    held_out = np.arange(len(cohort)) % 2 == fold
    everyone = cohort.with_column("split", ["train"] * len(cohort))
    return everyone.select(~held_out), everyone.select(held_out)


def play(out: Path, fold: int, steps: int, seed: int) -> None:
    """Train both networks of a fold, plan its patients, and score them."""
    training, held_out = halves(plans(), fold)
    made: dict[str, list[Volume]] = {}
    for name, settings in METHODS.items():
        started = time.monotonic()
        run = workflow.train(
            "pix2pix",
            training,
            out / f"fold_{fold}" / name.replace(" ", "_"),
            resume=True,
            **{**COMMON, **settings, "training.steps": steps, "seed": seed},
        )
        made[name] = [_image(case) for case in workflow.synthesise(run, source=held_out, seed=seed)]
        print(f"{name}: {(time.monotonic() - started) / 60:.1f} minutes", flush=True)
    mean = np.mean([_array(case, "dose") for case in training], axis=0)
    made[MEAN] = [mean] * len(held_out)
    names = held_out.provenance["structures"]
    scored = [_scored(case, names, made, n) for n, case in enumerate(held_out)]
    write_text(out / f"fold_{fold}" / "scores.json", json.dumps(scored, indent=2) + "\n")
    _picture(out / f"fold_{fold}" / "dose.png", held_out, made)


def _scored(
    case: Any, names: list[str], made: Mapping[str, list[Volume]], n: int
) -> dict[str, Any]:
    """Return the scores of one patient by method."""
    reference, region = _array(case, "dose"), _array(case, "region") > 0
    drawn = dict(zip(names, case.arrays["structures"] > 0, strict=True))
    targets = {name: inside for name, inside in drawn.items() if name.startswith("PTV")}
    organs = {name: inside for name, inside in drawn.items() if name not in targets}
    voxel = float(np.prod(case.spacing))
    wanted = dose_volume_points(reference, organs, targets, voxel)
    scores: dict[str, Scores] = {}
    for method, doses in made.items():
        # Everybody knows where dose may be, and that it is not negative.
        dose = np.where(region, np.maximum(doses[n], 0), 0)
        points = dose_volume_points(dose, organs, targets, voxel)
        gamma = gamma_index(
            reference,
            dose,
            case.spacing,
            percent=3,
            millimetres=3,
            threshold=20,
            most=1.01,
            steps=5,
        )
        coverage = [
            dose_at_volume(dose, inside, 95) - dose_at_volume(reference, inside, 95)
            for inside in targets.values()
            if inside.any()
        ]
        scores[method] = {
            "dose score": dose_error(reference, dose, region),
            "DVH score": float(np.mean(dvh_errors(wanted, points))),
            "gamma 3 %/3 mm": gamma_pass_rate(gamma),
            "D95 of targets, signed": float(np.mean(coverage)),
        }
    return {"patient": case.case_id, "scores": scores}


def table(scored: list[dict[str, Any]], seed: int) -> str:
    """Return means over patients, and differences from L1 alone, with intervals, in Markdown."""
    patients = [one["patient"] for one in scored]
    lines = [f"| {len(scored)} patients | {' | '.join(COLUMNS)} |", "|---|" + "---|" * len(COLUMNS)]
    values = {
        method: np.array([[one["scores"][method][c] for c in COLUMNS] for one in scored])
        for method in scored[0]["scores"]
    }
    rows = {**values, "pix2pix less L1 alone": values["pix2pix"] - values["L1 alone"]}
    for method, found in rows.items():
        cells = [_cell(found[:, column], patients, seed) for column in range(len(COLUMNS))]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(values: npt.NDArray[np.float64], units: list[str], seed: int) -> str:
    ends = bootstrap_interval(lambda rows: float(values[rows].mean()), units, seed=seed)
    interval = "" if ends is None else f" ({ends[0]:.2f} to {ends[1]:.2f})"
    return f"{values.mean():.2f}{interval}"


def _picture(out: Path, held_out: Cohort, made: Mapping[str, list[Volume]]) -> None:
    """Write the slice with most dose of every patient: CT, planned dose, and each method's."""
    rows: dict[str, list[Volume]] = {"CT": [], "planned": [], **{name: [] for name in made}}
    for n, case in enumerate(held_out):
        dose = _array(case, "dose")
        place = int(dose.sum(axis=(0, 1)).argmax())
        region = _array(case, "region")[..., place] > 0
        rows["CT"].append(np.clip((_image(case)[..., place] - 1000) / 400, -1, 1))
        rows["planned"].append(dose[..., place] / 37.5 - 1)
        for name, doses in made.items():
            rows[name].append(np.where(region, doses[n][..., place], 0) / 37.5 - 1)
    strips = {
        name: grid([to_picture(image[None]) for image in images], columns=len(images))
        for name, images in rows.items()
    }
    write_png(out, captioned(strips, width=210))


def _array(case: Any, name: str) -> Volume:
    return np.asarray(case.arrays[name][0], np.float32)


def _image(case: Any) -> Volume:
    return np.asarray(case.image[0], np.float32)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fold", type=int, choices=(0, 1), required=True)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    play(chosen.out, chosen.fold, chosen.steps, chosen.seed)
    found = sorted(chosen.out.glob("fold_*/scores.json"))
    scored = [one for file in found for one in json.loads(file.read_text(encoding="utf-8"))]
    write_text(chosen.out / "table.md", table(scored, chosen.seed))
    print(table(scored, chosen.seed))


if __name__ == "__main__":
    main()
