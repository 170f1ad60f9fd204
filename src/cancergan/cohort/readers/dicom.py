"""Folders of DICOM files in any order: one case per series, attributes from its headers."""

from __future__ import annotations

import warnings
from collections import defaultdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.dicom_series import (
    DicomSource,
    UnusableSeriesError,
    read_dataset,
    sources_of_series,
)
from cancergan.core.errors import BadInputError, CancerganWarning

if TYPE_CHECKING:
    from pydicom import Dataset

LAYOUT = "a folder of DICOM files"
_NO_IMAGES = {"SEG", "RTSTRUCT", "RTDOSE", "RTPLAN", "RTRECORD", "SR", "PR", "KO", "REG", "DOC"}
_SEXES = {"M": "male", "F": "female", "O": "other"}
_YEARS_PER_UNIT = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
_FILES_TO_TRY = 1000


def detects(path: Path) -> bool:
    """Say whether the path is a DICOM file, or a folder with one among its first files."""
    candidates = [path] if path.is_file() else islice(path.rglob("*"), _FILES_TO_TRY)
    return any(map(_is_dicom, candidates))


def read(path: Path) -> Contents:
    """Return a case per sound series; what was left out and why is in ``provenance["skipped"]``.

    Raises:
        BadInputError: a file is damaged, or no series makes a case.
    """
    series, skipped = _grouped(path)
    rows: list[dict[str, object]] = []
    sources: list[DicomSource] = []
    for members in series.values():
        try:
            found = sources_of_series([file for file, _ in members], [head for _, head in members])
        except UnusableSeriesError as error:
            skipped.append({"file": _relative(members[0][0], path), "reason": str(error)})
            continue
        sources += found
        rows += [_attributes(members[0][1])] * len(found)
    if not sources:
        raise BadInputError(f"{path}: no DICOM image can be used: {_in_words(skipped)}.")
    if skipped:
        account = f"{path}: left out {len(skipped)}: {_in_words(skipped)}"
        warnings.warn(account, CancerganWarning, stacklevel=2)
    table = pd.DataFrame(rows).dropna(axis="columns", how="all")
    table.insert(0, "case_id", _case_ids(table["patient_id"]))
    provenance = {"skipped": skipped} if skipped else {}
    return contents_of(table, sources, origin=str(path), provenance=provenance)


def _is_dicom(path: Path) -> bool:
    if path.suffix.lower() in (".dcm", ".dicom"):
        return path.is_file()
    if path.suffix or path.name.startswith(".") or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _grouped(
    path: Path,
) -> tuple[dict[str, list[tuple[Path, Dataset]]], list[dict[str, str]]]:
    """Return files and headers by series, ordered by patient, and what is no image."""
    series: dict[str, list[tuple[Path, Dataset]]] = defaultdict(list)
    skipped: list[dict[str, str]] = []
    for file in [path] if path.is_file() else sorted(filter(_is_dicom, path.rglob("*"))):
        header = read_dataset(file, pixels=False)
        if reason := _reason_to_skip(header):
            skipped.append({"file": _relative(file, path), "reason": reason})
        else:
            series[str(header.get("SeriesInstanceUID", file))].append((file, header))

    def by_patient(uid: str) -> tuple[str, str]:
        return _patient(series[uid][0][1]), uid

    return {uid: series[uid] for uid in sorted(series, key=by_patient)}, skipped


def _relative(file: Path, root: Path) -> str:
    return file.name if file == root else str(file.relative_to(root))


def _reason_to_skip(header: Dataset) -> str | None:
    modality = header.get("Modality", "")
    if modality in _NO_IMAGES:
        return f"{modality} object, not an image"
    if "Rows" not in header:
        return "no pixels"
    if int(header.get("NumberOfFrames") or 1) > 1:
        return "multi-frame object, not supported"
    return None


def _attributes(header: Dataset) -> dict[str, object]:
    scanner = f"{header.get('Manufacturer') or ''} {header.get('ManufacturerModelName') or ''}"
    return {
        "patient_id": _patient(header),
        "sex": _SEXES.get(str(header.get("PatientSex") or "")),
        "age": _age(str(header.get("PatientAge") or "")),
        "scanner": scanner.strip() or None,
        "modality": header.get("Modality") or None,
        "series_description": header.get("SeriesDescription") or None,
    }


def _patient(header: Dataset) -> str:
    """The patient, or where the file is anonymous what comes nearest: its study or series."""
    for tag in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID"):
        if header.get(tag):
            return str(header.get(tag))
    return "unknown"


def _age(text: str) -> float | None:
    """Return years for DICOM's age string ("063Y", "006M")."""
    if len(text) == 4 and text[:3].isdecimal() and text[3] in _YEARS_PER_UNIT:
        return int(text[:3]) * _YEARS_PER_UNIT[text[3]]
    return None


def _case_ids(patients: pd.Series[str]) -> list[str]:
    """Return the patient's id, numbered where a patient has several cases."""
    several, number = patients.duplicated(keep=False), patients.groupby(patients).cumcount() + 1
    return [f"{p}_{n}" if s else p for p, s, n in zip(patients, several, number, strict=True)]


def _in_words(skipped: list[dict[str, str]]) -> str:
    shown = [f"{item['file']} ({item['reason']})" for item in skipped[:3]]
    more = f" and {len(skipped) - 3} more" if len(skipped) > 3 else ""
    return (", ".join(shown) or "there is none") + more
