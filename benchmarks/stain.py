"""Unpaired stain translation on real tissue: ``python -m benchmarks.stain --out DIR``.

MoNuSeg tiles (many hospitals, nuclei outlined) are brought to the stain of CAMELYON17 patches (one
hospital). Two questions, for CycleGAN, for Reinhard's classical normalisation and for nothing done:
how far are the colours from the wanted ones, and are the nuclei still where the outlines say?
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from skimage.color import lab2rgb, rgb2hed, rgb2lab
from sklearn.metrics import roc_auc_score

from benchmarks.evidence import shared
from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.core.pictures import captioned, grid, to_picture, write_png
from cancergan.metrics.frechet import frechet_distance
from cancergan.metrics.resampling import bootstrap_interval

Float32 = npt.NDArray[np.float32]
SIDE, PATCH = 192, 64


def domains(seed: int) -> tuple[Cohort, Cohort]:
    """Return the training cohort of both kinds, and held-out MoNuSeg slides."""
    nuclei = Cohort.open(shared("monuseg"))
    wanted = Cohort.open(shared("camelyon17_patches"))
    parts = nuclei.split({"train": 0.6, "test": 0.4}, seed=seed)
    both = Cohort.concatenate(
        [
            parts["train"].with_column("domain", ["monuseg"] * len(parts["train"])),
            wanted.with_column("domain", ["camelyon"] * len(wanted)),
        ]
    )
    return both, parts["test"]


def reinhard(image: Float32, wanted: npt.NDArray[np.float64]) -> Float32:
    """Match mean and deviation of each LAB channel (Reinhard et al. 2001); (3, H, W), 0 to 255."""
    lab = rgb2lab(image.transpose(1, 2, 0) / 255)
    mean, deviation = lab.mean((0, 1)), lab.std((0, 1))
    changed = (lab - mean) / deviation * wanted[1] + wanted[0]
    return np.asarray(lab2rgb(changed).transpose(2, 0, 1) * 255, np.float32)


def colours(images: list[Float32]) -> npt.NDArray[np.float64]:
    """Return mean and deviation of the LAB channels of each image, (n, 6)."""
    labs = [rgb2lab(image.transpose(1, 2, 0) / 255) for image in images]
    return np.array([[*lab.mean((0, 1)), *lab.std((0, 1))] for lab in labs])


def nuclei_auc(image: Float32, mask: npt.NDArray[np.int32]) -> float:
    """Return how well the amount of haematoxylin tells pixels in nuclei from others."""
    stain = rgb2hed(np.clip(image, 0, 255).transpose(1, 2, 0) / 255)[..., 0]
    return float(roc_auc_score(mask.ravel() > 0, stain.ravel()))


def play(out: Path, steps: int, seed: int) -> None:
    """Train, translate, measure and draw."""
    started = time.monotonic()
    both, test = domains(seed)
    run = workflow.train(
        "cyclegan",
        both,
        out / "run",
        image_size=SIDE,
        patch_size=PATCH,
        seed=seed,
        **{
            "data.source.where": "domain == 'monuseg'",
            "data.image.where": "domain == 'camelyon'",
            "game.generator.options": {"width": 12, "blocks": 3, "residual": True},
            "game.consistency": {"edge_correlation": 2.0},
            "training.steps": steps,
            "training.batch_size": 2,
        },
    )
    made = workflow.synthesise(run, source=test, seed=seed)
    wanted = [_image(case.image) for case in both.select("domain == 'camelyon'")]
    target = colours(wanted)
    style = np.stack([target[:, :3].mean(0), target[:, 3:].mean(0)])
    plain = [run.trained_on.preparation.invert(run.trained_on.preparation.apply(c)) for c in test]
    methods = {
        "as it was": plain,
        "Reinhard": [reinhard(image, style) for image in plain],
        "CycleGAN": [np.clip(_image(case.image), 0, 255) for case in made],
    }
    masks = [_image(case.mask) for case in made]
    units = list(made.table["patient_id"])
    print("| method | colour distance | nuclei AUC | change of AUC |\n|---|---|---|---|")
    before = np.array([nuclei_auc(i, m) for i, m in zip(plain, masks, strict=True)])
    for name, images in methods.items():
        print(_row(name, images, masks, before, target, units, seed))
    _draw(methods, wanted, out / "stains.png")
    print(f"stain: {(time.monotonic() - started) / 60:.1f} minutes, seed {seed}")


def _row(
    name: str,
    images: list[Float32],
    masks: list[npt.NDArray[np.int32]],
    before: npt.NDArray[np.float64],
    target: npt.NDArray[np.float64],
    units: list[str],
    seed: int,
) -> str:
    seen = colours(images)
    auc = np.array([nuclei_auc(i, m) for i, m in zip(images, masks, strict=True)])
    cells = [
        _cell(lambda rows: frechet_distance(target, seen[rows]), units, seed),
        _cell(lambda rows: float(auc[rows].mean()), units, seed),
        _cell(lambda rows: float((auc - before)[rows].mean()), units, seed),
    ]
    return f"| {name} | {' | '.join(cells)} |"


def _cell(statistic: Callable[..., float], units: list[str], seed: int) -> str:
    ends = bootstrap_interval(statistic, units, seed=seed, replicates=400)
    assert ends is not None
    value = statistic(np.arange(len(units)))
    return f"{value:.3g} ({ends[0]:.3g} to {ends[1]:.3g})"


def _image(array: npt.NDArray[np.generic] | None) -> npt.NDArray[np.generic]:
    assert array is not None
    return array


def _draw(methods: Mapping[str, list[Float32]], wanted: list[Float32], path: Path) -> None:
    picked = range(0, len(next(iter(methods.values()))), 4)
    rows = {name: [images[i] for i in picked][:7] for name, images in methods.items()}
    rows["wanted stain"] = [wanted[i * 7] for i in range(7)]
    strips = {
        name: grid([to_picture(i / 127.5 - 1)[::2, ::2] for i in images], columns=7)
        for name, images in rows.items()
    }
    write_png(path, captioned(strips, width=100))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    play(chosen.out, chosen.steps, chosen.seed)


if __name__ == "__main__":
    main()
