"""The demo: real immunohistochemistry of human colon in, synthetic tissue and an honest report out.

The picture (scikit-image's ``ihc.png``, 512 x 512) is cut into patches whose brown stain (DAB, the
biomarker) can be measured by colour deconvolution, in real and in synthetic patches alike. So
whether the generator obeys its condition is a matter of physics, not of another network's opinion.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cancergan.core.pictures import Picture, captioned, grid, to_picture, write_png

if TYPE_CHECKING:
    from cancergan.assessment.report import Report
    from cancergan.cohort import Case, Cohort
    from cancergan.training.run import Run

PATCH = 32
BLOCK = 64  # patches overlap within a block and never across blocks: a block stands for a patient
STRIDE = 8
# At 32 x 32 and in five minutes the recipe's deeper networks come no closer: Fréchet distances of
# 13.0 and 24.2 against 10.5 and 20.2 with these (one run each, intervals overlap).
SMALL_NETWORKS: dict[str, Any] = {
    "game.generator": {"name": "convolutional", "options": {"width": 32, "upsampling": "nearest"}},
    "game.discriminator": {"name": "convolutional", "options": {"width": 32}},
    "game.generator_optimiser.learning_rate": 2e-4,
    "game.penalty.weight": 0.01,
    "training.batch_size": 32,
}
GRID_ROWS = 4  # of a run's sample grid
# Columns of blocks: disjoint regions of the tissue.
REGIONS = {"train": range(5), "validation": range(5, 6), "test": range(6, 8)}


def dab(case: Case) -> float:
    """Return the mean DAB (brown stain) of an 8-bit RGB case, by colour deconvolution."""
    from skimage.color import rgb2hed

    assert case.image is not None
    pixels = np.clip(case.image, 0, 255).transpose(1, 2, 0) / 255
    return float(rgb2hed(pixels)[..., 2].mean())


def tissue_cohort() -> Cohort:
    """Return the patches, with ``split`` by region, ``patient_id`` by block, ``label`` by stain.

    The stain's upper and lower 40 % of the training region are "DAB-high" and "DAB-low"; patches
    between are left out, in every region by the same two thresholds.
    """
    from skimage import data

    from cancergan.cohort import Cohort

    picture = data.immunohistochemistry().transpose(2, 0, 1)  # type: ignore[no-untyped-call]
    rows, images = [], []
    for split, columns in REGIONS.items():
        for block_row in range(picture.shape[1] // BLOCK):
            for block_column in columns:
                for top, left in _corners(block_row * BLOCK, block_column * BLOCK):
                    images.append(picture[:, top : top + PATCH, left : left + PATCH])
                    rows.append((f"r{top:03d}c{left:03d}", f"b{block_row}{block_column}", split))
    table = pd.DataFrame(rows, columns=["case_id", "patient_id", "split"])
    cohort = Cohort.from_arrays(images, table, provenance={"source": "scikit-image ihc.png"})
    stain = np.array([dab(case) for case in cohort])
    low, high = np.quantile(stain[table["split"] == "train"], [0.4, 0.6])
    cohort = cohort.with_column("dab", stain.round(4))
    cohort = cohort.with_column("label", np.where(stain >= high, "DAB-high", "DAB-low"))
    return cohort.select((stain <= low) | (stain >= high))


def _corners(top: int, left: int) -> list[tuple[int, int]]:
    steps = range(0, BLOCK - PATCH + 1, STRIDE)
    return [(top + down, left + right) for down in steps for right in steps]


def run_demo(out: Path, *, minutes: float = 5.0, seed: int = 0) -> Report:
    """Run the main job from tissue to verdict, and say where everything lies."""
    from cancergan import workflow
    from cancergan.assessment.settings import AssessmentSettings

    cohort = tissue_cohort()
    cohort.save(out / "cohort")
    parts = {name: cohort.select(f"split == '{name}'") for name in REGIONS}
    print("cohort: " + ", ".join(f"{len(part)} {name}" for name, part in parts.items()))
    settings: dict[str, Any] = {
        "image_size": PATCH,
        "seed": seed,
        "training.minutes": minutes,
        "game.augmentation.operations": ["brightness", "contrast", "translation", "flip_all"],
        **SMALL_NETWORKS,
    }
    run = workflow.train("cgan", parts["train"], out / "run", **settings)
    synthetic = workflow.synthesise(
        run, len(parts["train"]), out / "synthetic", condition="balanced", seed=seed
    )
    draw_grid(parts["train"], synthetic, out / "real_and_synthetic.png")
    draw_film(run, out / "film.png")
    report = workflow.assess(
        real=parts["test"],
        synthetic=synthetic,
        training=parts["train"],
        seed=seed,
        settings=AssessmentSettings(measurement=dab, measurement_name="mean DAB stain"),
        progress=lambda step, done, total: print(f"assessing {done + 1}/{total}: {step}"),
    )
    verdict = workflow.gate(report)
    report.save(out, verdict=verdict)
    print(verdict)
    print(f"report: {out / 'report.html'}")
    return report


def draw_grid(real: Cohort, synthetic: Cohort, path: Path, *, each: int = 12) -> None:
    """Draw real above synthetic, class by class, ``each`` of them spread over the cohort."""
    rows = {}
    for label in real.classes:
        for name, cohort in (("real", real), ("synthetic", synthetic)):
            of_class = cohort.select(f"label == '{label}'")
            chosen = np.linspace(0, len(of_class) - 1, each).astype(int)
            tiles = [_tile(of_class[int(number)]) for number in chosen]
            rows[f"{name} {label}"] = grid(tiles, columns=each)
    write_png(path, captioned(rows))


def draw_film(run: Run, path: Path) -> None:
    """Draw what the same latents became during training: a row a sample grid, early to late."""
    from PIL import Image

    rows = {}
    for frame in sorted(run.samples.glob("[0-9]*.png")):
        with Image.open(frame) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        rows[f"step {int(frame.stem)}"] = pixels[: pixels.shape[0] // GRID_ROWS]
    write_png(path, captioned(rows))


def _tile(case: Case) -> Picture:
    assert case.image is not None
    return to_picture(case.image / 127.5 - 1, at_least=64)
