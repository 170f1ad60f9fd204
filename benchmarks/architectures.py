"""Games that start from noise, side by side on skin lesions: equal time, one table, one picture.

``python -m benchmarks.architectures DATA --only dcgan lsgan wgan`` trains each recipe at 32 x 32 on
one thread, one after another, for as many steps as took four minutes of one quiet core (three
for those of ``FURTHER``); assesses each against the same unseen cases; and writes the tables
and pictures of all that are in ``--out`` already. Steps, not minutes, so that another machine, or a
busy one, gets the same figures. What is there is kept, and a training that was cut short goes on:
delete a recipe's part to do it again.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cancergan import workflow
from cancergan.assessment.report import Report
from cancergan.assessment.settings import AssessmentSettings
from cancergan.cohort import Cohort, Preparation
from cancergan.cohort.identity import patient_fingerprints
from cancergan.core.estimates import Estimate
from cancergan.core.pictures import Picture, captioned, grid, to_picture, write_png
from cancergan.training.run import Run

# Steps that took four minutes of one quiet core.
COMPARED = {
    "dcgan": 3400,
    "lsgan": 3400,
    "wgan": 2400,
    "wgan_gp": 3000,
    "pggan": 1700,
    "transgan": 420,
    "style": 2200,
    "cgan": 4800,
}
# About three minutes of one quiet core.
FURTHER = {
    "capsule": 2500,
    "gman": 1500,
    "began": 1800,
    "vae_gan": 1500,
    "aae": 2000,
    "lapgan": 1800,
    "triple_gan": 2000,
}
STEPS = {**COMPARED, **FURTHER}
SIDE, CASES, SHOWN = 32, 400, 8
# The published learning rates of the Wasserstein recipes are for days; growth has to end in time.
CHANGED: dict[str, dict[str, Any]] = {
    "wgan": {
        "training.batch_size": 16,
        "game.generator_optimiser.learning_rate": 5e-4,
        "game.discriminator_optimiser.learning_rate": 5e-4,
    },
    "wgan_gp": {
        "training.batch_size": 16,
        "game.critic_steps": 2,
        "game.generator_optimiser.learning_rate": 1e-3,
        "game.discriminator_optimiser.learning_rate": 1e-3,
    },
    "pggan": {"game.rounds_fading": 100, "game.rounds_stable": 60},
}
FIGURES = (
    ("fidelity", "frechet_distance"),
    ("fidelity", "kernel_distance"),
    ("fidelity", "precision"),
    ("diversity", "recall"),
)
# The space that nobody trained: the encoder's differs between games with and without classes.
SPACE = "random_convolution"
FAMILIES = ("fidelity", "diversity", "condition")


def parts(data: Path) -> dict[str, Cohort]:
    """Return the training, validation and test cases, the same every time.

    Two pairs of images are equal to the pixel: one of each is left out, else it could be on two
    sides.
    """
    cohort = Cohort.open(data)
    identities = np.array(patient_fingerprints(cohort))
    once = np.zeros(len(cohort), bool)
    once[np.unique(identities, return_index=True)[1]] = True
    shares = {"train": 0.7, "validation": 0.1, "test": 0.2}
    return cohort.select(once).split(shares, seed=0)


def shortened(recipe: str, share: float) -> dict[str, Any]:
    """Return the benchmark's settings of a recipe for a share of the steps."""
    changed = dict(CHANGED.get(recipe, {}))
    for key in ("game.rounds_fading", "game.rounds_stable"):
        if key in changed:
            changed[key] = round(share * changed[key])
    return {"training.steps": round(share * STEPS[recipe]), **changed}


def play(recipe: str, cohorts: dict[str, Cohort], out: Path, settings: Mapping[str, Any]) -> None:
    """Train, synthesise and assess one recipe, whatever of it is not there yet."""
    run = workflow.train(
        recipe,
        cohorts["train"],
        out / "run",
        validation=cohorts["validation"],
        resume=True,
        **{"image_size": SIDE, **settings},
    )
    if not (out / "synthetic").exists():
        workflow.synthesise(run, CASES, out / "synthetic")
    if not (out / "report").exists():
        workflow.assess(
            real=cohorts["test"],
            synthetic=out / "synthetic",
            training=cohorts["train"],
            out=out / "report",
            settings=AssessmentSettings(families=FAMILIES),
        )


def row(recipe: str, out: Path) -> str:
    """Return one row of the table, in Markdown."""
    report = Report.open(out / "report")
    steps = Run.open(out / "run").metrics()[-1]["step"]
    found = {(e.family, e.name): e for e in report.findings if e.space in (SPACE, "task")}
    cells = [in_words(found[key]) for key in FIGURES]
    adherence = found.get(("condition", "balanced_accuracy"))
    cells.append("no classes" if adherence is None else in_words(adherence))
    return f"| `{recipe}` | {steps} | " + " | ".join(cells) + " |"


def in_words(found: Estimate) -> str:
    """Return a figure with its interval, and what real cases score."""
    interval = "" if found.low is None else f" ({found.low:.3g} to {found.high:.3g})"
    floor = "" if found.floor is None else f"; real {found.floor:.3g}"
    return f"{found.value:.3g}{interval}{floor}"


def table(recipes: list[str], out: Path) -> str:
    """Return the table of all recipes, in Markdown."""
    titles = ["recipe", "steps", "Fréchet distance", "kernel distance", "precision", "recall"]
    titles.append("condition adherence")
    head = f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}\n"
    return head + "\n".join(row(recipe, out / recipe) for recipe in recipes) + "\n"


def picture(recipes: list[str], real: Cohort, out: Path) -> Picture:
    """Return one strip of images for each recipe, real ones first."""
    preparation = Preparation.plan(real, image_size=SIDE)
    strips = {"real": strip(real, preparation)}
    for recipe in recipes:
        strips[recipe] = strip(Cohort.open(out / recipe / "synthetic"), preparation)
    return captioned(strips, width=80)


def strip(cohort: Cohort, preparation: Preparation) -> Picture:
    """Return a few images of a cohort, evenly spread over it, in a row of two lines."""
    chosen = np.linspace(0, len(cohort) - 1, 2 * SHOWN).astype(int)
    tiles = [to_picture(preparation.apply(cohort[int(i)]), at_least=2 * SIDE) for i in chosen]
    return grid(tiles, columns=SHOWN)


def main() -> None:
    """Read the arguments, play the recipes, write table and picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the dermoscopy cohort (isic_uda1)")
    parser.add_argument("--out", type=Path, default=Path("runs/architectures"))
    parser.add_argument("--share", type=float, default=1.0, help="of the steps, for a quick look")
    parser.add_argument("--only", nargs="*", choices=STEPS, default=[], help="some, not all")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cohorts = parts(given.data)
    for recipe in given.only or STEPS:
        play(recipe, cohorts, given.out / recipe, shortened(recipe, given.share))
        print(row(recipe, given.out / recipe), flush=True)
    for name, group in {"compared": COMPARED, "further": FURTHER}.items():
        done = [recipe for recipe in group if (given.out / recipe / "report").exists()]
        if done:
            (given.out / f"{name}.md").write_text(table(done, given.out), encoding="utf-8")
            write_png(given.out / f"{name}.png", picture(done, cohorts["test"], given.out))


if __name__ == "__main__":
    main()
