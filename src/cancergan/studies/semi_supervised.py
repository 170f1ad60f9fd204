"""A classifier from few labels and many images, against one from the same labels alone."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from cancergan.anomaly_detection import prepared_images
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.batches import in_chunks
from cancergan.downstream.classifier import train_classifier
from cancergan.metrics.classification import auc
from cancergan.recipes.loader import load_recipe
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.training.run import Run

Float32 = npt.NDArray[np.float32]
Competitor = Literal["three players", "two players"]
THREE, TWO = "three players", "two players"
SUPERVISED, ALL = "supervised", "all labels"


class SemiSupervisedSettings(StudySettings):
    """``labelled`` is how many training cases keep their label, each number a comparison."""

    labelled: tuple[int, ...] = (24,)
    competitors: tuple[Competitor, ...] = ("three players", "two players")
    least_of_a_class: int = Field(default=2, ge=2)


@studies.register("semi_supervised")
class SemiSupervisedStudy(Study[SemiSupervisedSettings]):
    """Two classes told apart on held-out patients, by what few labels and many images taught."""

    schema = SemiSupervisedSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return the classes, most of which are hidden from the methods."""
        return ("label",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the games, and classifiers without unlabelled images."""
        words = {
            THREE: "Triple-GAN's classifier: labelled and unlabelled images",
            TWO: "AC-GAN's discriminator: labelled and unlabelled images",
        }
        return (
            *(Method(name, words[name]) for name in self.settings.competitors),
            Method(SUPERVISED, "a classifier on the labelled images alone, classical augmentation, "
                   "as many steps", True, trainings=0),
            Method(ALL, "the same classifier with the labels of all training cases", True,
                   trainings=0),
        )  # fmt: skip

    def run(self, bench: Bench) -> Evidence:
        """Hide labels, train, and measure the AUC on the test cases."""
        classes = bench.train.classes
        if len(classes) != 2:
            raise BadInputError(
                f"the cohort has {len(classes)} classes; this study tells two apart. Select two."
            )
        found: dict[tuple[str, int], list[Values]] = {}
        for count in self.settings.labelled:
            for seed in bench.seeds:
                for name, scores in self._scored(bench, count, seed).items():
                    found.setdefault((name, count), []).append(scores)
        truth = (bench.test.table["label"] == classes[1]).to_numpy(np.float64)
        units = [str(patient) for patient in bench.test.table["patient_id"]]
        outcomes = []
        for (name, count), seeds in found.items():
            values = np.stack([np.stack([scores, truth], axis=1) for scores in seeds])
            space = f"{count} labels"
            outcomes.append(
                Outcome(name, "auc", values, units, "higher", _auc, space=space, strata=list(truth))
            )
        note = f"{len(bench.train)} training cases; the class that is found is {classes[1]}."
        return Evidence.of(
            self.methods(bench.recipe), outcomes, seed=bench.recipe.seed, notes=[note]
        )

    def _scored(self, bench: Bench, count: int, seed: int) -> dict[str, Values]:
        """Return every method's probability of the second class for the test cases."""
        kept = self._labelled(bench.train, count, seed)
        names = [
            str(label) if row in set(kept) else None
            for row, label in enumerate(bench.train.table["label"])
        ]
        partly = bench.train.with_column("label", names)
        scores: dict[str, Values] = {}
        run: Run | None = None
        for name in self.settings.competitors:
            recipe = bench.recipe if name == THREE else _two_players(bench.recipe)
            run = bench.trained(f"{name} {count}", seed, recipe=recipe, cohort=partly)
            scores[name] = _classified(run, prepared_images(run, bench.test))
        assert run is not None
        train, test = (prepared_images(run, part) for part in (bench.train, bench.test))
        codes = (bench.train.table["label"] == bench.train.classes[1]).to_numpy(np.int64)
        for baseline, rows in {SUPERVISED: kept, ALL: np.arange(len(codes))}.items():
            trained = train_classifier(
                train[rows], codes[rows], n_classes=2, steps=bench.recipe.training.steps or 1,
                seed=seed, augmentation="classical", batch_size=16,
            )  # fmt: skip
            scores[baseline] = np.asarray(trained.probabilities(test)[:, 1])
        return scores

    def _labelled(self, train: Cohort, count: int, seed: int) -> npt.NDArray[np.intp]:
        """Return which cases keep their label: by chance, but some of each class."""
        labels = train.table["label"].to_numpy()
        order = numpy_generator(seed, "labelled", count).permutation(len(labels))
        least = [order[labels[order] == name][: self.settings.least_of_a_class]
                 for name in train.classes]  # fmt: skip
        first = np.concatenate(least)
        if count < len(first) or count > len(labels):
            raise BadInputError(
                f"study.labelled {count}: give a number from {len(first)} to {len(labels)}."
            )
        others = order[~np.isin(order, first)]
        return np.sort(np.concatenate([first, others[: count - len(first)]]))


def _two_players(recipe: Recipe) -> Recipe:
    """Return AC-GAN with few labels, on the recipe's images and for its number of steps."""
    length = recipe.training.model_dump(include={"steps", "minutes", "batch_size"})
    settings: dict[str, Any] = {
        "image_size": recipe.image_size,
        "fit": recipe.fit,
        "training": length,
        "game.few_labels": True,
    }
    return load_recipe("acgan", settings)


def _classified(run: Run, images: Float32) -> Values:
    game = run.game()

    def second(batch: torch.Tensor) -> torch.Tensor:
        found = game.classify(batch)
        assert found is not None
        return found[:, 1]

    for player in game.players.values():
        player.network.eval()
    return in_chunks(second, images)


def _auc(values: Values) -> float:
    return auc(values[:, 1].astype(np.int64), values[:, 0])
