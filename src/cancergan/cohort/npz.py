"""Archives of arrays (.npz) as MedMNIST lays them out; one array is read at a time."""

from __future__ import annotations

import math
import zipfile
import zlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort.case import Float64
from cancergan.cohort.damage import HEADER_DAMAGE, readable
from cancergan.cohort.limits import refuse_excess
from cancergan.cohort.pixels import AnyArray, Header, Pixels, narrow, whole_numbers

TABLE, RECORD = "cohort_table", "cohort_record"
_PART_OF_SPLIT = {"validation": "val"}
_SPLIT_OF_PART = {"val": "validation"}


def split_of_part(part: str) -> str:
    """Return the name of a split for the prefix of its arrays ("val" is validation)."""
    return _SPLIT_OF_PART.get(part, part)


def places(table: pd.DataFrame) -> list[tuple[str, int]]:
    """Return for every row the prefix of its arrays and its index in them.

    A table without splits lies in ``train_images`` as a whole.
    """
    parts, indices = place_columns(table)
    return list(zip(parts.tolist(), indices.tolist(), strict=True))


def place_columns(
    table: pd.DataFrame,
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """Return the same as two arrays, which for a million rows is much quicker."""
    if "split" not in table:
        return np.full(len(table), "train", dtype=object), np.arange(len(table))
    codes, splits = pd.factorize(table["split"].fillna("unassigned").astype(str))
    names = np.array([_PART_OF_SPLIT.get(split, split) for split in splits], dtype=object)
    indices = np.asarray(pd.Series(codes).groupby(codes).cumcount(), dtype=np.int64)
    return names[codes], indices


@dataclass(frozen=True)
class ArchiveSource:
    """One case of an archive.

    ``channels_last`` says whether its images are (n, *spatial, C) rather than (n, *spatial).
    """

    path: Path
    part: str
    index: int
    channels_last: bool
    has_mask: bool
    spacing: tuple[float, ...] | None = None
    affine: Float64 | None = None

    def header(self) -> Header:
        """Return shape and data type from the header of the array."""
        stored, dtype = member_header(self.path, f"{self.part}_images")
        shape = (stored[-1], *stored[1:-1]) if self.channels_last else (1, *stored[1:])
        return Header(shape, dtype, self.spacing or (1.0,) * (len(shape) - 1))

    def pixels(self) -> Pixels:
        """Return the case's part of the arrays."""
        stored = member(self.path, f"{self.part}_images")[self.index]
        image = np.moveaxis(stored, -1, 0) if self.channels_last else stored[None]
        spacing = self.spacing or (1.0,) * (image.ndim - 1)
        return Pixels(narrow(np.ascontiguousarray(image)), self._mask(), spacing, self.affine)

    def _mask(self) -> AnyArray | None:
        if not self.has_mask:
            return None
        return whole_numbers(member(self.path, f"{self.part}_masks")[self.index])


def member_names(path: Path) -> list[str]:
    """Return the names of the arrays in an archive."""
    with _readable(path), zipfile.ZipFile(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist()]


def member_header(path: Path, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and data type of an array without reading its data."""
    return _header(path, name, path.stat().st_mtime_ns)


def member(path: Path, name: str) -> AnyArray:
    """Return an array; the last few are kept, since their cases are asked for one by one."""
    return _loaded(path, name, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _header(path: Path, name: str, modified: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
    with _readable(path), zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
        old = np.lib.format.read_magic(file) == (1, 0)
        formats = np.lib.format
        read = formats.read_array_header_1_0 if old else formats.read_array_header_2_0
        shape, _, dtype = read(file)
        return shape, dtype


@lru_cache(maxsize=8)
def _loaded(path: Path, name: str, modified: int) -> AnyArray:
    shape, dtype = member_header(path, name)
    with _readable(path), zipfile.ZipFile(path) as archive:
        packed = archive.getinfo(f"{name}.npy")
        needed = math.prod(shape) * dtype.itemsize
        if min(packed.file_size, packed.compress_size * 1032) < needed:
            raise ValueError(f"{name} declares {needed:,} bytes and holds fewer")
        refuse_excess(shape[1:] or (1,), path)
    with _readable(path), np.load(path, allow_pickle=False) as loaded:
        array: AnyArray = loaded[name]
        return array


def _readable(path: Path) -> AbstractContextManager[None]:
    damage = (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, RuntimeError)
    return readable(path, *damage, *HEADER_DAMAGE)
