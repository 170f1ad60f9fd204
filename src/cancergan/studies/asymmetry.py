"""One side made from the other, and what a cancer changes between the two."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.anomaly_detection import picture, prepared_images, prepared_masks
from cancergan.cohort import Cohort
from cancergan.cohort.sides import LATERALITY, with_other_side
from cancergan.downstream.anomaly import (
    Anomalies,
    anomalies,
    check_both_occur,
    distance_to_mean,
    pixel_detection,
)
from cancergan.metrics.classification import auc
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.training.run import Run
from cancergan.training.synthesis import synthesise

Float32 = npt.NDArray[np.float32]
TRANSLATED, OTHER, MEAN = "other side, translated", "other side as it is", "distance to mean"
_SHOWN = 8


class AsymmetrySettings(StudySettings):
    """``normal`` picks healthy sides; ``mirror``: the other side has to be turned over."""

    normal: str = "label == 'normal'"
    mirror: bool = False


@studies.register("asymmetry")
class AsymmetryStudy(Study[AsymmetrySettings]):
    """Patients with a cancer on one side told from healthy ones by how the sides differ."""

    schema = AsymmetrySettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return what tells sides apart, and who is healthy."""
        return (LATERALITY, "label")

    def makes(self) -> tuple[str, ...]:
        """Return what ``with_other_side`` makes."""
        return ("source",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the translation, and comparisons without one."""
        return (
            Method(TRANSLATED, "the recipe's game makes each side from the other"),
            Method(OTHER, "the other side itself stands for what is expected", True, trainings=0),
            Method(MEAN, "the mean of healthy sides stands for it", True, trainings=0),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train on healthy patients, compare both sides of the others with what is expected."""
        train, test = (with_other_side(part, mirror=self.settings.mirror)
                       for part in (bench.train, bench.test))  # fmt: skip
        sick = set(train.table["patient_id"][~train.matches(self.settings.normal)])
        healthy = train.select(~train.table["patient_id"].isin(sick).to_numpy())
        abnormal = check_both_occur(~test.matches(self.settings.normal), "the test part")
        found: dict[str, list[Anomalies]] = {}
        view: Run | None = None
        for seed in bench.seeds:
            run = bench.trained("translation", seed, cohort=healthy)
            view = view or run
            images, made = prepared_images(view, test), _made(run, test, seed)
            found.setdefault(TRANSLATED, []).append(anomalies(images, made))
            if run is view:
                shown = self._shown(test, abnormal)
                bench.pictures["asymmetry"] = picture(
                    images, made, found[TRANSLATED][0], prepared_masks(view, test), shown
                )
        assert view is not None
        images = prepared_images(view, test)
        source = view.trained_on.columns["source"]
        other = np.stack([source.preparation.apply(case) for case in source.of(test)])
        found[OTHER] = [anomalies(images, other)]
        found[MEAN] = [distance_to_mean(images, prepared_images(view, healthy))]
        masks = prepared_masks(view, test)
        outcomes = [o for name, seeds in found.items()
                    for o in _outcomes(name, seeds, test, abnormal, masks)]  # fmt: skip
        note = (
            f"Learnt from {len(healthy)} sides of healthy patients. A patient's score is the mean "
            "squared residual of both sides; pixel figures are means over sides with a lesion."
        )
        return Evidence.of(
            self.methods(bench.recipe), outcomes, seed=bench.recipe.seed, notes=[note]
        )

    def _shown(self, test: Cohort, abnormal: npt.NDArray[np.bool_]) -> list[int]:
        sick, well = np.flatnonzero(abnormal), np.flatnonzero(~abnormal)
        half = _SHOWN // 2
        return [int(row) for row in (*sick[:half], *well[:half])]


def _made(run: Run, test: Cohort, seed: int) -> Float32:
    window = run.trained_on.preparation.window
    made = synthesise(run, source=test, seed=seed)
    return np.stack([window.to_network(np.asarray(case.image)) for case in made])


def _outcomes(
    name: str,
    seeds: list[Anomalies],
    test: Cohort,
    abnormal: npt.NDArray[np.bool_],
    masks: list[npt.NDArray[np.int32] | None],
) -> list[Outcome]:
    patients = test.table["patient_id"].astype(str).to_numpy()
    names, places = np.unique(patients, return_inverse=True)
    sick = np.bincount(places, weights=abnormal) > 0
    values = []
    for seed in seeds:
        mean = np.bincount(places, weights=seed.scores) / np.bincount(places)
        values.append(np.stack([_squeezed(mean), sick.astype(float)], axis=1))
    pixels = [pixel_detection(seed.maps, masks)["pixel_auc"] for seed in seeds]
    return [
        Outcome(
            name, "auc", np.stack(values), list(names), "higher", _auc, space="patients",
            strata=list(sick),
        ),
        Outcome(name, "pixel_auc", np.stack(pixels), list(patients), "higher", space="pixels"),
    ]  # fmt: skip


def _squeezed(scores: Values) -> Values:
    """Return scores in [0, 1) in the same order."""
    return np.asarray(scores / (1 + scores))


def _auc(values: Values) -> float:
    return auc(values[:, 1].astype(np.int64), values[:, 0])
