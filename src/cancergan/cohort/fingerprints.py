"""What identifies a cohort: its table and its float32 pixels, whatever the folder or format."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cancergan.cohort.case import Case
from cancergan.cohort.table import PATH_COLUMNS, array_columns
from cancergan.core.provenance import fingerprint

if TYPE_CHECKING:
    from cancergan.cohort.cohort import Cohort


def case_fingerprint(case: Case) -> str:
    """Return the fingerprint of the pixels of one case: image, mask and further arrays."""
    parts: list[object] = [array for array in (case.image, case.mask) if array is not None]
    for name in sorted(case.arrays):
        parts += [name, case.arrays[name]]
    return fingerprint(*parts)


def row_fingerprint(case: Case) -> str:
    """Return the fingerprint of what a table says of a case, but not of its name and its part."""
    said = {name: _plain(value) for name, value in sorted(case.attributes.items())}
    for name in ("patient_id", "split"):
        said.pop(name, None)
    return fingerprint(said)


def cohort_fingerprint(table: pd.DataFrame, cases: Iterable[Case]) -> str:
    """Return the fingerprint of a table and its cases, in their order.

    Paths to files do not count, nor do columns without any value; the order of the columns neither.
    """
    return fingerprint(_columns(table), [case_fingerprint(case) for case in cases])


def table_fingerprint(table: pd.DataFrame) -> str:
    """Return the fingerprint of a table alone."""
    return fingerprint(_columns(table))


def _columns(table: pd.DataFrame) -> dict[str, list[object]]:
    paths = (*PATH_COLUMNS, *array_columns(table))
    columns = {
        str(name): [_plain(value) for value in table[name]]
        for name in table.columns
        if name not in paths
    }
    return {name: values for name, values in columns.items() if any(v is not None for v in values)}


def source_fingerprint(cohort: Cohort) -> str:
    """Return what identifies a cohort without reading its files: quick, and good on one machine.

    The table, and of each case where its pixels come from: path, size and time of change of files;
    the pixels themselves only where they are in memory already.
    """
    digest = hashlib.sha256(table_fingerprint(cohort.table).encode())
    for index in range(len(cohort) if cohort.has_images else 0):
        digest.update(repr(_stamp(cohort.source(index))).encode())
    return digest.hexdigest()[:16]


def _stamp(part: object) -> object:
    """Return what identifies a part of a source, and of all the parts that it is made of."""
    if isinstance(part, Path):
        state = part.stat() if part.exists() else None
        return str(part), *(() if state is None else (state.st_size, state.st_mtime_ns))
    if isinstance(part, np.ndarray):
        return fingerprint(part)
    if isinstance(part, tuple | list):
        return [_stamp(item) for item in part]
    if is_dataclass(part) and not isinstance(part, type):
        return [type(part).__name__, *(_stamp(getattr(part, f.name)) for f in fields(part))]
    return part


def _plain(value: object) -> object:
    """Return a value as a text file would keep it: 3 and 3.0 are equal, nothing is None."""
    if value is None or value == "" or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | float | np.integer | np.floating):
        number = float(value)
        return None if math.isnan(number) else number
    return str(value)
