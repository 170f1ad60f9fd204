"""Cut a cohort into parts without cutting a patient, and prove that no patient is in two."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort.table import rows_in_words
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.seeds import numpy_generator

Order = Literal["random", "contiguous"]
Positions = npt.NDArray[np.intp]


def split_positions(
    table: pd.DataFrame,
    parts: Mapping[str, float],
    *,
    by: str,
    seed: int,
    order: str,
    origin: str,
) -> dict[str, Positions]:
    """Return the row positions of every part: disjoint, complete, in the order of the table.

    A unit is one value of ``by`` (for ``order="contiguous"``: within one label, where numbers start
    anew in each class), joined over all that share a patient: patients are never cut. Each label's
    units are shuffled by the seed, or kept in the order of ``by``, and then dealt out.

    Raises:
        BadInputError: fractions that are no partition, an unknown or incomplete column ``by``, or
            fewer units than parts.
    """
    if order not in get_args(Order):
        raise unknown("order", order, get_args(Order))
    fractions = _checked_fractions(parts)
    _check_column(table, by, origin)
    units = _units(table, by=by, within_label=order == "contiguous")
    strata = _strata(table, units, by=by, seed=seed, order=order)
    n_units = sum(map(len, strata))
    if n_units < len(parts):
        raise BadInputError(
            f"{origin}: {n_units} units of {by} cannot fill {len(parts)} parts "
            f"({', '.join(parts)}). Give more cases or fewer parts."
        )
    part_of_unit = np.empty(n_units, dtype=np.intp)
    for stratum, counts in zip(strata, _allot([len(s) for s in strata], fractions), strict=True):
        part_of_unit[stratum] = np.repeat(np.arange(len(parts)), counts)
    part_of_row = part_of_unit[units]
    return {name: np.flatnonzero(part_of_row == part) for part, name in enumerate(parts)}


def _checked_fractions(parts: Mapping[str, float]) -> npt.NDArray[np.float64]:
    fractions = np.array(list(parts.values()), dtype=np.float64)
    if not len(parts) or not (fractions > 0).all() or not math.isclose(fractions.sum(), 1.0):
        raise BadInputError(
            f"parts {dict(parts)}: the fractions must be positive and add up to 1, "
            'for example {"train": 0.7, "validation": 0.1, "test": 0.2}.'
        )
    return fractions


def _check_column(table: pd.DataFrame, by: str, origin: str) -> None:
    if by not in table:
        raise unknown("column", by, table.columns)
    if missing := [int(row) for row in table.index[table[by].isna()]]:
        raise BadInputError(f"{origin}, {rows_in_words(missing)}: no {by}. Fill it in.")


def _units(table: pd.DataFrame, *, by: str, within_label: bool) -> Positions:
    """Return the number of each row's unit: rows linked by patient or by ``by`` are one unit."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    keys = [by, "label"] if within_label and "label" in table else [by]
    patients = table.groupby("patient_id", sort=True).ngroup().to_numpy()
    values = table.groupby(keys, sort=True, dropna=False).ngroup().to_numpy()
    nodes = patients.max() + 1 + values.max() + 1
    links = coo_array(
        (np.ones(len(table)), (patients, patients.max() + 1 + values)), shape=(nodes, nodes)
    )
    components = connected_components(links, directed=False)[1][patients]
    return np.unique(components, return_inverse=True)[1].astype(np.intp)


def _strata(
    table: pd.DataFrame, units: Positions, *, by: str, seed: int, order: str
) -> list[Positions]:
    """Return the units of each label (a unit's most frequent one), in the order to deal them."""
    labels = table["label"].fillna("") if "label" in table else pd.Series("", index=table.index)
    rows = pd.DataFrame({"unit": units, "label": labels, "by": _sortable(table[by])})
    rows["patient"] = _sortable(table["patient_id"])
    counts = rows.groupby(["unit", "label"]).size().reset_index(name="n")
    main = counts.sort_values(["n", "label"], ascending=[False, True]).drop_duplicates("unit")
    ordered = rows.groupby("unit")[["by", "patient"]].min()
    ordered["label"] = main.set_index("unit")["label"]
    ordered = ordered.sort_values(["label", "by", "patient"])
    strata = []
    for label, members in ordered.groupby("label", sort=True):
        numbers = members.index.to_numpy(dtype=np.intp)
        if order == "random":
            numbers = numpy_generator(seed, "split", by, label).permutation(numbers)
        strata.append(numbers)
    return strata


def _sortable(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return values that sort as people count: "benign (9)" before "benign (10)"."""
    if pd.api.types.is_numeric_dtype(values):
        return values
    return values.astype(str).str.replace(r"\d+", lambda digits: digits[0].zfill(16), regex=True)


def _allot(sizes: list[int], fractions: npt.NDArray[np.float64]) -> list[npt.NDArray[np.intp]]:
    """Return how many units of each stratum go to each part.

    Remainders are carried from one stratum to the next, so that the totals are right as well;
    a part that would stay empty takes one unit from the largest.
    """
    carried = np.zeros_like(fractions)
    table = np.zeros((len(sizes), len(fractions)), dtype=np.intp)
    for counts, size in zip(table, sizes, strict=True):
        wanted = fractions * size + carried
        counts[:] = np.maximum(np.floor(wanted) - 1, 0)
        for _ in range(size - counts.sum()):
            counts[np.argmax(wanted - counts)] += 1
        carried = wanted - counts
    while (empty := np.flatnonzero(table.sum(axis=0) == 0)).size:
        donor = int(np.argmax(table.sum(axis=0)))
        stratum = int(np.argmax(table[:, donor]))
        table[stratum, donor] -= 1
        table[stratum, empty[0]] += 1
    return list(table)
