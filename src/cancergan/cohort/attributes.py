"""Columns of a table as numbers for a network, and back: which, of what kind, in what range.

A table is an image without spatial axes: each number is one channel, each category one channel of
0 and 1, and where values may be missing, one more channel says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict

from cancergan.cohort.case import Float32, Float64
from cancergan.cohort.table import ARRAY_COLUMNS, PATH_COLUMNS, as_name, rows_in_words
from cancergan.cohort.window import IntensityWindow
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.seeds import derive_seed

Kind = Literal["number", "whole", "category", "token"]
TOKEN_CHANNELS = 2
_TOKEN_VALUES = 2**20
MOST_CATEGORIES = 32
# What a table says of its rows rather than of its patients; read only where a view names it.
NOT_MEASURED = frozenset(
    {"case_id", "patient_id", "label", "split", "synthetic", "source_case_id"}
    | {*PATH_COLUMNS, *ARRAY_COLUMNS}
)


class Attribute(BaseModel):
    """One column of a table as a network sees it.

    Attributes:
        name: of the column; of several where it is a pattern ("gene_*").
        kind: "number", "whole" (rounded on the way back) or "category" (text, yes and no, or any
            values that shall be told apart); found in the training cohort where None. "token" says
            only which rows have the same value (a patient): numbers made of it, from which the
            value is not told, and of which the run keeps nothing.
        categories: of a category, its values by name; found where empty.
        low, high: of a number, what becomes -1 and 1, in the column's units; the least and largest
            of the training cohort where None. Values outside are clipped. State them where nobody
            may learn the extreme patients' values from the record of a run.
        may_miss: whether a channel of its own says that the value is missing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: Kind | None = None
    categories: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    may_miss: bool = False

    @property
    def channels(self) -> int:
        """How many channels the column fills."""
        wide = {"category": len(self.categories), "token": TOKEN_CHANNELS}
        return wide.get(self.kind or "", 1) + self.may_miss

    @property
    def channel_names(self) -> tuple[str, ...]:
        """What each channel is called in pictures and figures."""
        if self.kind == "category":
            names = tuple(f"{self.name}={value}" for value in self.categories)
        elif self.kind == "token":
            names = tuple(f"{self.name} token {part}" for part in range(TOKEN_CHANNELS))
        else:
            names = (self.name,)
        return (*names, f"{self.name} missing") if self.may_miss else names

    def window(self) -> list[tuple[float, float]]:
        """Return low and high of each channel."""
        if self.kind in ("category", "token"):
            return [(0.0, 1.0)] * self.channels
        assert self.low is not None
        assert self.high is not None
        return [(self.low, self.high)] + [(0.0, 1.0)] * self.may_miss


def measured_attributes(
    table: pd.DataFrame,
    wanted: Sequence[Attribute],
    *,
    leave_out: Sequence[str] = (),
    may_miss: bool,
    origin: str,
) -> tuple[Attribute, ...]:
    """Return attributes with everything known that a table can tell of them.

    Without ``wanted`` all columns are taken that say something of the patient and match no pattern
    of ``leave_out``. With ``may_miss`` a
    column with gaps gets a channel that says so; without, it is refused.

    Raises:
        BadInputError: no such column, nothing to read, gaps, or a text with too many values.
    """
    chosen = _by_name(table, wanted) or [
        Attribute(name=str(name))
        for name in table.columns
        if str(name) not in NOT_MEASURED
        and not any(fnmatchcase(str(name), pattern) for pattern in leave_out)
    ]
    if not chosen:
        raise BadInputError(
            f"{origin}: has no columns to read beside who its cases are. Add measurements."
        )
    return tuple(_measured(table, one, may_miss=may_miss, origin=origin) for one in chosen)


def _by_name(table: pd.DataFrame, wanted: Sequence[Attribute]) -> list[Attribute]:
    """Return the wanted columns, those of a pattern ("gene_*") one by one in the table's order."""
    chosen: list[Attribute] = []
    for one in wanted:
        names = [str(name) for name in table.columns if fnmatchcase(str(name), one.name)]
        same = one.name in table.columns or not names
        chosen += [one] if same else [one.model_copy(update={"name": name}) for name in names]
    return chosen


def _measured(table: pd.DataFrame, wanted: Attribute, *, may_miss: bool, origin: str) -> Attribute:
    if wanted.name not in table:
        raise BadInputError(f"{origin}: {unknown('column', wanted.name, table.columns)}")
    cells = table[wanted.name]
    gaps = cells.isna().to_numpy()
    if gaps.any() and not (may_miss or wanted.may_miss):
        rows = [int(row) + 1 for row in np.flatnonzero(gaps)]
        raise BadInputError(
            f"{origin}, {rows_in_words(rows)}: no {wanted.name}. Fill it in, leave the rows out, "
            "or let a channel say what is missing (missing: indicate)."
        )
    found: dict[str, Any] = {"may_miss": bool(wanted.may_miss or gaps.any())}
    found["kind"] = wanted.kind or _kind(cells)
    if found["kind"] == "category":
        found["categories"] = wanted.categories or _categories(cells, wanted.name, origin)
    elif found["kind"] != "token":
        found |= _range(cells, wanted, origin)
    return wanted.model_copy(update=found)


def _kind(cells: pd.Series[Any]) -> Kind:
    if pd.api.types.is_bool_dtype(cells) or not pd.api.types.is_numeric_dtype(cells):
        return "category"
    values = cells.dropna().to_numpy(dtype=np.float64)
    return "whole" if np.array_equal(values, np.rint(values)) else "number"


def _categories(cells: pd.Series[Any], name: str, origin: str) -> tuple[str, ...]:
    names = {text for text in map(as_name, cells) if text is not None}
    if not names:
        raise BadInputError(f"{origin}: column {name} is empty. Leave it out.")
    if len(names) > MOST_CATEGORIES:
        raise BadInputError(
            f"{origin}: column {name} holds {len(names)} different texts; at most "
            f"{MOST_CATEGORIES} can be told apart. Name the columns to read (attributes)."
        )
    return tuple(sorted(names, key=_order))


def _order(name: str) -> tuple[bool, float, str]:
    """Sort numbers by size and before texts."""
    number = pd.to_numeric(name, errors="coerce")
    return bool(pd.isna(number)), 0.0 if pd.isna(number) else float(number), name


def _range(cells: pd.Series[Any], wanted: Attribute, origin: str) -> dict[str, float]:
    values = _numbers(cells, wanted.name, origin)
    known = values[~np.isnan(values)]
    if not np.isfinite(known).all() or not len(known):
        raise BadInputError(
            f"{origin}: column {wanted.name} holds infinity, or nothing. Leave it out."
        )
    low = float(known.min()) if wanted.low is None else wanted.low
    high = float(known.max()) if wanted.high is None else wanted.high
    # A constant column has no range to keep; any width will do.
    return {"low": low, "high": high if high > low else low + 1.0}


def _numbers(cells: pd.Series[Any], name: str, origin: str) -> Float64:
    try:
        return np.asarray(pd.to_numeric(cells), dtype=np.float64)
    except (ValueError, TypeError):
        raise BadInputError(
            f"{origin}: column {name} is not of numbers. Read it as a category."
        ) from None


def window_of(attributes: Sequence[Attribute]) -> IntensityWindow:
    """Return the window of all channels of measured attributes."""
    low, high = zip(*(ends for one in attributes for ends in one.window()), strict=True)
    return IntensityWindow(tuple(low), tuple(high))


def channel_names(attributes: Sequence[Attribute]) -> tuple[str, ...]:
    """Return the names of all channels."""
    return tuple(name for one in attributes for name in one.channel_names)


def encoded(table: pd.DataFrame, attributes: Sequence[Attribute], *, origin: str) -> Float32:
    """Return a table as (n, channels) in the columns' own units, categories as 0 and 1.

    A number that is missing stands at the middle of its range, with its channel of gaps at 1.

    Raises:
        BadInputError: a column or a value is missing, or a category that was not there in training.
    """
    parts = []
    for one in attributes:
        if one.name not in table:
            raise BadInputError(f"{origin}: {unknown('column', one.name, table.columns)}")
        cells = table[one.name]
        gaps = cells.isna().to_numpy()
        if gaps.any() and not one.may_miss:
            rows = [int(row) + 1 for row in np.flatnonzero(gaps)]
            raise BadInputError(
                f"{origin}, {rows_in_words(rows)}: no {one.name}. Fill it in or leave the rows out."
            )
        parts.append(_numbers_of(cells, one, gaps, origin))
        if one.may_miss:
            parts.append(gaps[:, None].astype(np.float64))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _numbers_of(
    cells: pd.Series[Any], one: Attribute, gaps: npt.NDArray[np.bool_], origin: str
) -> Float64:
    if one.kind == "category":
        return _categorical(cells, one, origin)
    return _tokens(cells) if one.kind == "token" else _numerical(cells, one, gaps, origin)


def _tokens(cells: pd.Series[Any]) -> Float64:
    """Return (n, TOKEN_CHANNELS) in [0, 1], equal where values are; float32 keeps them apart."""
    tokens = {
        name: [
            derive_seed(0, "token", part, name) % _TOKEN_VALUES / (_TOKEN_VALUES - 1)
            for part in range(TOKEN_CHANNELS)
        ]
        for name in {str(value) for value in cells}
    }
    return np.array([tokens[str(value)] for value in cells], dtype=np.float64)


def _numerical(
    cells: pd.Series[Any], one: Attribute, gaps: npt.NDArray[np.bool_], origin: str
) -> Float64:
    assert one.low is not None
    assert one.high is not None
    values = _numbers(cells, one.name, origin)
    return np.where(gaps, (one.low + one.high) / 2, values)[:, None]


def _categorical(cells: pd.Series[Any], one: Attribute, origin: str) -> Float64:
    names = [as_name(value) for value in cells]
    for name in names:
        if name is not None and name not in one.categories:
            raise BadInputError(
                f"{origin}: {unknown(f'value of {one.name}', name, one.categories)}"
            )
    return np.array([[name == known for known in one.categories] for name in names], np.float64)


def decoded(values: npt.ArrayLike, attributes: Sequence[Attribute]) -> pd.DataFrame:
    """Return (n, channels) in the columns' units as a table: the likeliest category, whole numbers.

    The reverse of ``encoded``, up to rounding to float32.
    """
    array = np.asarray(values, dtype=np.float64)
    columns: dict[str, Any] = {}
    start = 0
    for one in attributes:
        part = array[:, start : start + one.channels]
        start += one.channels
        columns[one.name] = _decoded(part, one)
    return pd.DataFrame(columns)


def _decoded(part: Float64, one: Attribute) -> Any:
    if one.kind == "token":
        return np.full(len(part), None, dtype=object)  # who it is, nobody can tell
    if one.kind == "category":
        names: list[Any] = [*_values(one.categories), *([None] if one.may_miss else [])]
        chosen = [names[place] for place in part.argmax(axis=1)]
        return pd.Series(chosen, dtype=object).infer_objects()
    numbers = part[:, 0]
    if one.kind == "whole":
        numbers = np.rint(numbers)
    gaps = part[:, 1] > 0.5 if one.may_miss else np.zeros(len(part), bool)
    if one.kind == "whole" and not gaps.any():
        return numbers.astype(np.int64)
    return np.where(gaps, np.nan, numbers)


def _values(categories: Sequence[str]) -> list[Any]:
    """Return categories as what their names stand for: numbers, yes and no, or texts."""
    if set(categories) <= {"True", "False"}:
        return [name == "True" for name in categories]
    numbers = pd.to_numeric(pd.Series(list(categories)), errors="coerce")
    return list(categories) if numbers.isna().any() else numbers.tolist()
