"""How many synthetic cases to make of each class: training is balanced, test data never are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cancergan.cohort.cohort import Cohort
from cancergan.core.errors import BadInputError, unknown

# Parts that must keep the prevalence of the clinic: they are measured on, never added to.
UNTOUCHED = ("test", "validation")


@dataclass(frozen=True)
class Quota:
    """What to make of one cell, a class or a class within a subgroup.

    Attributes:
        cell: values by column, ``label`` among them.
        cases: real cases in the training part.
        patients: their patients; few of them bound what a generator can have learnt.
        synthetic: how many to make.
    """

    cell: Mapping[str, str]
    cases: int
    patients: int
    synthetic: int


@dataclass(frozen=True)
class RebalancingPlan:
    """How many synthetic cases to add to the training part of a cohort.

    Attributes:
        quotas: one for each cell, the largest quota first.
        natural: prevalence of each class in the whole cohort, which test data keep.
        left_out: cases of parts that are not touched, by part.
    """

    quotas: tuple[Quota, ...]
    natural: Mapping[str, float]
    left_out: Mapping[str, int]

    @property
    def synthetic(self) -> int:
        """How many cases to make in all."""
        return sum(quota.synthetic for quota in self.quotas)

    @property
    def condition(self) -> dict[str, float]:
        """Share of each class among the synthetic cases, as ``synthesise`` takes it."""
        totals: dict[str, float] = {}
        for quota in self.quotas:
            totals[quota.cell["label"]] = totals.get(quota.cell["label"], 0) + quota.synthetic
        return {name: count / self.synthetic for name, count in totals.items() if count}

    def to_json(self) -> dict[str, Any]:
        """Return the plan as a JSON object."""
        return {
            "synthetic": self.synthetic,
            "condition": self.condition,
            "natural": dict(self.natural),
            "left_out": dict(self.left_out),
            "quotas": [
                {
                    **quota.cell,
                    "cases": quota.cases,
                    "patients": quota.patients,
                    "synthetic": quota.synthetic,
                }
                for quota in self.quotas
            ],
        }


def rebalancing_plan(
    cohort: Cohort,
    target: str | Mapping[str, float] = "balanced",
    *,
    by: Sequence[str] = (),
    part: str | None = None,
) -> RebalancingPlan:
    """Plan how many synthetic cases bring the training part to the target; nothing is left out.

    Args:
        cohort: all parts, or the training part alone.
        target: "balanced", or the share of each class; shares must add up to 1.
        by: columns whose values count as subgroups within a class, such as ("sex",); the cells of
            a class share its cases equally.
        part: the part of ``split`` to add to; None takes "train" where there is that column, else
            all cases.

    Raises:
        BadInputError: the part is test or validation, labels or values are missing, or the target
            names other classes, is no distribution, or asks for none of a class that is there.
    """
    table, left_out = _training_part(cohort, part)
    cells = _cells(table, by, cohort.origin)
    classes = [name for name in cohort.classes if name in set(cells["label"])]
    shares = _shares(target, classes)
    # Each cell's share of the goal; the fullest cell for its share stays as it is.
    per_class = cells.groupby("label")["cases"].transform("size")
    wanted = cells["label"].map(shares).astype(float) / per_class
    total = float((cells["cases"] / wanted).max())
    missing = np.maximum(np.rint(total * wanted - cells["cases"]), 0).astype(int)
    quotas = [
        Quota(
            cell={name: str(row[name]) for name in ("label", *by)},
            cases=int(row["cases"]),
            patients=int(row["patients"]),
            synthetic=int(count),
        )
        for row, count in zip(cells.to_dict("records"), missing, strict=True)
    ]
    natural = cohort.table["label"].value_counts(normalize=True)
    return RebalancingPlan(
        quotas=tuple(sorted(quotas, key=lambda quota: -quota.synthetic)),
        natural={str(name): float(share) for name, share in natural.items()},
        left_out=left_out,
    )


def _training_part(cohort: Cohort, part: str | None) -> tuple[pd.DataFrame, dict[str, int]]:
    if part in UNTOUCHED:
        raise BadInputError(
            f'part "{part}": keeps the prevalence of the clinic; synthetic cases never join it. '
            "Name the part that is trained on."
        )
    cohort.require("label")
    table = cohort.table
    splits = table["split"].fillna("none").astype(str) if "split" in table else None
    if splits is None:
        if part is not None:
            raise BadInputError(f'{cohort.origin}: has no column split, so no part "{part}".')
        return table, {}
    wanted = part or "train"
    if wanted not in set(splits):
        raise BadInputError(f"{cohort.origin}: {unknown('part', wanted, sorted(set(splits)))}")
    others = splits[splits != wanted].value_counts()
    return table[splits == wanted], {str(name): int(count) for name, count in others.items()}


def _cells(table: pd.DataFrame, by: Sequence[str], origin: str) -> pd.DataFrame:
    """Return cases and patients of each cell, by label and then the columns of ``by``."""
    for column in by:
        if column not in table:
            raise unknown("column", column, table.columns)
        if table[column].isna().any():
            raise BadInputError(f"{origin}: {column} is missing of some cases. Fill it in.")
    groups = table.groupby(["label", *by], sort=True)
    cells = pd.DataFrame({"cases": groups.size(), "patients": groups["patient_id"].nunique()})
    return cells.reset_index()


def _shares(target: str | Mapping[str, float], classes: Sequence[str]) -> dict[str, float]:
    if isinstance(target, str):
        if target != "balanced":
            raise unknown("target", target, ["balanced"])
        return {name: 1 / len(classes) for name in classes}
    for name in target:
        if name not in classes:
            raise unknown("class", name, classes)
    shares = {name: float(target.get(name, 0.0)) for name in classes}
    if min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-6:
        raise BadInputError(
            f"target {dict(target)}: needs a positive share of each class that is there "
            f"({', '.join(classes)}), adding up to 1; real cases are not taken away."
        )
    return shares
