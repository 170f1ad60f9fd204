"""A folder with one .npz a patient: ``image`` (n, H, W[, C]), perhaps ``mask`` and ``slice_index``.

Every slice is a case of its patient.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cancergan.cohort.account import FOREIGN, Account
from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.folders import files_within
from cancergan.cohort.formats import require_content
from cancergan.cohort.npz import member, member_header, member_names
from cancergan.cohort.pixels import AnyArray, Header, Pixels, narrow, whole_numbers
from cancergan.cohort.tables_on_disk import read_csv
from cancergan.core.errors import BadInputError

LAYOUT = "one .npz a patient (image, mask, slice_index)"
_PATIENTS = "patients.csv"


@dataclass(frozen=True)
class SliceSource:
    """One slice of a patient's archive."""

    path: Path
    index: int
    has_mask: bool

    def header(self) -> Header:
        """Return shape and data type from the header of the array."""
        shape, dtype = member_header(self.path, "image")
        spatial = shape[1:3]
        return Header((shape[3] if len(shape) == 4 else 1, *spatial), dtype, (1.0, 1.0))

    def pixels(self) -> Pixels:
        """Return the slice, and its mask where there is one."""
        stored = member(self.path, "image")[self.index]
        image = np.moveaxis(stored, -1, 0) if stored.ndim == 3 else stored[None]
        return Pixels(narrow(np.ascontiguousarray(image)), self._mask(), (1.0, 1.0))

    def _mask(self) -> AnyArray | None:
        return whole_numbers(member(self.path, "mask")[self.index]) if self.has_mask else None


def detects(path: Path) -> bool:
    """Say whether the path is such an archive, or a folder of archives whose first is one."""
    found = _archives(path)
    return bool(found) and found[0].stat().st_size > 0 and "image" in member_names(found[0])


def read(path: Path) -> Contents:
    """Return a case for each slice; ``patients.csv`` beside the archives gives further columns.

    Raises:
        BadInputError: an archive of another layout, or arrays that do not fit together.
    """
    archives, known = _archives(path), _patients(path)
    require_content(archives)
    tables, sources = [], []
    for archive in archives:
        table, own = _slices(archive)
        table["patient_id"] = _patient(archive.stem, known)
        tables.append(table)
        sources += own
    table = pd.concat(tables, ignore_index=True)
    if known is not None:
        more = known.drop_duplicates("patient").rename(columns={"patient": "patient_id"})
        table = table.merge(more, on="patient_id", how="left")
    account = _account(path, archives, known is not None)
    return contents_of(table, sources, origin=str(path), provenance={"account": account.to_json()})


def _archives(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.suffix.lower() == ".npz" else []
    return sorted(p for p in path.glob("*.npz") if not p.name.startswith("."))


def _slices(archive: Path) -> tuple[pd.DataFrame, list[SliceSource]]:
    names = member_names(archive)
    if "image" not in names:
        raise BadInputError(f"{archive}: has no array `image`, but {', '.join(names)}. Rename it.")
    shape = member_header(archive, "image")[0]
    if len(shape) not in (3, 4):
        raise BadInputError(
            f"{archive}: image has shape {shape}. Needed: (slices, rows, columns[, channels])."
        )
    count, has_mask = shape[0], "mask" in names
    if has_mask and member_header(archive, "mask")[0] != shape[:3]:
        mask = member_header(archive, "mask")[0]
        raise BadInputError(f"{archive}: image has shape {shape}, its mask {mask}.")
    numbers = np.arange(count)
    if "slice_index" in names:
        numbers = np.asarray(member(archive, "slice_index"))
        if numbers.shape != (count,) or numbers.dtype.kind not in "iu":
            raise BadInputError(f"{archive}: slice_index must hold {count} whole numbers.")
    table = pd.DataFrame({"case_id": [f"{archive.stem}_{n:03d}" for n in numbers]})
    table["slice_index"] = numbers
    return table, [SliceSource(archive, index, has_mask) for index in range(count)]


def _patients(path: Path) -> pd.DataFrame | None:
    table = (path if path.is_dir() else path.parent) / _PATIENTS
    if not table.is_file():
        return None
    known = read_csv(table)
    return known if "patient" in known else None


def _patient(stem: str, known: pd.DataFrame | None) -> str:
    """Return the patient of an archive: the longest listed one that its name begins with."""
    listed = [] if known is None else [str(name) for name in known["patient"].dropna()]
    fitting = [name for name in listed if stem == name or stem.startswith(f"{name}_")]
    return max(fitting, key=len, default=stem)


def _account(path: Path, archives: list[Path], with_patients: bool) -> Account:
    taken = {"archives of slices": len(archives)}
    if path.is_file():
        return Account(taken)
    used = {*archives, path / _PATIENTS} if with_patients else set(archives)
    others = [str(file.relative_to(path)) for file in files_within(path) if file not in used]
    return Account(taken, tuple((name, FOREIGN) for name in others))
