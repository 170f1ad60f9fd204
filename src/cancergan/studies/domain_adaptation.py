"""Labels of one kind of image for another: adapted, source only, and with the labels after all."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.cohort.views import picked
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.recipes.loader import merged, resolve
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence
from cancergan.studies.segmentation import found_masks, true_masks
from cancergan.studies.segmenting import Float64, masks_picture, measured, outcomes

ADAPTED, SOURCE_ONLY = "adapted", "source only"
ORACLE = "labels of the other kind (upper limit)"
DOMAIN = "domain"
_PLAIN = {"translated": 0.0, "untranslated": 1.0, "outputs": 0.0}


class DomainAdaptationStudySettings(StudySettings):
    """Which patients are of which kind.

    With ``halves`` training patients are drawn into a column ``domain``, "labelled" and "other", so
    that no patient is in both (two sequences of one cohort); without it the cohort's own columns
    divide it, by the queries of ``data.source`` and ``data.other``.
    """

    halves: bool = True


@studies.register("domain_adaptation")
class DomainAdaptationStudy(Study[DomainAdaptationStudySettings]):
    """Masks of held-out patients in the kind of image that had no labels."""

    schema = DomainAdaptationStudySettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return "mask"."""
        return ("mask",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the recipe's game, the segmenter that never saw the other kind, and the limit."""
        return (
            Method(ADAPTED, "the recipe's game"),
            Method(SOURCE_ONLY, "the same segmenter and steps, on the labelled kind alone", True),
            Method(ORACLE, "the same segmenter and steps, with the labels the game did not have"),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train each segmenter for each seed and measure the masks of the other kind."""
        methods = self.methods(bench.recipe)
        train = self._divided(bench.train, bench.recipe)
        other = bench.recipe.data["other"].where
        validation, test = picked(bench.validation, other), picked(bench.test, other)
        figures: dict[str, list[dict[str, Float64]]] = {method.name: [] for method in methods}
        shown: dict[str, npt.NDArray[np.bool_]] = {}
        for seed in bench.seeds:
            for name in figures:
                recipe = _recipe(bench.recipe, name)
                run = bench.trained(name, seed, recipe=recipe, cohort=train)
                images, truth = true_masks(run, test, "other")
                found = found_masks(run, validation, test, column="other")
                figures[name].append(measured(found, truth))
                shown.setdefault(name, found)
        bench.pictures["masks"] = masks_picture(images, truth, shown)
        units = test.table["patient_id"].astype(str).tolist()
        note = (
            "The threshold of every method is chosen on validation cases of the other kind, with "
            "their labels: where a study has none, that choice has to be made on the labelled kind."
        )
        found_all = outcomes(figures, units)
        return Evidence.of(methods, found_all, seed=bench.recipe.seed, notes=[note])

    def _divided(self, cohort: Cohort, recipe: Recipe) -> Cohort:
        if not self.settings.halves:
            return cohort
        return halved(cohort, ("labelled", "other"), recipe.seed)


def halved(cohort: Cohort, names: tuple[str, str], seed: int) -> Cohort:
    """Return the cohort with its patients drawn into two halves, named in a column ``domain``.

    Raises:
        BadInputError: fewer than four patients.
    """
    patients = cohort.table["patient_id"].astype(str)
    known = np.array(sorted(set(patients)))
    if len(known) < 4:
        raise BadInputError(
            f"{cohort.origin}: {len(known)} patients to train on; two kinds of two patients each "
            "need 4. Add cases, or set study.halves=false and name a column in data.source.where."
        )
    order = numpy_generator(seed, "domains").permutation(len(known))
    first = set(known[order[: len(known) // 2]])
    return cohort.with_column(DOMAIN, [names[0] if p in first else names[1] for p in patients])


def _recipe(recipe: Recipe, name: str) -> Recipe:
    """Return the recipe as one of the methods plays it."""
    if name == ADAPTED:
        return recipe
    changes: dict[str, Any] = {"game": _PLAIN}
    if name == ORACLE:
        other = recipe.data["other"]
        changes["data"] = {
            "source": other.model_dump(mode="json"),
            "image": {"where": other.where},
        }
    return resolve(merged(recipe.model_dump(mode="json"), changes))
