"""From cohorts to arrays: one geometry, one window and one numbering of classes for all sides."""

from __future__ import annotations

import numpy as np

from cancergan.assessment.context import Context, Integers, Side
from cancergan.assessment.division import Division
from cancergan.assessment.settings import AssessmentSettings
from cancergan.cohort.attributes import NOT_MEASURED, Attribute, channel_names
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.columns import Column, table_preparation
from cancergan.cohort.identity import patient_fingerprints
from cancergan.cohort.preparation import Preparation
from cancergan.cohort.prepared import prepare
from cancergan.cohort.views import View, resolved
from cancergan.core.errors import BadInputError, unknown


def context_of(
    division: Division,
    settings: AssessmentSettings,
    seed: int,
    *,
    preparation: Preparation | None = None,
) -> Context:
    """Return the context of an assessment: all sides read and brought to one geometry.

    That of the synthetic cases, where no ``preparation`` is given.

    Raises:
        BadInputError: a case cannot be prepared, or has a label that the learning side has not.
    """
    _check_spaces(division, settings)
    classes = classes_of(division)
    view = view_of(division)
    if view.is_table:
        preparation = preparation or table_preparation(view)
    preparation = preparation or preparation_of(division)
    real, synthetic, learning = (
        _side(cohort, Column(view, preparation), classes)
        for cohort in (division.real, division.synthetic, division.learning)
    )
    return Context(
        real=real,
        synthetic=synthetic,
        learning=learning,
        generator_saw_learning=division.generator_saw_learning,
        classes=classes,
        preparation=preparation,
        settings=settings,
        seed=seed,
        columns=channel_names(view.attributes),
        claim=division.synthetic.provenance.get("privacy"),
    )


def view_of(division: Division) -> View:
    """Return what is read of all cases: their images, or the columns of their tables.

    Those that the generator made, as it recorded them; else all that the training cases have and
    the synthetic ones have too.

    Raises:
        BadInputError: the synthetic table has no column of the real one, or real columns have gaps.
    """
    if division.real.has_images:
        return View()
    recorded = division.synthetic.provenance.get("view")
    if recorded is not None:
        return View.model_validate(recorded)
    learning, made = division.learning, set(map(str, division.synthetic.table.columns))
    shared = [str(name) for name in learning.table.columns if str(name) in made - NOT_MEASURED]
    if not shared:
        raise BadInputError(f"{division.synthetic.origin}: has no column that the real cases have.")
    attributes = tuple(Attribute(name=name) for name in shared)
    return resolved(learning, View(read="table", attributes=attributes, missing="indicate"))


def preparation_of(division: Division, *, image_size: int | None = None) -> Preparation:
    """Return the geometry and window of the synthetic cases, to which the real ones are brought.

    With ``image_size`` all sides are brought to that size, in the training cases' window.
    """
    if image_size is not None:
        return Preparation.plan(division.learning, image_size=image_size)
    recorded = division.synthetic.provenance.get("preparation")
    if recorded is not None:
        return Preparation.from_json(recorded)
    size = division.synthetic.header(0).shape[1:]
    return Preparation.plan(division.learning, image_size=size)


def classes_of(division: Division) -> tuple[str, ...]:
    """Return the classes that the learning side has; none where any side is without labels.

    Raises:
        BadInputError: a side has a label that the learning side has not.
    """
    cohorts = (division.learning, division.real, division.synthetic)
    if not all("label" in cohort.table for cohort in cohorts):
        return ()
    for cohort in cohorts:
        cohort.require("label")
    present = set(division.learning.table["label"].astype(str))
    for cohort in (division.real, division.synthetic):
        for label in sorted(set(cohort.table["label"].astype(str)) - present):
            raise BadInputError(f"{cohort.origin}: {unknown('label', label, present)}")
    return tuple(name for name in division.learning.classes if name in present)


def _check_spaces(division: Division, settings: AssessmentSettings) -> None:
    """Refuse a feature space that has seen the reference: it would judge by heart.

    Raises:
        BadInputError: names the space.
    """
    for space in settings.spaces:
        seen = set(getattr(space, "trained_on", ()))
        if seen and (
            division.real.fingerprint in seen or seen & set(patient_fingerprints(division.real))
        ):
            raise BadInputError(
                f"the network {space.name} was trained on the real test cases. Judge by one that "
                "has not seen them, or by other test cases."
            )


def class_codes(cohort: Cohort, classes: tuple[str, ...]) -> Integers:
    """Return the class of each case of a cohort as its place among the classes."""
    codes = {name: code for code, name in enumerate(classes)}
    return np.array([codes[str(name)] for name in cohort.table["label"]], dtype=np.int64)


def _side(cohort: Cohort, column: Column, classes: tuple[str, ...]) -> Side:
    prepared = prepare(column.of(cohort), column.preparation)
    labels = class_codes(cohort, classes) if classes else None
    return Side(prepared.images, labels, cohort.table)
