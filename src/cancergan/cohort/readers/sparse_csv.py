"""Sparse CSV arrays as OpenKBP has them: flat indices in C order, and a value each or none."""

from __future__ import annotations

import math
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from cancergan.cohort.damage import readable
from cancergan.cohort.pixels import AnyArray
from cancergan.core.errors import BadInputError


def table_named(folder: Path, name: str) -> Path:
    """Return the file ``name.csv`` or ``name.csv.gz`` of a folder.

    Raises:
        BadInputError: there is neither.
    """
    for suffix in (".csv", ".csv.gz"):
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return path
    raise BadInputError(f"{folder}: has no {name}.csv. Restore the file.")


def sparse_array(path: Path, shape: tuple[int, ...]) -> AnyArray:
    """Return the array in a file: 0 but where it names a value; 1 where it names only indices.

    Raises:
        BadInputError: no such table, an index outside the array, or one that is there twice.
    """
    table = _table(path)
    array = np.zeros(math.prod(shape), np.float64)
    indices = pd.to_numeric(table.iloc[:, 0], errors="coerce").to_numpy(np.float64)
    inside = (indices >= 0) & (indices < array.size) & (indices == np.floor(indices))
    if not inside.all():
        row = int(np.argmin(inside)) + 1
        raise BadInputError(f"{path}, row {row}: no index within {shape}. Restore the file.")
    values = pd.to_numeric(table.iloc[:, 1], errors="coerce").to_numpy(np.float64)
    if not np.isnan(values).all() and not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values))) + 1
        raise BadInputError(f"{path}, row {row}: no number. Restore the file.")
    if len(np.unique(indices)) < len(indices):
        raise BadInputError(f"{path}: an index is there twice. Restore the file.")
    array[indices.astype(np.int64)] = 1.0 if np.isnan(values).all() else values
    return array.reshape(shape)


def voxel_sizes(path: Path) -> tuple[float, ...]:
    """Return three positive numbers of millimetres, one a line.

    Raises:
        BadInputError: there are others.
    """
    with readable(path, *_DAMAGE):
        sizes = pd.read_csv(path, header=None).iloc[:, 0].to_numpy(np.float64)
    if sizes.shape != (3,) or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise BadInputError(f"{path}: needs three positive numbers of millimetres.")
    return tuple(map(float, sizes))


_DAMAGE = (
    ValueError, OSError, EOFError, zlib.error, pd.errors.ParserError, pd.errors.EmptyDataError,
)  # fmt: skip


def _table(path: Path) -> pd.DataFrame:
    with readable(path, *_DAMAGE):
        table = pd.read_csv(path)
    if table.shape[1] != 2:
        raise BadInputError(f"{path}: has {table.shape[1]} columns, needed are index and value.")
    return table
