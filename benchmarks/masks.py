"""Masks to images: does a segmenter find what was asked for?

``python -m benchmarks.masks --out DIR`` trains SPADE and pix2pix on masks of lesions (BUSI) or of
nuclei (MoNuSeg, ``--of nuclei``), draws images for held-out masks, and has a segmenter that was
trained on real images alone outline what they show: Dice with the mask that was asked for, beside
what it reaches on the real images of the same masks. A run that was cut short goes on.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.evidence import EXPERIMENTS
from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.cohort.prepared import prepare
from cancergan.core.pictures import Picture, captioned, grid, to_picture, write_png
from cancergan.downstream.segmenter import Segmenter, train_segmenter
from cancergan.metrics.resampling import bootstrap_interval
from cancergan.metrics.segmentation import dice
from cancergan.training.run import Run

Float32 = npt.NDArray[np.float32]


def play(of: str, out: Path, steps: int, seed: int) -> None:
    """Train both translators and the segmenter, and print the table of Dice."""
    started = time.monotonic()
    experiment = EXPERIMENTS[of]
    parts = experiment.parts(seed)
    runs = {
        name: workflow.train(
            experiment.recipe,
            parts["train"],
            out / name,
            resume=True,
            **{**experiment.common, **settings, "training.steps": steps, "seed": seed},
        )
        for name, settings in experiment.runs.items()
    }
    first = next(iter(runs.values()))
    shown = [_parts(array, first.trained_on.patch) for array in _arrays(first, parts["train"])]
    judge = train_segmenter(*shown, steps=300, seed=seed)
    real, masks = _arrays(first, parts["test"])
    made = {name: _made(run, parts["test"], seed) for name, run in runs.items()}
    unit = "case_id" if of == "masks" else "patient_id"
    units = list(parts["test"].table[unit])
    print(f"{len(real)} images, {len(set(units))} units ({unit})\n")
    print("| images | Dice with the mask that was asked for |\n|---|---|")
    for name, images in {"real": real, **made}.items():
        print(f"| {name} | {_cell(_dices(judge, images, masks), units, seed)} |")
    wrong = _dices(judge, real, np.roll(masks, 1, axis=0))
    print(f"| real, with the masks of others | {_cell(wrong, units, seed)} |")
    rows = {"mask": masks[:, None] * 2.0 - 1, "real": real, **made}
    write_png(out / "masks.png", captioned({name: _strip(i) for name, i in rows.items()}, width=70))
    print(f"{of}: {(time.monotonic() - started) / 60:.1f} minutes, seed {seed}")


def _arrays(run: Run, cohort: Cohort) -> tuple[Float32, npt.NDArray[np.int32]]:
    prepared = prepare(cohort, run.trained_on.preparation, columns=("image", "mask"))
    assert prepared.masks is not None
    return prepared.images, (prepared.masks > 0).astype(np.int32)


def _parts(array: npt.NDArray[Any], patch: tuple[int, ...] | None) -> npt.NDArray[Any]:
    """Cut pictures (n, ..., height, width) into parts of the size that the runs saw."""
    if patch is None:
        return array
    height, width = (side // size for side, size in zip(array.shape[-2:], patch, strict=True))
    rows = np.concatenate(np.split(array, height, axis=-2))
    return np.concatenate(np.split(rows, width, axis=-1))


def _made(run: Run, cohort: Cohort, seed: int) -> Float32:
    window = run.trained_on.preparation.window
    made = workflow.synthesise(run, source=cohort, seed=seed)
    return np.stack([window.to_network(case.image) for case in made if case.image is not None])


def _dices(
    judge: Segmenter, images: Float32, masks: npt.NDArray[np.int32]
) -> npt.NDArray[np.float64]:
    found = judge.probabilities(images) >= 0.5
    return np.array([dice(one, two > 0) for one, two in zip(found, masks, strict=True)])


def _cell(values: npt.NDArray[np.float64], units: list[str], seed: int) -> str:
    ends = bootstrap_interval(lambda rows: float(values[rows].mean()), units, seed=seed)
    assert ends is not None
    return f"{values.mean():.3f} ({ends[0]:.3f} to {ends[1]:.3f})"


def _strip(images: npt.NDArray[np.floating]) -> Picture:
    chosen = np.linspace(0, len(images) - 1, 10).astype(int)
    return grid([to_picture(images[n]) for n in chosen], columns=10)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", choices=("masks", "nuclei"), default="masks")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    play(chosen.of, chosen.out, chosen.steps, chosen.seed)


if __name__ == "__main__":
    main()
