"""What the translation games do on real images: ``python -m benchmarks.evidence NAME --out DIR``.

Each experiment trains its runs one after another on patients (or images) apart from those it is
judged by, and writes what ``cancergan compare-translations`` says of them. Data: ``shared/data``
beside the repository, or CANCERGAN_SHARED_DATA.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cancergan import workflow
from cancergan.cohort import Cohort

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Experiment:
    """A cohort in two parts, and the runs that are compared on the second."""

    parts: Callable[[int], dict[str, Cohort]]
    recipe: str
    common: Settings
    runs: Mapping[str, Settings]


def shared(name: str) -> Path:
    """Return the folder of a shared real data set."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("CANCERGAN_SHARED_DATA", default)) / name


def brain(seed: int) -> dict[str, Cohort]:
    """Seven patients to train on and three to judge.

    Left out are the one without post-contrast, and the second copy of another at 256 pixels.
    """
    cohort = Cohort.open(shared("lgg_mri"))
    small = [cohort.header(case).shape[1] == 128 for case in range(len(cohort))]
    there = cohort.table["post_contrast_missing"] == 0
    return cohort.select(np.array(small) & there).split({"train": 0.7, "test": 0.3}, seed=seed)


def skin(seed: int) -> dict[str, Cohort]:
    """Images of skin lesions; the unit is the image."""
    cohort = Cohort.open(shared("isic_uda1"))
    return cohort.split({"train": 0.8, "test": 0.2}, by="case_id", seed=seed)


def ultrasound(seed: int) -> dict[str, Cohort]:
    """Breast ultrasound with a lesion, by blocks of numbers."""
    cohort = Cohort.open(shared("busi")).select("label != 'normal'")
    return cohort.split({"train": 0.75, "test": 0.25}, by="case_id", order="contiguous", seed=seed)


def nuclei(seed: int) -> dict[str, Cohort]:
    """Histology tiles of several organs with their nuclei, by slide."""
    return Cohort.open(shared("monuseg")).split({"train": 0.7, "test": 0.3}, seed=seed)


# SPADE, and pix2pix in its place: masks that become images.
_MASK_RUNS: dict[str, Settings] = {
    "SPADE": {"training.batch_size": 8},
    "pix2pix": {
        "game": {
            "similarities": {"l1": 10.0},
            "feature_matching": 0.0,
            "content": 0.0,
            "style": "none",
            "loss": "least_squares",
            "generator": {"name": "unet", "options": {"width": 16, "depth": 4}},
            "discriminator": {"name": "patch", "options": {"width": 16, "levels": 3}},
        }
    },
}

EXPERIMENTS = {
    "contrast": Experiment(
        brain,
        "pix2pix",
        {
            "data.source.channels": [0],
            "data.image.channels": [2],
            "training.batch_size": 2,
            "training.steps": 2500,
            "game.generator.options.width": 12,
            "game.generator.options.residual": True,
        },
        {"pix2pix": {}, "L1 alone": {"game.adversarial_weight": 0.0}},
    ),
    "super_resolution": Experiment(
        skin,
        "srgan",
        {"image_size": 96, "training.batch_size": 4, "training.steps": 2500},
        {
            "SRGAN": {"game.content_rounds": 1500, "game.ramp_rounds": 300},
            "content alone": {"game.adversarial_weight": 0.0},
        },
    ),
    "masks": Experiment(
        ultrasound,
        "spade",
        {"image_size": 64, "training.steps": 3000},
        _MASK_RUNS,
    ),
    "nuclei": Experiment(
        nuclei,
        "spade",
        {"image_size": 128, "patch_size": 64, "training.steps": 3000},
        _MASK_RUNS,
    ),
}


def play(name: str, out: Path, seed: int = 0) -> None:
    """Train every run of an experiment, compare them, and say how long it took."""
    experiment = EXPERIMENTS[name]
    parts = experiment.parts(seed)
    started = time.monotonic()
    runs = {}
    for title, settings in experiment.runs.items():
        folder = out / title.replace(" ", "_")
        chosen = {**experiment.common, **settings, "seed": seed}
        runs[title] = workflow.train(experiment.recipe, parts["train"], folder, **chosen)
    comparison = workflow.compare_translations(runs, parts["test"], out / "comparison", seed=seed)
    print(comparison.markdown())
    print(f"{name}: {(time.monotonic() - started) / 60:.1f} minutes, seed {seed}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(EXPERIMENTS))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    play(chosen.name, chosen.out, chosen.seed)


if __name__ == "__main__":
    main()
