"""Synthetic cases for a classifier, against classical augmentation and nothing, at equal steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.cohort.preparation import Preparation
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError
from cancergan.core.pictures import Picture, captioned, grid, to_picture
from cancergan.core.seeds import derive_seed
from cancergan.downstream.classifier import Augmentation, Classifier, train_classifier
from cancergan.metrics.classification import auc
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome
from cancergan.training.synthesis import synthesise

JOINED, PRETRAINED = "real + synthetic, augmented", "synthetic first, then real, augmented"
SYNTHETIC = "synthetic alone"
AUGMENTED, REAL = "real, classical augmentation", "real alone"
_SHOWN = 8

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Cases = tuple[Float32, Codes]


class ClassificationSettings(StudySettings):
    """How synthetic cases are made and used.

    Attributes:
        classes: the labels that are told apart; all of the cohort's where empty.
        per_class: one game for each class, of a recipe without classes, instead of one that is
            told the class.
        balance: make only what fills every class up to the largest; else ``ratio`` synthetic cases
            for each real one, in every class.
        ratio: see ``balance``.
        classifier_steps: optimiser steps of every classifier, whatever it is trained on.
    """

    classes: tuple[str, ...] = ()
    per_class: bool = False
    balance: bool = False
    ratio: float = Field(default=1.0, gt=0)
    classifier_steps: int = Field(default=150, ge=2)


@studies.register("classification")
class ClassificationStudy(Study[ClassificationSettings]):
    """One classifier trained on five diets at equal steps, judged at natural prevalence."""

    schema = ClassificationSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return "label"."""
        return ("label",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the classifiers by what they are trained on.

        Where synthetic cases only fill classes up, they are too few kinds to be trained on alone.
        """
        alone = (
            Method(PRETRAINED, "half of the steps on synthetic cases, half on real ones"),
            Method(SYNTHETIC, "synthetic cases and nothing else"),
        )
        return (
            Method(JOINED, "real and synthetic cases together", trainings=2),
            *(() if self.settings.balance else alone),
            Method(AUGMENTED, "real cases, mirrored, shifted and re-lit", True),
            Method(REAL, "real cases as they are", True),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train the game, synthesise, and train and measure the classifiers, for each seed."""
        train, test = (self._chosen(part) for part in (bench.train, bench.test))
        classes = train.classes
        said: dict[str, list[Float64]] = {m.name: [] for m in self.methods(bench.recipe)}
        for seed in bench.seeds:
            made, preparation = self._made(bench, train, seed)
            real, judged = (_cases(part, preparation, classes) for part in (train, test))
            if not bench.pictures:
                bench.pictures["cases"] = _cases_picture(real, made, classes)
            for name in said:
                bench.say(f"{name}, seed {seed}: {self.settings.classifier_steps} steps")
                network = self._trained(name, real, made, len(classes), seed)
                said[name].append(network.probabilities(judged[0]))
        truth, units = judged[1], test.table["patient_id"].astype(str).tolist()
        counts = ", ".join(f"{(truth == k).sum()} {name}" for k, name in enumerate(classes))
        note = f"{len(real[0])} real and {len(made[0])} synthetic cases; tested on {counts}."
        found = [o for name, seeds in said.items() for o in _outcomes(name, seeds, truth, units)]
        return Evidence.of(self.methods(bench.recipe), found, seed=bench.recipe.seed, notes=[note])

    def _chosen(self, cohort: Cohort) -> Cohort:
        """Return the cases of the wanted classes.

        Raises:
            BadInputError: a class that does not occur, or fewer than two.
        """
        wanted = self.settings.classes or cohort.classes
        counts = cohort.table["label"].value_counts().to_dict()
        lacking = [name for name in wanted if not counts.get(name)]
        if lacking or len(wanted) < 2:
            raise BadInputError(
                f"{cohort.origin}: has {counts}; a classifier needs cases of two classes"
                + (f", and there is none of {', '.join(lacking)}. " if lacking else ". ")
                + "Set study.classes to labels that every part has."
            )
        chosen = cohort.select(cohort.table["label"].isin(list(wanted)).to_numpy())
        return chosen.with_column("label", chosen.table["label"].tolist())

    def _made(self, bench: Bench, train: Cohort, seed: int) -> tuple[Cases, Preparation]:
        """Return synthetic cases in [-1, 1] with class codes, and how real ones become such."""
        counts = self._wanted(train)
        if not self.settings.per_class:
            run = bench.trained("game", seed, cohort=train)
            shares = {name: count / sum(counts.values()) for name, count in counts.items()}
            cohort = synthesise(run, sum(counts.values()), condition=shares, seed=seed)
            preparation = run.trained_on.preparation
            return _cases(cohort, preparation, train.classes), preparation
        return self._made_by_class(bench, train, counts, seed)

    def _made_by_class(
        self, bench: Bench, train: Cohort, counts: dict[str, int], seed: int
    ) -> tuple[Cases, Preparation]:
        images: list[Float32] = []
        codes: list[int] = []
        preparation: Preparation | None = None
        for code, (name, count) in enumerate(counts.items()):
            part = train.select((train.table["label"] == name).to_numpy())
            run = bench.trained(f"game {name}", seed, cohort=part)
            preparation = preparation or run.trained_on.preparation
            if count:
                cohort = synthesise(run, count, seed=derive_seed(seed, name))
                images += [preparation.window.to_network(np.asarray(c.image)) for c in cohort]
                codes += [code] * count
        assert preparation is not None
        return (np.stack(images), np.array(codes, np.int64)), preparation

    def _wanted(self, train: Cohort) -> dict[str, int]:
        """Return how many synthetic cases are made of each class."""
        there = train.table["label"].value_counts()
        if self.settings.balance and there.max() == there.min():
            raise BadInputError(
                f"{train.origin}: all classes have {there.max()} cases; set "
                "study.balance=false, since there is nothing to fill up."
            )
        if self.settings.balance:
            return {name: int(there.max() - there[name]) for name in train.classes}
        return {name: max(1, round(self.settings.ratio * there[name])) for name in train.classes}

    def _trained(
        self, name: str, real: Cases, made: Cases, n_classes: int, seed: int
    ) -> Classifier:
        steps = self.settings.classifier_steps

        def on(
            cases: Cases,
            augmentation: Augmentation = "classical",
            steps: int = steps,
            start: Classifier | None = None,
        ) -> Classifier:
            return train_classifier(
                *cases, n_classes=n_classes, steps=steps, seed=derive_seed(seed, steps),
                augmentation=augmentation, start=start,
            )  # fmt: skip

        if name == REAL:
            return on(real, "none")
        if name == AUGMENTED:
            return on(real)
        if name == SYNTHETIC:
            return on(made)
        if name == PRETRAINED:
            first = on(made, steps=steps // 2)
            return on(real, steps=steps - steps // 2, start=first)
        return on(_joined(real, made))


def _joined(real: Cases, made: Cases) -> Cases:
    return np.concatenate([real[0], made[0]]), np.concatenate([real[1], made[1]])


def _cases(cohort: Cohort, preparation: Preparation, classes: Sequence[str]) -> Cases:
    codes = [list(classes).index(name) for name in cohort.table["label"]]
    return prepare(cohort, preparation).images, np.array(codes, np.int64)


def _outcomes(
    method: str, seeds: Sequence[Float64], truth: Codes, units: Sequence[str]
) -> list[Outcome]:
    """Return AUC, and balanced accuracy of the likeliest class, of one method."""
    values = np.stack([np.concatenate([truth[:, None], chance], axis=1) for chance in seeds])
    strata = truth.tolist()
    return [
        Outcome(method, "auc", values, units, "higher", statistic=_auc, strata=strata),
        Outcome(
            method, "balanced_accuracy", values, units, "higher",
            statistic=_balanced_accuracy, strata=strata,
        ),
    ]  # fmt: skip


def _auc(values: Float64) -> float:
    return auc(values[:, 0].astype(np.int64), values[:, 1:])


def _balanced_accuracy(values: Float64) -> float:
    """Return the mean recall over the classes."""
    truth, found = values[:, 0].astype(np.int64), values[:, 1:].argmax(axis=1)
    return float(np.mean([(found[truth == code] == code).mean() for code in np.unique(truth)]))


def _cases_picture(real: Cases, made: Cases, classes: Sequence[str]) -> Picture:
    rows = {}
    for name, (images, codes) in {"real": real, "synthetic": made}.items():
        for code, label in enumerate(classes):
            chosen = np.flatnonzero(codes == code)[:_SHOWN]
            if len(chosen):
                pictures = [to_picture(images[n], at_least=64) for n in chosen]
                rows[f"{name}, {label}"] = grid(pictures, columns=_SHOWN)
    width = max(row.shape[1] for row in rows.values())
    wide = {
        name: np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=255)
        for name, row in rows.items()
    }
    return captioned(wide, width=150)
