"""What the tests read of a cohort: one row a patient, with features, attributes and embedding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pandas as pd

from cancergan.assessment.shift_meter.regions import Radiomics, first_order, measured_case
from cancergan.cohort.case import Case, Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.preparation import Preparation
from cancergan.cohort.shifts.rows import main_labels
from cancergan.core.seeds import numpy_generator

ATTRIBUTES = ("age", "sex", "centre", "scanner", "grade", "treatment")
# Prepared images are kept to so many pixels an axis: fine detail is measured in the originals.
SIDE = {2: 64, 3: 32}
CHUNK = 64


@dataclass(frozen=True, eq=False)
class Units:
    """The patients of a cohort.

    Attributes:
        table: one row a patient, indexed by it: ``label`` (the main one, or None) and attributes.
        features: (patients, features) of ``measured_case``, the mean of a patient's cases; NaN
            where a patient has none.
        embedding: (patients, d) of random convolutions, the mean likewise; d is 0 without images.
    """

    table: pd.DataFrame
    features: pd.DataFrame
    embedding: Float64

    def __len__(self) -> int:
        return len(self.table)

    def take(self, rows: Sequence[int]) -> Units:
        """Return some of the patients."""
        chosen = list(rows)
        return Units(self.table.iloc[chosen], self.features.iloc[chosen], self.embedding[chosen])


def preparation_of(reference: Cohort, *, at_most: int = 1000, seed: int = 0) -> Preparation:
    """Return the preparation of the embedding, and with it the unit of intensities.

    Of the cases that ``measured_units`` reads with the same arguments; the others may be a million.
    """
    axes = len(reference.header(0).shape) - 1
    rows = np.isin(np.arange(len(reference)), _chosen(reference.table, at_most, seed))
    return Preparation.plan(reference.select(rows), image_size=[SIDE[axes]] * axes)


def measured_units(
    cohort: Cohort,
    preparation: Preparation | None,
    *,
    use_masks: bool,
    at_most: int,
    seed: int,
    radiomics: Radiomics = first_order,
    geometry: Preparation | None = None,
) -> Units:
    """Read the cases of a cohort one by one, and return what was measured by patient.

    ``at_most`` cases are read, of patients chosen at random. ``geometry`` is how the training cases
    of a generator were prepared: real cases go the same way, and back to physical units, before
    they are compared with what it made.
    """
    rows = _chosen(cohort.table, at_most, seed)
    table = cohort.table.iloc[rows].reset_index(drop=True)
    patients = table["patient_id"]
    people = table.groupby(patients, sort=False)
    kept = [name for name in ATTRIBUTES if name in table and table[name].notna().any()]
    units = people[kept].first() if kept else pd.DataFrame(index=people.size().index)
    units["label"] = main_labels(table) if "label" in table else None
    if preparation is None:
        return Units(units, pd.DataFrame(index=units.index), np.zeros((len(units), 0)))
    cases = (_regrided(cohort[row], geometry) for row in rows)
    features, embedding = _measured(cases, preparation, use_masks, radiomics)
    by_patient = features.groupby(patients, sort=False).mean()
    embedded = pd.DataFrame(embedding).groupby(patients, sort=False).mean()
    return Units(units, by_patient, embedded.to_numpy())


def _measured(
    cases: Iterator[Case],
    preparation: Preparation,
    use_masks: bool,
    radiomics: Radiomics,
) -> tuple[pd.DataFrame, Float64]:
    from cancergan.downstream.random_convolution import random_convolution

    space = random_convolution(preparation.channels, len(preparation.spatial))
    measured, embedded = [], []
    while chunk := list(islice(cases, CHUNK)):
        images = []
        for case in chunk:
            # First, since it refuses cases of another kind by name.
            images.append(preparation.apply(case))
            measured.append(
                measured_case(case, preparation.window, use_mask=use_masks, radiomics=radiomics)
            )
        embedded.append(space.features(np.stack(images)))
    return pd.DataFrame(measured), np.concatenate(embedded)


def _regrided(case: Case, geometry: Preparation | None) -> Case:
    """Return a case as a generator saw it: in its grid and within its window."""
    if geometry is None:
        return case
    return replace(
        case,
        image=geometry.invert(geometry.apply(case)),
        mask=None if case.mask is None else geometry.apply_mask(case),
        spacing=geometry.spacing(case),
        affine=None,
    )


def _chosen(table: pd.DataFrame, at_most: int, seed: int) -> list[int]:
    """Return the rows to read, in order: all, or whole patients at random up to ``at_most``."""
    if len(table) <= at_most:
        return list(range(len(table)))
    patient = table.groupby("patient_id", sort=False).ngroup().to_numpy()
    sizes = np.bincount(patient)
    order = numpy_generator(seed, "measured patients").permutation(len(sizes))
    kept = order[: max(1, int(np.searchsorted(np.cumsum(sizes[order]), at_most, side="right")))]
    return [int(row) for row in np.flatnonzero(np.isin(patient, kept))]
