"""What an ingredient of a publication does: a recipe with it and without, on skin lesions.

``python -m benchmarks.ingredients DATA --only lsgan`` trains each variant as
``benchmarks.architectures`` trains its recipes, for the steps that stand here, and writes
``table.md`` and ``grids.png`` of all that are in ``--out``. Two of these variants are what the
recipes were before they were mended.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks.architectures import parts, picture, play, table
from cancergan.core.pictures import write_png


@dataclass(frozen=True)
class Variant:
    """A recipe with other settings, and how long it is trained."""

    recipe: str
    steps: int
    checkpoint_every: int
    settings: dict[str, Any] = field(default_factory=dict)


VARIANTS = {
    "lsgan_slow": Variant(
        "lsgan",
        1000,
        250,
        {
            "game.discriminator.options.normalise": "batch",
            "game.generator_optimiser.learning_rate": 2e-4,
            "game.discriminator_optimiser.learning_rate": 2e-4,
        },
    ),
    "lsgan": Variant("lsgan", 700, 175),
    "transgan_blocks": Variant(
        "transgan",
        400,
        100,
        {
            "game.generator.options.tokens": 64,
            "game.discriminator.options.tokens": 64,
        },
    ),
    "transgan": Variant("transgan", 250, 125),
}


def main() -> None:
    """Read the arguments, play the variants, write table and picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the dermoscopy cohort (isic_uda1)")
    parser.add_argument("--out", type=Path, default=Path("runs/ingredients"))
    parser.add_argument("--only", nargs="*", choices=VARIANTS, default=[], help="some, not all")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cohorts = parts(given.data)
    for name in given.only or VARIANTS:
        one = VARIANTS[name]
        length = {"training.steps": one.steps, "training.checkpoint_every": one.checkpoint_every}
        play(one.recipe, cohorts, given.out / name, {**length, **one.settings})
    done = [name for name in VARIANTS if (given.out / name / "report").exists()]
    (given.out / "table.md").write_text(table(done, given.out), encoding="utf-8")
    write_png(given.out / "grids.png", picture(done, cohorts["test"], given.out))
    print(table(done, given.out))


if __name__ == "__main__":
    main()
