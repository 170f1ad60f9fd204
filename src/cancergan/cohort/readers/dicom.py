"""Folders of DICOM files as scanners and archives export them: one case for a stack of slices.

Segmentations, structure sets and doses become arrays of the image that they belong to.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pandas as pd

from cancergan.cohort.account import Account
from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.dicom.attributes import with_timepoints
from cancergan.cohort.dicom.belonging import with_belongings
from cancergan.cohort.dicom.scan import is_dicom, scan
from cancergan.cohort.dicom.series import SeriesImage, images_of
from cancergan.core.errors import BadInputError, CancerganWarning

LAYOUT = "a folder of DICOM files"
_FILES_TO_TRY = 1000


def detects(path: Path) -> bool:
    """Say whether the path is a DICOM file, or a folder with one among its first files."""
    candidates = [path] if path.is_file() else islice(path.rglob("*"), _FILES_TO_TRY)
    return any(map(is_dicom, candidates))


def read(path: Path) -> Contents:
    """Return a case for every stack of slices, and the account in ``provenance``.

    Raises:
        BadInputError: a file is damaged, or nothing makes a case.
    """
    found = scan(path.parent if path.name == "DICOMDIR" else path)
    images = images_of(found)
    if not images:
        left = Account(left_out=found.left_out).summary() or "there is none"
        raise BadInputError(f"{path}: no DICOM image can be used ({left}).")
    sources = with_belongings(images, found)
    table = _table(images)
    account = Account(
        found.taken(), tuple(found.left_out), (*found.notes, *_notes(table["case_id"], images))
    )
    _warn(path, account)
    provenance: dict[str, object] = {"account": account.to_json()}
    if codes := sources[0].codes:
        provenance["structures"] = list(codes)
    return contents_of(table, sources, origin=str(path), provenance=provenance)


def _table(images: Sequence[SeriesImage]) -> pd.DataFrame:
    rows = [{**one.speaker.attributes, "part": one.part or None} for one in images]
    table = with_timepoints(pd.DataFrame(rows)).dropna(axis="columns", how="all")
    table.insert(0, "case_id", _case_ids(table["patient_id"]))
    return table


def _case_ids(patients: pd.Series[str]) -> list[str]:
    """Return the patient's id, numbered where a patient has several cases."""
    several, number = patients.duplicated(keep=False), patients.groupby(patients).cumcount() + 1
    return [f"{p}_{n}" if s else p for p, s, n in zip(patients, several, number, strict=True)]


def _notes(case_ids: pd.Series[str], images: Sequence[SeriesImage]) -> Iterator[tuple[str, str]]:
    for case_id, one in zip(case_ids, images, strict=True):
        yield from ((case_id, note) for note in one.image.notes)


def _warn(path: Path, account: Account) -> None:
    if said := account.summary():
        warnings.warn(f"{path}: {said}", CancerganWarning, stacklevel=3)
    if account.notes:
        about, note = account.notes[0]
        more = f" ({len(account.notes) - 1} more notes)" if len(account.notes) > 1 else ""
        warnings.warn(f"{path}: {about}: {note}{more}", CancerganWarning, stacklevel=3)
