"""Classifiers of images whose training cases are balanced over class and attribute together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.cohort.columns import Column
from cancergan.cohort.prepared import prepare
from cancergan.core.pictures import captioned, grid, to_picture
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.classifier import train_classifier
from cancergan.downstream.tasks import Examples
from cancergan.recipes.loader import load_recipe
from cancergan.studies.base import Method
from cancergan.studies.bench import Bench
from cancergan.training.synthesis import synthesise

PLAIN, DRAWN, SYNTHETIC = "classifier", "cells drawn equally", "attribute-balanced synthesis"
METHODS = (
    Method(PLAIN, "a classifier of the images, classes drawn equally", True, trainings=0),
    Method(DRAWN, "the same, real cases repeated until every cell is as large", trainings=0),
    Method(SYNTHETIC, "the same, synthetic cases added until every cell is as large"),
)
_SHOWN = 6
Chances = dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]


def classified(
    bench: Bench,
    column: Column,
    secret: str,
    seed: int,
    *,
    positive: str,
    generator: str,
    settings: Mapping[str, Any],
    steps: int,
) -> Chances:
    """Return the probability of class ``positive`` of validation and test cases, by method.

    A cell is a class within a group of the attribute. Of each, the ``generator`` (a conditional
    recipe, with ``settings``) makes what it lacks to the largest; all classifiers take as many
    steps.
    """
    train, cells = bench.train, _cells(bench.train, secret)
    real = Examples(_images(train, column), _codes(train))
    more = synthetic_cells(bench, cells, seed, generator=generator, settings=settings)
    names = [str(cell) for cell in more.table["label"]]
    classes = [name.rpartition(" / ")[0] for name in names]
    made = Examples(
        _images(more, column), np.array([train.classes.index(name) for name in classes], np.int64)
    )
    if seed == bench.seeds[0]:
        bench.pictures["synthetic_by_cell"] = _picture(made, names)
    diets = {
        PLAIN: real,
        DRAWN: real.rows(equal_rows(cells, seed)),
        SYNTHETIC: real.joined(made),
    }
    found: Chances = {}
    for name, examples in diets.items():
        network = train_classifier(
            examples.images, examples.targets, n_classes=len(train.classes), steps=steps,
            seed=seed, augmentation="classical",
        )  # fmt: skip
        validation, test = (
            network.probabilities(_images(part, column))[:, train.classes.index(positive)]
            for part in (bench.validation, bench.test)
        )
        found[name] = (validation, test)
    return found


def synthetic_cells(
    bench: Bench,
    cells: npt.NDArray[np.str_],
    seed: int,
    *,
    generator: str,
    settings: Mapping[str, Any],
) -> Cohort:
    """Return the synthetic cases that every cell lacks to the largest; ``label`` names the cell."""
    size = {"image_size": bench.recipe.image_size, "fit": bench.recipe.fit}
    run = bench.trained(
        "balancing generator", seed, recipe=load_recipe(generator, {**size, **settings}),
        cohort=bench.train.with_column("label", cells.tolist()),
    )  # fmt: skip
    names, counts = np.unique(cells, return_counts=True)
    lacking = counts.max() - counts
    shares = {str(name): float(count) for name, count in zip(names, lacking, strict=True) if count}
    if not shares:  # balanced already: as many again, so that the arm says what synthesis does
        shares = {str(name): float(count) for name, count in zip(names, counts, strict=True)}
    return synthesise(run, int(sum(shares.values())), condition=shares, seed=seed)


def equal_rows(cells: npt.NDArray[np.str_], seed: int) -> npt.NDArray[np.int64]:
    """Return rows in which every cell occurs as often as the largest, all of its cases first."""
    random = numpy_generator(seed, "cells")
    most = np.unique(cells, return_counts=True)[1].max()
    rows = []
    for cell in np.unique(cells):
        own = np.flatnonzero(cells == cell)
        rows.append(np.concatenate([own, random.choice(own, most - len(own))]))
    return np.concatenate(rows)


def _cells(cohort: Cohort, secret: str) -> npt.NDArray[np.str_]:
    pairs = zip(cohort.table["label"], cohort.table[secret], strict=True)
    return np.array([f"{label} / {group}" for label, group in pairs])


def _codes(cohort: Cohort) -> npt.NDArray[np.int64]:
    return np.array([cohort.classes.index(str(name)) for name in cohort.table["label"]], np.int64)


def _images(cohort: Cohort, column: Column) -> npt.NDArray[np.float32]:
    return np.asarray(prepare(column.of(cohort), column.preparation).images)


def _picture(made: Examples, names: list[str]) -> npt.NDArray[np.uint8]:
    rows = {}
    for name in sorted(set(names)):
        shown = made.images[[row for row, own in enumerate(names) if own == name][:_SHOWN]]
        pictures = [to_picture(image, at_least=96) for image in shown]
        rows[f"synthetic: {name}"] = grid(pictures, columns=_SHOWN)
    return captioned(rows)
