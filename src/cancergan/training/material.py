"""From a recipe and a cohort to the arrays that a game reads, and the record of their origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from cancergan.cohort import Cohort
from cancergan.cohort.columns import IMAGE, Column, plan_columns
from cancergan.cohort.identity import patient_fingerprints
from cancergan.cohort.prepared import PreparedCohort, prepare
from cancergan.cohort.views import View, viewed
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.seeds import derive_seed
from cancergan.recipes.loader import game_settings
from cancergan.recipes.schema import Recipe
from cancergan.training.data import CaseOrder, Drawn, Patches, TrainingData
from cancergan.training.public import with_public_window
from cancergan.training.run import TrainedOn
from cancergan.training.validation import Validation

_FEWEST_CASES = 4
_LABEL = "label"


def training_part(cohort: Cohort) -> Cohort:
    """Return the cases to train on: those of split "train" where the cohort has that column."""
    if "split" not in cohort.table:
        return cohort
    part = cohort.select("split == 'train'")
    if len(part) == 0:
        raise BadInputError('the cohort has a split column but no case of split "train".')
    return part


def validation_part(cohort: Cohort) -> Cohort | None:
    """Return the cases of split "validation", where the cohort has enough of them."""
    if "split" not in cohort.table or sum(cohort.table["split"] == "validation") < _FEWEST_CASES:
        return None
    return cohort.select("split == 'validation'")


def prepare_training(recipe: Recipe, cohort: Cohort) -> tuple[TrainingData, TrainedOn]:
    """Return the arrays that the recipe's game will see, and the record of where they come from.

    Raises:
        BadInputError: too few cases, or a column that the game requires is missing.
    """
    columns = plan_columns(
        cohort, _views(recipe, cohort), image_size=recipe.image_size, fit=recipe.fit
    )
    columns = with_public_window(columns, recipe.privacy)
    cohorts = {name: column.of(cohort) for name, column in columns.items()}
    for name, part in cohorts.items():
        _require_enough(part, name)
    labelled = _LABEL in _required(recipe)
    if labelled:
        _require_labels(recipe, cohorts[IMAGE])
    prepared = {name: prepare(cohorts[name], columns[name].preparation) for name in columns}
    trained_on = _record(recipe, cohort, cohorts, columns, prepared[IMAGE] if labelled else None)
    return _data(recipe, prepared, trained_on), trained_on


def validation_of(cohort: Cohort | None, trained_on: TrainedOn) -> Validation | None:
    """Return what judges the checkpoints by a cohort's cases, prepared like the training cases.

    Raises:
        BadInputError: a single case, or a class that the training cohort does not have.
    """
    if cohort is None:
        return None
    cohorts = {name: column.of(cohort) for name, column in trained_on.columns.items()}
    for part in cohorts.values():
        if len(part) < _FEWEST_CASES:
            raise BadInputError(
                f"validation: {len(part)} cases; at least {_FEWEST_CASES} are needed. Add cases, "
                "or leave validation out."
            )
    arrays = {
        name: prepare(part, trained_on.columns[name].preparation).images
        for name, part in cohorts.items()
    }
    if trained_on.patch is not None:
        centre = _patches(trained_on, seed=0)
        arrays = {name: centre.middle(values, name) for name, values in arrays.items()}
    images = arrays.pop(IMAGE)
    if not trained_on.classes:
        return Validation.of(images, None, arrays)
    cohorts[IMAGE].require(_LABEL)
    names = cohorts[IMAGE].table[_LABEL].astype(str)
    for name in names:
        if name not in trained_on.classes:
            raise unknown("class of the validation cases", name, trained_on.classes)
    codes = np.array([trained_on.classes.index(name) for name in names], np.int64)
    return Validation.of(images, codes, arrays)


def _required(recipe: Recipe) -> tuple[str, ...]:
    game, settings = game_settings(recipe)
    return game.requires(settings)


def _views(recipe: Recipe, cohort: Cohort) -> dict[str, View]:
    """Return where each column of images comes from; "image" is always one of them.

    Raises:
        BadInputError: the recipe names a column that its game does not read, or the cohort lacks
            the array of a column that the recipe does not place.
    """
    wanted = [name for name in _required(recipe) if name not in (IMAGE, _LABEL)]
    for name in recipe.data:
        if name not in (IMAGE, *wanted):
            raise unknown(f'column in data of recipe "{recipe.name}"', name, [IMAGE, *wanted])
    views = {name: recipe.data.get(name, View(read=name)) for name in (IMAGE, *wanted)}
    _require_kind(recipe, cohort, views)
    first = cohort.pixels(0) if cohort.has_images else None
    for name, view in views.items():
        if view.is_table:
            continue
        known = {"image", "mask", *(first.arrays if first else ())}
        for array in set(view.arrays) - known:
            raise BadInputError(
                f'{cohort.origin}: recipe "{recipe.name}" reads {name}, and the cases have no '
                f'array "{array}" ({", ".join(sorted(known))}). Say where it comes from, as in '
                f"--set data.{name}.read=image --set data.{name}.channels=[0]."
            )
    return views


def _require_kind(recipe: Recipe, cohort: Cohort, views: Mapping[str, View]) -> None:
    """Refuse a table where the recipe reads images, and images where it reads a whole table."""
    of_images = [name for name, view in views.items() if not view.is_table]
    if of_images and not cohort.has_images:
        raise BadInputError(
            f'{cohort.origin}: is a table without images, and recipe "{recipe.name}" reads images '
            f"({', '.join(of_images)}). Give images, or choose a recipe for tables (tabular_gan)."
        )
    for name, view in views.items():
        if view.is_table and cohort.has_images and not view.attributes:
            raise BadInputError(
                f'{cohort.origin}: has images, and recipe "{recipe.name}" reads a table. Choose a '
                "recipe for images (dcgan, cgan), or name the columns to read, as in "
                f"--set data.{name}.attributes=[age,sex]."
            )


def _require_labels(recipe: Recipe, cohort: Cohort) -> None:
    """Require a label of every case; of two of each class, where the game may lack some."""
    game, settings = game_settings(recipe)
    if _LABEL not in game.may_lack(settings):
        cohort.require(_LABEL)
        return
    counts = Counter(cohort.table[_LABEL].dropna() if _LABEL in cohort.table else ())
    if len(counts) < 2 or min(counts.values()) < 2:
        raise BadInputError(
            f'{cohort.origin}: recipe "{recipe.name}" learns from few labels, but needs two cases '
            "of each of two classes. Label some more."
        )


def _require_enough(cohort: Cohort, name: str) -> None:
    if len(cohort) < _FEWEST_CASES:
        what = "to train on" if name == IMAGE else f"for column {name}"
        raise BadInputError(
            f"the cohort has {len(cohort)} cases {what}; at least {_FEWEST_CASES} are needed, "
            "and some hundred for a result worth having. Add cases."
        )


def _record(
    recipe: Recipe,
    cohort: Cohort,
    cohorts: Mapping[str, Cohort],
    columns: Mapping[str, Column],
    labelled: PreparedCohort | None,
) -> TrainedOn:
    image, preparation = cohorts[IMAGE], columns[IMAGE].preparation
    classes: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    if labelled is not None and labelled.labels is not None:
        classes = tuple(labelled.classes)
        known = labelled.labels[labelled.labels >= 0]  # -1 where a game may lack labels
        counts = np.bincount(known, minlength=len(classes))
        shares = tuple(float(count / len(known)) for count in counts)
    spacings = [preparation.spacing(image[number]) for number in range(min(len(image), 50))]
    # Of the cases as they are, not as the views show them: a test cohort has no views.
    chosen = {column.view.where for column in columns.values()}
    parts = [viewed(cohort, View(where=where)) for where in chosen]
    patients = {name for part in parts for name in patient_fingerprints(part)}
    return TrainedOn(
        fingerprint=cohort.fingerprint,
        cases=len(image),
        patients=tuple(sorted(patients)),
        classes=classes,
        prevalence=shares,
        spacing=tuple(float(value) for value in np.median(spacings, axis=0)),
        columns=columns,
        patch=_patch_size(recipe, columns),
    )


def _patch_size(recipe: Recipe, columns: Mapping[str, Column]) -> tuple[int, ...] | None:
    """Return the size of the parts that the game sees, None where it sees the whole."""
    spatial = columns[IMAGE].preparation.spatial
    if recipe.patch_size is None:
        return None
    size = recipe.patch_size
    sides = (size,) * len(spatial) if isinstance(size, int) else tuple(size)
    fits = len(sides) == len(spatial) and all(
        1 <= side <= whole and side % column.view.reduce == 0
        for column in columns.values()
        for side, whole in zip(sides, spatial, strict=True)
    )
    if not fits:
        raise BadInputError(
            f"patch_size {recipe.patch_size}: does not fit images of "
            f"{' x '.join(map(str, spatial))}. Give one number for each axis, none larger."
        )
    return sides


def _patches(trained_on: TrainedOn, seed: int) -> Patches:
    assert trained_on.patch is not None
    reduce = {name: column.view.reduce for name, column in trained_on.columns.items()}
    return Patches(trained_on.patch, trained_on.preparation.spatial, reduce, seed)


def _data(
    recipe: Recipe, prepared: Mapping[str, PreparedCohort], trained_on: TrainedOn
) -> TrainingData:
    """Group the columns by the cases that they are of, each group with an order of its own."""
    groups: dict[str | None, dict[str, Any]] = {}
    for name, column in trained_on.columns.items():
        groups.setdefault(column.view.where, {})[name] = prepared[name].images
    parts = []
    for columns in groups.values():
        cases, labels = len(next(iter(columns.values()))), None
        if IMAGE in columns and trained_on.classes:
            labels = columns[_LABEL] = prepared[IMAGE].labels
        name = next(iter(columns))
        seed = recipe.seed if name == IMAGE else derive_seed(recipe.seed, "order", name)
        order = CaseOrder(cases, seed, recipe.training.sampling, labels)
        parts.append(Drawn(columns, order, prepared[name].patient_ids))
    patches = None if trained_on.patch is None else _patches(trained_on, recipe.seed)
    return TrainingData(tuple(parts), patches)
