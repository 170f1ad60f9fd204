"""Synthetic images with their masks for a segmenter, against classical augmentation."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.cohort.preparation import Preparation
from cancergan.core.errors import BadInputError
from cancergan.core.pictures import Picture, captioned, grid, to_picture
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.classifier import Augmentation
from cancergan.downstream.segmenter import train_segmenter
from cancergan.recipes.loader import load_recipe
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence
from cancergan.studies.segmenting import (
    Float32,
    Float64,
    Labels,
    chosen_threshold,
    masks_picture,
    measured,
    outcomes,
    prepared_pairs,
)
from cancergan.training.run import Run
from cancergan.training.synthesis import synthesise, translated

JOINED, SYNTHETIC = "real + synthetic, augmented", "synthetic alone"
AUGMENTED, REAL = "real, classical augmentation", "real alone"
_SHOWN = 6


class SyntheticMasksSettings(StudySettings):
    """Where the synthetic pairs come from, and how the segmenter is trained.

    Attributes:
        pairs: "masks" draws an image for each training mask in the mirror; "infill" sets a lesion
            of another case into each training image (those without a lesion, if there are enough);
            "noise" first makes the masks themselves, by ``mask_recipe``.
        mask_recipe, mask_settings: the game that makes masks from noise, where ``pairs`` is
            "noise".
        real_fraction: share of the training patients that anything is trained on at all.
        ratio: synthetic pairs for each real one.
        segmenter_steps: optimiser steps of every segmenter, whatever it is trained on.
    """

    pairs: Literal["masks", "infill", "noise"] = "masks"
    mask_recipe: str = "wgan_gp"
    mask_settings: dict[str, Any] = Field(default={})
    real_fraction: float = Field(default=1.0, gt=0, le=1)
    ratio: float = Field(default=1.0, gt=0)
    segmenter_steps: int = Field(default=120, ge=1)


@studies.register("synthetic_masks")
class SyntheticMasksStudy(Study[SyntheticMasksSettings]):
    """One segmenter trained on four diets at equal steps, and its masks of held-out patients."""

    schema = SyntheticMasksSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return "image" and "mask"."""
        return ("image", "mask")

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the segmenters by what they are trained on."""
        games = 2 if self.settings.pairs == "noise" else 1
        return (
            Method(JOINED, "real and synthetic pairs together", trainings=1 + games),
            Method(SYNTHETIC, "synthetic pairs and nothing else"),
            Method(AUGMENTED, "real pairs, mirrored, shifted and re-lit", True),
            Method(REAL, "real pairs as they are", True),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train the game, synthesise pairs, and train and measure the segmenters, for each seed."""
        train = _some_patients(bench.train, self.settings.real_fraction, bench.recipe.seed)
        figures: dict[str, list[dict[str, Float64]]] = {
            m.name: [] for m in self.methods(bench.recipe)
        }
        shown: dict[str, npt.NDArray[np.bool_]] = {}
        for seed in bench.seeds:
            run = bench.trained("game", seed, cohort=train)
            grid_of = run.trained_on.columns["image"].preparation
            made = self._pairs(bench, run, train, seed)
            real = prepared_pairs(train, grid_of)
            judged = [prepared_pairs(part, grid_of) for part in (bench.validation, bench.test)]
            if not bench.pictures:
                bench.pictures["pairs"] = _pairs_picture(real, made)
            for name, (images, masks), augmentation in _diets(real, made):
                bench.say(f"{name}, seed {seed}: {self.settings.segmenter_steps} steps")
                found = self._found(images, masks, augmentation, judged, seed)
                figures[name].append(measured(found, judged[1][1]))
                shown.setdefault(name, found)
        bench.pictures["masks"] = masks_picture(*judged[1], shown)
        units = bench.test.table["patient_id"].astype(str).tolist()
        note = f"Trained on {len(train)} real and {len(made[0])} synthetic pairs."
        return Evidence.of(
            self.methods(bench.recipe), outcomes(figures, units), seed=bench.recipe.seed,
            notes=[note],
        )  # fmt: skip

    def _found(
        self,
        images: Float32,
        masks: Labels,
        augmentation: Augmentation,
        judged: list[tuple[Float32, Labels]],
        seed: int,
    ) -> npt.NDArray[np.bool_]:
        """Return where a segmenter of these pairs finds a lesion in the test cases."""
        network = train_segmenter(
            images, masks, steps=self.settings.segmenter_steps, seed=seed,
            augmentation=augmentation,
        )  # fmt: skip
        (seen, truth), (test, _) = judged
        threshold = chosen_threshold(network.probabilities(seen), truth)
        found: npt.NDArray[np.bool_] = network.probabilities(test) >= threshold
        return found

    def _pairs(self, bench: Bench, run: Run, train: Cohort, seed: int) -> tuple[Float32, Labels]:
        """Return synthetic images in [-1, 1] and their masks."""
        count = max(1, round(self.settings.ratio * len(train)))
        preparation = run.trained_on.columns["image"].preparation
        if self.settings.pairs == "infill":
            return _infilled(run, train, preparation, count, seed)
        if self.settings.pairs == "masks":
            source = _mirrored(train, count, seed)
        else:
            source = self._masks_from_noise(bench, train, count, seed)
        masks = np.stack([preparation.apply_mask(case) for case in source])
        return translated(run, source, seed=seed), masks

    def _masks_from_noise(self, bench: Bench, train: Cohort, count: int, seed: int) -> Cohort:
        size = {"image_size": bench.recipe.image_size, "fit": bench.recipe.fit}
        view = {"data": {"image": {"read": "mask"}}}
        recipe = load_recipe(
            self.settings.mask_recipe, {**size, **view, **self.settings.mask_settings}
        )
        masks = _marked(train)
        run = bench.trained("masks", seed, recipe=recipe, cohort=masks)
        made = synthesise(run, count, seed=seed)
        empty = [n for n in range(count) if not _mask_of(made, n).any()]
        if len(empty) == count:
            raise BadInputError(
                f"{run.path}: all {count} masks that it makes are empty. Train it for longer."
            )
        return made


def _diets(
    real: tuple[Float32, Labels], made: tuple[Float32, Labels]
) -> list[tuple[str, tuple[Float32, Labels], Augmentation]]:
    both = (np.concatenate([real[0], made[0]]), np.concatenate([real[1], made[1]]))
    return [
        (JOINED, both, "classical"),
        (SYNTHETIC, made, "classical"),
        (AUGMENTED, real, "classical"),
        (REAL, real, "none"),
    ]


def _some_patients(cohort: Cohort, share: float, seed: int) -> Cohort:
    """Return the cases of a share of the patients, the same ones for every method."""
    if share == 1:
        return cohort
    patients = cohort.table["patient_id"].astype(str)
    names = np.array(sorted(set(patients)))
    order = numpy_generator(seed, "real fraction").permutation(len(names))
    chosen = set(names[order[: max(2, round(share * len(names)))]])
    return cohort.select(np.array([patient in chosen for patient in patients]))


def _mask_of(cohort: Cohort, index: int) -> Labels:
    mask = cohort[index].mask
    if mask is None:
        raise BadInputError(f'case "{cohort[index].case_id}": has no mask. Add one.')
    return np.asarray(mask, np.int32)


def _marked(cohort: Cohort) -> Cohort:
    """Return the cases whose mask is not empty.

    Raises:
        BadInputError: fewer than four.
    """
    marked = np.array([bool(_mask_of(cohort, n).any()) for n in range(len(cohort))])
    if marked.sum() < 4:
        raise BadInputError(
            f"{cohort.origin}: {marked.sum()} of {len(cohort)} masks are not empty; at least 4 are "
            "needed. Add cases with a lesion."
        )
    return cohort.select(marked)


def _mirrored(cohort: Cohort, count: int, seed: int) -> Cohort:
    """Return so many cases whose masks are mirrored left and right; drawn in turn, shuffled."""
    marked = _marked(cohort)
    order = numpy_generator(seed, "mirrored").permutation(len(marked))
    cases = [marked[int(order[n % len(order)])] for n in range(count)]
    # Left-right is the last axis of a picture (row, column), the first of a volume (x, y, z).
    axis = -1 if cases[0].image is None or cases[0].image.ndim == 3 else 0
    names = [f"mirrored_{n:06d}" for n in range(count)]
    return Cohort.from_arrays(
        [np.asarray(case.image) for case in cases],
        pd.DataFrame({"case_id": names, "patient_id": names}),
        masks=[np.flip(np.asarray(case.mask), axis) for case in cases],
        spacing=None if cases[0].spacing is None else [case.spacing or () for case in cases],
    )


def _infilled(
    run: Run, cohort: Cohort, preparation: Preparation, count: int, seed: int
) -> tuple[Float32, Labels]:
    """Set lesions of other cases into training images; what was marked there stays marked."""
    images, masks = prepared_pairs(cohort, preparation)
    marked = np.flatnonzero(masks.reshape(len(masks), -1).any(axis=1))
    healthy = np.setdiff1d(np.arange(len(masks)), marked)
    hosts = healthy if len(healthy) >= 8 else np.arange(len(masks))
    random = numpy_generator(seed, "infilled")
    host, lesion = random.choice(hosts, count), random.choice(marked, count)
    region = masks[lesion]
    names = [f"infilled_{n:06d}" for n in range(count)]
    source = Cohort.from_arrays(
        [preparation.invert(images[n]) for n in host],
        pd.DataFrame({"case_id": names, "patient_id": names}),
        masks=list(region),
    )
    # In the margin of a hole new tissue was made, whatever was marked there before.
    margin = int(run.recipe.game.get("margin", 0))
    holes = np.stack([_grown(one > 0, margin) for one in region])
    marked_still = np.where(holes, 0, masks[host])
    return translated(run, source, seed=seed), np.where(region > 0, region, marked_still)


def _grown(mask: npt.NDArray[np.bool_], pixels: int) -> npt.NDArray[np.bool_]:
    """Return a mask grown by so many pixels along every axis."""
    from scipy.ndimage import maximum_filter

    grown: npt.NDArray[np.bool_] = maximum_filter(mask, 2 * pixels + 1)
    return grown


def _pairs_picture(real: tuple[Float32, Labels], made: tuple[Float32, Labels]) -> Picture:
    """Return real pairs above synthetic ones, each image with its mask below."""
    rows = {}
    for name, (images, masks) in {"real": real, "synthetic": made}.items():
        marked = np.flatnonzero(masks.reshape(len(masks), -1).any(axis=1))
        chosen = marked[:: max(1, len(marked) // _SHOWN)][:_SHOWN]
        rows[name] = grid([to_picture(images[n], at_least=64) for n in chosen], columns=_SHOWN)
        maps = [np.where(masks[n][None] > 0, 1.0, -1.0) for n in chosen]
        rows[f"masks, {name}"] = grid([to_picture(m, at_least=64) for m in maps], columns=_SHOWN)
    return captioned(rows, width=110)
