"""What attacks find on real images: ``python -m benchmarks.attacks NAME --out DIR``.

``cohorts`` divides dermoscopy (``isic_uda1``; the unit is the image) into members and others;
``train NAME`` trains one of three generators at 32 x 32: one that is made to memorise a few images,
an honest one and a private one. ``cancergan audit`` then attacks them. Data: ``shared/data`` beside
the repository, or CANCERGAN_SHARED_DATA.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.evidence import shared
from cancergan import workflow
from cancergan.cohort import Cohort

FEW = 24
SMALL: dict[str, Any] = {
    "image_size": 32,
    "fit": "stretch",
    "game.generator.options.width": 8,
    "training.checkpoint_every": 100,
}
RUNS: dict[str, tuple[str, str, Mapping[str, Any]]] = {
    "memorising": (
        "few", "cgan",
        {"training.steps": 3000, "game.augmentation": {"operations": [], "probability": 0.0},
         "game.latent_size": 16, "training.average_half_life": 500},
    ),
    "honest": ("many", "cgan", {"training.steps": 1500, "training.average_half_life": 2000}),
    "private": (
        "many", "dpgan",
        {"training.steps": 150, "training.batch_size": 64, "training.average_half_life": 2000,
         "game.conditioning": "projection", "game.latent_size": 32, "game.loss": "non_saturating",
         "game.discriminator.options.width": 8, "game.generator_optimiser.learning_rate": 1e-3,
         "game.discriminator_optimiser": {"learning_rate": 2e-3, "clip_weights": None},
         "privacy.epsilon": 10.0, "privacy.delta": 1e-3},
    ),
}  # fmt: skip


def cohorts(out: Path) -> None:
    """Write the members of the honest and the private run, few of them, and others."""
    parts = Cohort.open(shared("isic_uda1")).split({"many": 0.45, "others": 0.55}, by="case_id")
    rest = 1 - FEW / len(parts["many"])
    few = parts["many"].split({"few": 1 - rest, "rest": rest}, by="case_id")["few"]
    for name, cohort in {**parts, "few": few}.items():
        cohort.save(out / name)
        print(f"{name}: {len(cohort)} images")


def train(name: str, out: Path) -> None:
    """Train one of the generators on its members; an interrupted training goes on."""
    members, recipe, settings = RUNS[name]
    begun = (out / name).exists()
    workflow.train(recipe, out / members, out / name, resume=begun, **{**SMALL, **settings})


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["cohorts", *RUNS])
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    if chosen.name == "cohorts":
        cohorts(chosen.out)
    else:
        train(chosen.name, chosen.out)


if __name__ == "__main__":
    main()
