"""One OpenKBP patient in either form: a folder of sparse CSV files, or an .npz archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from cancergan.cohort.npz import member
from cancergan.cohort.pixels import AnyArray
from cancergan.cohort.readers.sparse_csv import sparse_array, table_named, voxel_sizes
from cancergan.core.errors import BadInputError

SHAPE = (128, 128, 128)
_NO_STRUCTURES = ("ct", "dose", "voxel_dimensions")
_GRAY_PER_STORED = 0.01


class Patient(Protocol):
    """One patient's files in either form."""

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def names(self) -> list[str]:
        """The structures and the region that were drawn."""

    def spacing(self) -> tuple[float, ...]:
        """Return millimetres per voxel."""

    def ct(self) -> AnyArray:
        """Return the CT numbers."""

    def dose(self) -> AnyArray:
        """Return gray, float32."""

    def drawn(self) -> Iterator[tuple[str, AnyArray]]:
        """Yield each structure with its name (bool)."""


@dataclass(frozen=True)
class CsvPatient:
    """A folder of CSV files, as published, perhaps packed (.csv.gz)."""

    path: Path

    @property
    def names(self) -> list[str]:
        """The structures and the region that have a file."""
        found = {file.name.split(".csv")[0] for file in self.path.glob("*.csv*")}
        return sorted(found - set(_NO_STRUCTURES))

    def spacing(self) -> tuple[float, ...]:
        """Return millimetres per voxel."""
        return voxel_sizes(table_named(self.path, "voxel_dimensions"))

    def ct(self) -> AnyArray:
        """Return the CT numbers."""
        return sparse_array(table_named(self.path, "ct"), SHAPE)

    def dose(self) -> AnyArray:
        """Return gray, float32."""
        return sparse_array(table_named(self.path, "dose"), SHAPE).astype(np.float32)

    def drawn(self) -> Iterator[tuple[str, AnyArray]]:
        """Yield each structure with its name (bool)."""
        for name in self.names:
            yield name, sparse_array(table_named(self.path, name), SHAPE) > 0


@dataclass(frozen=True)
class NpzPatient:
    """An archive: ct, dose in hundredths of a gray, structures as bits, rois, voxel_mm."""

    path: Path

    @property
    def names(self) -> list[str]:
        """The structures and the region that some voxel belongs to."""
        used = int(np.bitwise_or.reduce(self._array("structures"), axis=None))
        return [name for bit, name in enumerate(self._rois()) if used >> bit & 1]

    def spacing(self) -> tuple[float, ...]:
        """Return millimetres per voxel."""
        return tuple(float(size) for size in member(self.path, "voxel_mm"))

    def ct(self) -> AnyArray:
        """Return the CT numbers."""
        return self._array("ct")

    def dose(self) -> AnyArray:
        """Return gray, float32."""
        return (self._array("dose") * _GRAY_PER_STORED).astype(np.float32)

    def drawn(self) -> Iterator[tuple[str, AnyArray]]:
        """Yield each structure with its name (bool)."""
        bits = self._array("structures")
        for bit, name in enumerate(self._rois()):
            inside = (bits >> bit & 1).astype(bool)
            if inside.any():
                yield name, inside

    def _rois(self) -> list[str]:
        return [str(name) for name in member(self.path, "rois")]

    def _array(self, name: str) -> AnyArray:
        array = member(self.path, name)
        if array.ndim != 3 or array.dtype.kind not in "iu":
            raise BadInputError(
                f"{self.path}: {name} has shape {array.shape} of {array.dtype}. "
                "Needed: whole numbers on three axes."
            )
        return array
