"""The real cases that a translation starts from: their columns, their table and their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort import Cohort
from cancergan.cohort.columns import Column
from cancergan.cohort.preparation import Preparation
from cancergan.cohort.prepared import prepare
from cancergan.cohort.table import without_paths
from cancergan.cohort.views import mask_values, picked, viewed
from cancergan.core.errors import BadInputError
from cancergan.training.run import TrainedOn

Float32 = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Started:
    """Cases to start from, with the columns (n, C, *spatial) in [-1, 1] that the game reads.

    Row r of what is synthesised starts from case r modulo their number.
    """

    cohort: Cohort
    arrays: dict[str, Float32]

    def __len__(self) -> int:
        return len(self.cohort)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the source cohort."""
        return self.cohort.fingerprint

    def columns(self, rows: Rows) -> dict[str, Float32]:
        """Return the columns of the cases from which rows start."""
        return {name: values[rows % len(self)] for name, values in self.arrays.items()}

    def images(self, rows: Rows, trained_on: TrainedOn) -> list[Float32]:
        """Return the images from which rows start, in physical units, on the run's grid."""
        name, values = next(iter(self.arrays.items()))
        preparation = trained_on.columns[name].preparation
        return [preparation.invert(values[row]) for row in rows % len(self)]

    def codes(self, classes: Sequence[str]) -> npt.NDArray[np.int64] | None:
        """Return the class codes of the cases, None where one of them has no class of these."""
        if "label" not in self.cohort.table:
            return None
        names = self.cohort.table["label"].tolist()
        if not set(names) <= set(classes):
            return None
        return np.array([list(classes).index(name) for name in names], np.int64)

    def table(self, rows: Rows) -> pd.DataFrame:
        """Return what is known of the cases; ``source_case_id`` names them."""
        table = without_paths(self.cohort.table).iloc[rows % len(self)].reset_index(drop=True)
        return table.rename(columns={"case_id": "source_case_id"})

    def placed(self, rows: Rows, preparation: Preparation) -> dict[str, Any]:
        """Return masks, spacing and affine of the cases once prepared, for ``from_arrays``."""
        cases = [self.cohort[int(row)] for row in range(len(self))]
        places = rows % len(self)
        placed: dict[str, Any] = {
            "spacing": [preparation.spacing(cases[place]) for place in places]
        }
        if all(case.affine is not None for case in cases):
            placed["affine"] = np.stack([_affine(preparation, cases[p]) for p in places])
        if any(case.mask is not None for case in cases):
            masks = [None if case.mask is None else preparation.apply_mask(case) for case in cases]
            placed["masks"] = [masks[place] for place in places]
        return placed


def start_from(trained_on: TrainedOn, names: Sequence[str], source: Cohort) -> Started:
    """Return the cases of a cohort from which a run may start, prepared as in training.

    The recipe's query picks the cases of the source domain; where the cohort has none of the
    query's columns, whoever names the cases has chosen them.

    Raises:
        BadInputError: an array that the run reads is missing, or of another kind.
    """
    columns = {name: trained_on.columns[name] for name in names}
    queries = {view.where for view in (c.view for c in columns.values()) if view.where}
    if len(queries) > 1:
        raise BadInputError(f"the run starts from cases of different queries: {sorted(queries)}.")
    source = picked(source, next(iter(queries), None))
    return Started(
        source, {name: prepared_column(column, source) for name, column in columns.items()}
    )


def prepared_column(column: Column, source: Cohort) -> Float32:
    """Return a column (n, C, *spatial) of cases that are chosen already.

    Cases that bring nothing but the wanted channels need not have the others.
    """
    view = column.view.model_copy(update={"where": None})
    if (
        view.channels
        and view.arrays == ("image",)
        and source.header(0).shape[0] == len(view.channels)
    ):
        view = view.model_copy(update={"channels": ()})
    images = prepare(viewed(source, view), column.preparation).images
    if view.is_mask and not (images > -1).any():
        found = ", ".join(map(str, sorted(mask_values(source))[:32]))
        raise BadInputError(
            f"{source.origin}: no mask holds one of the labels {', '.join(map(str, view.values))} "
            f"that the run learnt; found {found}. Give masks with those numbers."
        )
    return images


def _affine(preparation: Preparation, case: Any) -> npt.NDArray[np.float64]:
    affine = preparation.affine(case)
    assert affine is not None
    return affine
