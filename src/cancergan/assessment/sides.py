"""From cohorts to arrays: one geometry, one window and one numbering of classes for all sides."""

from __future__ import annotations

import numpy as np

from cancergan.assessment.context import Context, Integers, Side
from cancergan.assessment.division import Division
from cancergan.assessment.settings import AssessmentSettings
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.preparation import Preparation
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError, unknown


def context_of(division: Division, settings: AssessmentSettings, seed: int) -> Context:
    """Return the context of an assessment: all sides read and brought to one geometry.

    Raises:
        BadInputError: a case cannot be prepared, or has a label that the learning side has not.
    """
    classes = _classes(division)
    preparation = _preparation(division)
    real, synthetic, learning = (
        _side(cohort, preparation, classes)
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
    )


def _preparation(division: Division) -> Preparation:
    """Return the geometry and window of the synthetic cases, to which the real ones are brought."""
    recorded = division.synthetic.provenance.get("preparation")
    if recorded is not None:
        return Preparation.from_json(recorded)
    size = division.synthetic.header(0).shape[1:]
    return Preparation.plan(division.learning, image_size=size)


def _classes(division: Division) -> tuple[str, ...]:
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


def _side(cohort: Cohort, preparation: Preparation, classes: tuple[str, ...]) -> Side:
    prepared = prepare(cohort, preparation)
    labels: Integers | None = None
    table = cohort.table
    if classes:
        codes = {name: code for code, name in enumerate(classes)}
        labels = np.array([codes[str(name)] for name in table["label"]], dtype=np.int64)
    return Side(prepared.images, labels, table)
