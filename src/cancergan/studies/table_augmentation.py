"""A classifier of a table with synthetic rows, against one without and against classical means."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.cohort.attributes import channel_names
from cancergan.cohort.columns import IMAGE, Column
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError
from cancergan.core.marginals import marginals
from cancergan.core.seeds import derive_seed
from cancergan.downstream.classifier import Augmentation
from cancergan.downstream.tasks import Classification, Examples
from cancergan.metrics.classification import auc
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.training.synthesis import synthesise

BOTH, ALONE = "real plus synthetic", "synthetic alone"
REAL, BORROWED, LOGISTIC = "real", "real, values borrowed", "logistic regression"


class TableAugmentationSettings(StudySettings):
    """What the classifiers learn from, and for how long.

    Attributes:
        cases: how many training cases are labelled, and seen by the generator; all where 0.
        ratio: synthetic cases for each real one.
        steps: optimiser steps of every network.
    """

    cases: int = Field(default=0, ge=0)
    ratio: float = Field(default=2.0, gt=0)
    steps: int = Field(default=300, ge=1)


@studies.register("table_augmentation")
class TableAugmentationStudy(Study[TableAugmentationSettings]):
    """Held-out patients told apart by classifiers that learnt with and without synthetic rows."""

    schema = TableAugmentationSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return the label."""
        return ("label",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the two uses of synthetic rows and three baselines."""
        return (
            Method(BOTH, "a network on real and synthetic rows, values borrowed"),
            Method(ALONE, "a network on synthetic rows alone", trainings=0),
            Method(REAL, "the same network on real rows, as many steps", True, 0),
            Method(BORROWED, "the same, a tenth of the values from other rows", True, 0),
            Method(LOGISTIC, "logistic regression on standardised columns", True, 0),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train generators on the labelled cases, classifiers on what there is, and compare."""
        labelled = self._labelled(bench.train, bench.recipe.seed)
        classes = labelled.classes
        test, real = bench.test, labelled
        predictions: dict[str, list[Values]] = {name: [] for name in (BOTH, ALONE, REAL, BORROWED)}
        for seed in bench.seeds:
            run = bench.trained(BOTH, seed, cohort=labelled)
            column = run.trained_on.columns[IMAGE]
            made = synthesise(run, max(1, round(self.settings.ratio * len(labelled))), seed=seed)
            shown, held = (_examples(part, column, classes) for part in (real, test))
            synthetic = _examples(made, column, classes)
            for name, found in self._arms(shown, synthetic, held, len(classes), seed).items():
                predictions[name].append(found)
            if seed == bench.seeds[0]:
                bench.pictures["columns"] = marginals(
                    synthetic.images, channel_names(column.view.attributes), held.images
                )
        table = {name: np.stack(found) for name, found in predictions.items()}
        table[LOGISTIC] = _logistic(shown, held)[None]
        truth = held.targets
        outcomes = [_auc(name, found, truth, bench.test) for name, found in table.items()]
        note = (
            f"{len(labelled)} labelled training cases, {len(synthetic)} synthetic ones a seed; "
            f"{self.settings.steps} steps of every network."
        )
        return Evidence.of(self.methods(bench.recipe), outcomes, notes=[note])

    def _labelled(self, train: Cohort, seed: int) -> Cohort:
        """Return so many cases of the training part, whole patients, classes as they come."""
        wanted = self.settings.cases
        if wanted == 0 or wanted >= len(train):
            return train
        share = wanted / len(train)
        few = train.split({"few": share, "rest": 1 - share}, seed=derive_seed(seed, "few"))["few"]
        counts = few.table["label"].value_counts()
        if len(counts) < len(train.classes) or counts.min() < 2:
            raise BadInputError(
                f"study.cases is {wanted}: leaves a class with fewer than 2 cases. Give more."
            )
        return few

    def _arms(
        self, real: Examples, synthetic: Examples, test: Examples, classes: int, seed: int
    ) -> dict[str, Values]:
        task = Classification(classes)
        drawn = derive_seed(seed, "table augmentation")

        def predicted(examples: Examples, augmentation: Augmentation) -> Values:
            network = task.train(
                examples, steps=self.settings.steps, seed=drawn, augmentation=augmentation
            )
            return task.predict(network, test.images)

        return {
            BOTH: predicted(real.joined(synthetic), "classical"),
            ALONE: predicted(synthetic, "none"),
            REAL: predicted(real, "none"),
            BORROWED: predicted(real, "classical"),
        }


def _examples(cohort: Cohort, column: Column, classes: tuple[str, ...]) -> Examples:
    rows = prepare(column.of(cohort), column.preparation).images
    codes = [classes.index(str(name)) for name in cohort.table["label"]]
    return Examples(rows, np.array(codes, np.int64))


def _logistic(real: Examples, test: Examples) -> Values:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    found = model.fit(real.images, real.targets).predict_proba(test.images)
    return np.asarray(found, np.float64)


def _auc(name: str, predictions: Values, truth: npt.NDArray[np.int64], test: Cohort) -> Outcome:
    """Return the area under the ROC curve of predictions (seeds, n, K)."""
    labels = np.broadcast_to(truth[None, :, None], (*predictions.shape[:2], 1))
    values = np.concatenate([predictions, labels], axis=2)
    units = tuple(test.table["patient_id"])
    return Outcome(name, "auc", values, units, "higher", statistic=_area, strata=truth.tolist())


def _area(values: Values) -> float:
    return auc(values[:, -1].astype(np.int64), values[:, :-1])
