"""The table of a cohort: unique case ids, a patient for every case, labels as names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cancergan.cohort.formats import image_suffix
from cancergan.core.errors import BadInputError

# Further arrays of a case, on the grid of its image: columns of paths to (C', *spatial) files.
ARRAY_COLUMNS = ("source", "target", "dose", "structures")
PATH_COLUMNS = ("image", "mask")
# What archives call the well-known columns; a slide is the best unit known where no patient is.
ALIASES = {
    "patient_id": ("patient", "subject", "subject_id", "slide"),
    "label": ("class", "benign_malignant"),
    "age": ("age_approx",),
    "centre": ("center", "hospital", "site"),
}
TEXT_COLUMNS = frozenset(
    {"case_id", "patient_id", "label", "centre", "scanner", "split", "sex", *PATH_COLUMNS}
    | {alias for column, names in ALIASES.items() if column != "age" for alias in names}
)

_NUMBERS = ("integer", "floating", "mixed-integer-float")


def complete_table(table: pd.DataFrame, *, origin: str) -> tuple[pd.DataFrame, bool]:
    """Return the table as cohorts keep it, and whether it names its patients.

    The index counts the rows of ``origin`` from 1; ``case_id`` and ``patient_id`` come first. Where
    no patient is named, every case counts as a patient of its own.

    Raises:
        BadInputError: there is no row, or a case id is missing or there twice.
    """
    if table.empty and not len(table.index):
        raise BadInputError(f"{origin}: holds no case. Give at least one.")
    table = table.copy()
    table.index = pd.RangeIndex(1, len(table) + 1)
    for name in table.columns:
        # None among numbers makes a column of objects; a file would read it as numbers.
        if pd.api.types.infer_dtype(table[name], skipna=True) in _NUMBERS:
            table[name] = pd.to_numeric(table[name])
    for column, names in ALIASES.items():
        known = [name for name in names if name in table]
        if column not in table and known:
            table[column] = table[known[0]]
    if "case_id" not in table:
        table["case_id"] = [f"case_{number:05d}" for number in range(len(table))]
    table["case_id"] = _identities(table["case_id"], "case_id", origin)
    patients_known = "patient_id" in table
    patients = table["patient_id"] if patients_known else table["case_id"]
    table["patient_id"] = _identities(patients, "patient_id", origin)
    if "label" in table:
        table["label"] = [as_name(value) for value in table["label"]]
    _refuse_duplicates(table["case_id"], origin)
    first = ["case_id", "patient_id"]
    return table[first + [name for name in table if name not in first]], patients_known


def as_name(value: object) -> str | None:
    """Return a label as a name: 3 and 3.0 are "3"; what is missing or empty is None."""
    if pd.isna(value) or value == "":  # type: ignore[call-overload]
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def classes_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the names of the classes in order: by number where all are numbers, else by name."""
    if "label" not in table:
        return ()
    names = {str(name) for name in table["label"].dropna()}
    if all(name.lstrip("-").isdecimal() for name in names):
        return tuple(sorted(names, key=int))
    return tuple(sorted(names))


def without_paths(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without the columns that say where its files are."""
    paths = [name for name in PATH_COLUMNS if name in table]
    return table.drop(columns=paths + array_columns(table))


def array_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns of a table that name files of further arrays.

    Their names are words of the field too ("source: biopsy"), so a column counts only where every
    cell that is filled in ends like the name of an image file.
    """
    return [name for name in ARRAY_COLUMNS if name in table and _names_files(table[name])]


def _names_files(cells: pd.Series[Any]) -> bool:
    filled = cells.dropna()
    return len(filled) > 0 and all(image_suffix(Path(str(cell))) for cell in filled)


def rows_in_words(rows: Sequence[int], *, limit: int = 3) -> str:
    """Return "row 17" or "rows 3, 17, 20 and 5 more".

    >>> rows_in_words([3, 17, 20, 21])
    'rows 3, 17, 20 and 1 more'
    """
    more = f" and {len(rows) - limit} more" if len(rows) > limit else ""
    return f"row{'s' * (len(rows) > 1)} {', '.join(map(str, rows[:limit]))}{more}"


def _identities(values: Iterable[object], column: str, origin: str) -> list[str]:
    names = [as_name(value) for value in values]
    missing = [row for row, name in enumerate(names, start=1) if name is None]
    if missing:
        raise BadInputError(f"{origin}, {rows_in_words(missing)}: {column} is missing. Fill it in.")
    return [str(name) for name in names]


def _refuse_duplicates(case_ids: pd.Series[str], origin: str) -> None:
    double = case_ids[case_ids.duplicated(keep=False)]
    if not double.empty:
        first = double.iloc[0]
        rows = [int(row) for row in double.index[double == first]]
        raise BadInputError(
            f'{origin}, {rows_in_words(rows)}: case_id "{first}" is there {len(rows)} times '
            f"({double.nunique()} such ids in all). Give every case its own."
        )
