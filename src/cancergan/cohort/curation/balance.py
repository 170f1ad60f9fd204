"""Who is in a cohort: counts by label, sex, age, centre and split, and what is thinly covered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from cancergan.cohort.cohort import Cohort

GROUPS = ("sex", "age", "centre", "scanner", "split")
AGE_EDGES = (0, 18, 40, 50, 60, 70, 200)
AGE_NAMES = ("below 18", "18 to 39", "40 to 49", "50 to 59", "60 to 69", "70 and above")
UNKNOWN = "unknown"
FEWEST = 10
MOST_GROUPS = 12


@dataclass(frozen=True)
class Balance:
    """Counts of cases by one group and, where there are labels, by class.

    Attributes:
        by: the column ("sex", "age", ...).
        rows: group -> class -> cases; the class is "cases" where there are no labels.
    """

    by: str
    rows: dict[str, dict[str, int]]

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {"by": self.by, "rows": self.rows}


def balance(cohort: Cohort) -> list[Balance]:
    """Return a table for each known group: sex, age band, centre, scanner, split, sex by age.

    Counts are cases. Values that are missing count as "unknown"; from 12 values on, the rarest are
    counted together.
    """
    table = cohort.table
    groups = {name: _grouped(table, name) for name in GROUPS if name in table}
    if {"sex", "age"} <= groups.keys():
        groups["sex and age"] = groups["sex"] + ", " + groups["age"]
    return [Balance(name, _crossed(values, table, cohort)) for name, values in groups.items()]


def thin(tables: list[Balance]) -> list[str]:
    """Return sentences on classes that a group lacks or has fewer than ten cases of."""
    found = []
    for held in tables:
        if held.by in ("split", "sex and age"):
            continue
        for group, counts in held.rows.items():
            few = [f"{count} {label}" for label, count in counts.items() if count < FEWEST]
            if few and group != UNKNOWN:
                found.append(f"{held.by} {group} only {', '.join(few)}")
    return found


def age_band(ages: pd.Series[Any]) -> pd.Series[str]:
    """Return bands of ages in years as text; what is no age is "unknown"."""
    years = pd.to_numeric(ages, errors="coerce")
    bands = pd.cut(years, bins=list(AGE_EDGES), labels=list(AGE_NAMES), right=False)
    return bands.astype(object).where(bands.notna(), UNKNOWN).astype(str)


def _grouped(table: pd.DataFrame, name: str) -> pd.Series[str]:
    if name == "age":
        return age_band(table["age"])
    values = table[name].astype(object).where(table[name].notna(), UNKNOWN).astype(str)
    common = values.value_counts().index[: MOST_GROUPS - 1]
    if values.nunique() > MOST_GROUPS:
        values = values.where(values.isin(common), "all others")
    return values


def _crossed(
    groups: pd.Series[str], table: pd.DataFrame, cohort: Cohort
) -> dict[str, dict[str, int]]:
    if "label" in table:
        classes = table["label"].astype(object).where(table["label"].notna(), "unlabelled")
        names = [*cohort.classes, *(["unlabelled"] if table["label"].isna().any() else [])]
    else:
        classes, names = pd.Series("cases", index=table.index), ["cases"]
    counts = pd.crosstab(groups, classes).reindex(columns=names, fill_value=0)
    rows = sorted(counts.index, key=_rank)
    return {
        str(group): {str(name): int(n) for name, n in zip(names, counts.loc[group], strict=True)}
        for group in rows
    }


def _rank(group: str) -> tuple[tuple[int, str], ...]:
    """Return what sorts groups as people read them: ages by age, "unknown" last."""
    parts = group.split(", ")
    last = len(AGE_NAMES) + 1
    return tuple(
        (AGE_NAMES.index(part), "") if part in AGE_NAMES else (last * (part == UNKNOWN), part)
        for part in parts
    )
