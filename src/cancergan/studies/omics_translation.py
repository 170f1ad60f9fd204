"""One layer of omics from another, against the mean patient, ridge regression and no adversary."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.cohort.columns import IMAGE, Column
from cancergan.core.marginals import correlations
from cancergan.core.pictures import Picture, captioned
from cancergan.metrics.classification import auc
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.training.run import Run
from cancergan.training.starting import prepared_column
from cancergan.training.synthesis import synthesise

ADVERSARIAL, ALONE = "adversarial", "similarity alone"
MEAN, RIDGE, SOURCE, REAL = "mean patient", "ridge regression", "source itself", "real target"


class OmicsTranslationSettings(StudySettings):
    """``alone_weight`` is the adversarial weight of the baseline without an adversary."""

    alone_weight: float = 0.0


@studies.register("omics_translation")
class OmicsTranslationStudy(Study[OmicsTranslationSettings]):
    """Held-out patients whose second layer is known: how near it is, and what it is good for.

    ``nmse`` is the squared error of a patient over the variance of the training patients, 1 for the
    mean patient. ``auc`` is of a logistic regression that learnt the label from the real second
    layer of the training patients and is asked about each method's version of the test patients';
    that of the source learnt from the source. The picture shows which columns go together.
    """

    schema = OmicsTranslationSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return the label."""
        return ("label",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the translator and what it has to beat."""
        return (
            Method(ADVERSARIAL, "the recipe"),
            Method(ALONE, "the same network and steps, without its adversary", True),
            Method(MEAN, "the mean of the training patients for everybody", True, 0),
            Method(RIDGE, "ridge regression of every column on the source", True, 0),
            Method(SOURCE, "no translation: the label from the source", True, 0),
            Method(REAL, "the measured second layer: what perfect translation would give", True, 0),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train both networks for every seed, fit the others, and measure on the test patients."""
        weight = {"game": {"adversarial_weight": self.settings.alone_weight}}
        made: dict[str, list[Values]] = {ADVERSARIAL: [], ALONE: []}
        for seed in bench.seeds:
            for name, settings in ((ADVERSARIAL, {}), (ALONE, weight)):
                run = bench.trained(name, seed, settings=settings)
                made[name].append(_translated(run, bench.test))
        columns = run.trained_on.columns
        parts = {
            part: {name: _rows(columns[name], cohort) for name in ("source", IMAGE)}
            for part, cohort in (("train", bench.train), ("test", bench.test))
        }
        train, test = parts["train"], parts["test"]
        table = {name: np.stack(found) for name, found in made.items()}
        table[MEAN] = np.repeat(train[IMAGE].mean(0)[None], len(bench.test), axis=0)[None]
        table[RIDGE] = _ridge(train["source"], train[IMAGE], test["source"])[None]
        table[REAL] = test[IMAGE][None]
        outcomes = self._figures(table, train, test, bench)
        bench.pictures["correlations"] = _correlation_maps(
            test[IMAGE], {name: table[name][0] for name in (ADVERSARIAL, ALONE, RIDGE)}
        )
        return Evidence.of(self.methods(bench.recipe), outcomes)

    def _figures(
        self,
        table: dict[str, Values],
        train: dict[str, Values],
        test: dict[str, Values],
        bench: Bench,
    ) -> list[Outcome]:
        units = tuple(bench.test.table["patient_id"])
        scale = train[IMAGE].var(axis=0) + 1e-12
        labels = [_codes(part, bench.train.classes) for part in (bench.train, bench.test)]
        outcomes = []
        for name, values in table.items():
            if name != REAL:
                error = ((values - test[IMAGE]) ** 2 / scale).mean(axis=2)
                outcomes.append(Outcome(name, "nmse", error, units, "lower"))
            if name != MEAN:  # one patient for all has no label
                outcomes.append(_auc(name, train[IMAGE], values, labels, units))
        outcomes.append(_auc(SOURCE, train["source"], test["source"][None], labels, units))
        return outcomes


def _translated(run: Run, test: Cohort) -> Values:
    made = synthesise(run, source=test)
    return _rows(run.trained_on.columns[IMAGE], made)


def _rows(column: Column, cohort: Cohort) -> Values:
    return np.asarray(prepared_column(column, cohort), np.float64)


def _codes(cohort: Cohort, classes: tuple[str, ...]) -> npt.NDArray[np.int64]:
    return np.array([classes.index(str(name)) for name in cohort.table["label"]], np.int64)


def _ridge(source: Values, target: Values, asked: Values) -> Values:
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13)))
    return np.asarray(model.fit(source, target).predict(asked), np.float64)


def _auc(
    name: str,
    learnt: Values,
    asked: Values,
    labels: list[npt.NDArray[np.int64]],
    units: tuple[str, ...],
) -> Outcome:
    """Return how a classifier of real rows tells the labels of a method's rows (seeds, n, d)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    model.fit(learnt, labels[0])
    scores = np.stack([model.predict_proba(rows) for rows in asked])
    truth = np.broadcast_to(labels[1][None, :, None], (*scores.shape[:2], 1))
    values = np.concatenate([scores, truth], axis=2)
    strata = labels[1].tolist()
    return Outcome(name, "auc", values, units, "higher", statistic=_area, strata=strata)


def _area(values: Values) -> float:
    return auc(values[:, -1].astype(np.int64), values[:, :-1])


def _correlation_maps(real: Values, made: dict[str, Values]) -> Picture:
    rows = {
        "real": correlations(real),
        **{name: correlations(values) for name, values in made.items()},
    }
    return captioned(rows)
