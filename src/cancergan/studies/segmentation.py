"""Segmentation with an adversary, against the same segmenter without, and with augmentation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.cohort.views import View, picked, viewed
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.recipes.loader import game_settings, merged, resolve
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
from cancergan.training.synthesis import translated

ADVERSARIAL, ALONE = "adversarial", "pixel loss alone"
AUGMENTED = "pixel loss, classical augmentation"
ANNOTATED = "annotated"
_NO_ADVERSARY = {"adversarial_weight": 0.0, "unlabelled": 0.0, "self_training": 0.0,
                 "difficulty": 0.0}  # fmt: skip


class SegmentationSettings(StudySettings):
    """What the segmenters are compared with, and how many of the cases have labels.

    ``augmented`` adds the baseline with classical augmentation, by ``moves`` (image and map
    together) and ``lights`` (image alone). ``annotated``: the share of training patients whose
    masks are used at all; the others are images without labels, which a semi-supervised game reads
    as ``data.unlabelled`` where ``annotated == 'no'``. A cohort with a column ``annotated`` ("yes",
    "no") says it itself; an image that nobody annotated then has an empty mask.
    """

    augmented: bool = True
    moves: tuple[str, ...] = ("translation",)
    lights: tuple[str, ...] = ("brightness", "contrast")
    annotated: float = 1.0


@studies.register("segmentation")
class SegmentationStudy(Study[SegmentationSettings]):
    """Masks of held-out patients by each segmenter; thresholds come from the validation part."""

    schema = SegmentationSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return "mask"."""
        return ("mask",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the recipe's game, and its segmenter without adversary."""
        methods = [
            Method(ADVERSARIAL, "the recipe's game"),
            Method(ALONE, "the same segmenter, steps and labels, without the adversary", True),
        ]
        if self.settings.augmented:
            words = "the same without adversary, images and maps moved and lit anew in every step"
            methods.append(Method(AUGMENTED, words, True))
        return tuple(methods)

    def run(self, bench: Bench) -> Evidence:
        """Train every segmenter for each seed and measure the masks of the test cases."""
        figures: dict[str, list[dict[str, Float64]]] = {
            m.name: [] for m in self.methods(bench.recipe)
        }
        shown: dict[str, npt.NDArray[np.bool_]] = {}
        train = _with_annotations(bench.train, self.settings.annotated, bench.recipe.seed)
        where = bench.recipe.data.get("source", View()).where
        validation, test = picked(bench.validation, where), picked(bench.test, where)
        images, truth = None, None
        for seed in bench.seeds:
            for name in figures:
                run = bench.trained(
                    name, seed, cohort=train, recipe=self._recipe(bench.recipe, name)
                )
                if truth is None:
                    images, truth = true_masks(run, test)
                found = found_masks(run, validation, test)
                figures[name].append(measured(found, truth))
                shown.setdefault(name, found)
        assert images is not None
        assert truth is not None
        bench.pictures["masks"] = masks_picture(images, truth, shown)
        units = test.table["patient_id"].astype(str).tolist()
        notes = [_lesions_in_words(truth)]
        return Evidence.of(
            self.methods(bench.recipe),
            outcomes(figures, units),
            seed=bench.recipe.seed,
            notes=notes,
        )

    def _recipe(self, recipe: Recipe, name: str) -> Recipe:
        """Return the recipe as one of the methods plays it."""
        if name == ADVERSARIAL:
            return recipe
        augmentation: dict[str, Any] = {}
        if name == AUGMENTED:
            augmentation = {"moves": self.settings.moves, "lights": self.settings.lights}
        changes = {"game": {**_NO_ADVERSARY, **augmentation}}
        alone = resolve(merged(recipe.model_dump(mode="json"), changes))
        game, settings = game_settings(alone)
        read = {n: view for n, view in alone.data.items() if n in game.requires(settings)}
        return alone.model_copy(update={"data": read})


def found_masks(
    run: Run, validation: Cohort, test: Cohort, *, column: str = "source"
) -> npt.NDArray[np.bool_]:
    """Return where a run finds any label in the test cases, (n, *spatial).

    The probability of foreground is cut where the validation cases' Dice is best. ``column`` is
    what the run starts from.
    """
    _, truth = true_masks(run, validation, column)
    threshold = chosen_threshold(foreground(run, validation), truth)
    return foreground(run, test) >= threshold


def true_masks(run: Run, cohort: Cohort, column: str = "source") -> tuple[Float32, Labels]:
    """Return the images that a run starts from, and their true masks, on the run's grid."""
    there = run.trained_on.columns[column]
    view = there.view.model_copy(update={"where": None})
    return prepared_pairs(viewed(cohort, view), there.preparation)


def foreground(run: Run, cohort: Cohort) -> Float64:
    """Return the probability of any label, (n, *spatial)."""
    chance = (translated(run, cohort).astype(np.float64) + 1) / 2
    total: Float64 = chance.sum(axis=1)
    return total


def _with_annotations(cohort: Cohort, share: float, seed: int) -> Cohort:
    """Return the cohort with a column that says of which patients the masks are used.

    A cohort that has the column already keeps it.
    """
    if ANNOTATED in cohort.table:
        return cohort
    if not 0 < share <= 1:
        raise BadInputError(f"study.annotated is {share}: give a share above 0, up to 1.")
    patients = cohort.table["patient_id"].astype(str)
    names = np.array(sorted(set(patients)))
    order = numpy_generator(seed, "annotated").permutation(len(names))
    chosen = set(names[order[: max(2, round(share * len(names)))]])
    return cohort.with_column(ANNOTATED, ["yes" if p in chosen else "no" for p in patients])


def _lesions_in_words(truth: Labels) -> str:
    marked = int(truth.reshape(len(truth), -1).any(axis=1).sum())
    return (
        f"{marked} of {len(truth)} test cases have something to segment; Dice and distance are of "
        "these, false alarms of the others."
    )
