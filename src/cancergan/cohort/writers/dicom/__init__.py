"""DICOM files marked as derived: new identifiers, an invented patient, nothing of a real one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cancergan.cohort.contents import Contents
from cancergan.cohort.edits import COLUMN, refuse_under_a_patient
from cancergan.cohort.pixels import Pixels
from cancergan.cohort.writers.dicom.identity import Identity, identity_of
from cancergan.cohort.writers.dicom.images import images_of
from cancergan.cohort.writers.dicom.masks import segmentation_of
from cancergan.core.errors import BadInputError, CancerganWarning
from cancergan.core.files import whole_folder


@dataclass(frozen=True)
class WrittenCase:
    """The files of one case, its planes first and its segmentation last.

    ``error`` is by how much grey or colour was rounded; ``left_out`` names its further arrays.
    """

    case_id: str
    files: tuple[Path, ...]
    error: float
    left_out: tuple[str, ...] = ()


def write(contents: Contents, path: Path) -> None:
    """Write a folder per patient and case with one file per plane, and one for the mask.

    The plane is cut along the third axis of a volume. CT and MR (column ``modality``) become such
    images, all else secondary captures. Only ``label`` and ``modality`` of the table are written.

    Raises:
        BadInputError: no images, pixels or an affine that DICOM cannot hold; names the case.
    """
    with whole_folder(path) as folder:
        written = list(write_cases(contents, folder))
    rounded = [case.error for case in written if case.error]
    if rounded:
        account = (
            f"{path}: grey or colour of {len(rounded)} of {len(written)} cases is rounded to what "
            f"DICOM stores, by up to {max(rounded):.3g}. nifti keeps it exactly."
        )
        warnings.warn(account, CancerganWarning, stacklevel=2)
    for column in sorted({name for case in written for name in case.left_out}):
        account = f"{path}: {column} is left out; only the native format keeps further arrays."
        warnings.warn(account, CancerganWarning, stacklevel=2)


def write_cases(contents: Contents, folder: Path) -> Iterator[WrittenCase]:
    """Write case by case into a folder, yielding each with its files."""
    refuse_under_a_patient(contents)
    identity = identity_of(contents)
    for index, case_id in enumerate(contents.case_ids):
        target = folder / identity.patient_id(index) / f"{index + 1:06d}"
        target.mkdir(parents=True)
        pixels = contents.pixels(index)
        try:
            files, error = _write_case(contents, pixels, identity, index, target)
        except BadInputError as refusal:
            raise BadInputError(f'case "{case_id}": {refusal}') from None
        yield WrittenCase(case_id, files, error, tuple(pixels.arrays))


def _write_case(
    contents: Contents, pixels: Pixels, identity: Identity, index: int, target: Path
) -> tuple[tuple[Path, ...], float]:
    row = contents.table.iloc[index]
    images, error = images_of(
        pixels, identity, index, label=_text(row.get("label")), modality=_text(row.get("modality")),
        edit=_text(row.get(COLUMN)),
    )  # fmt: skip
    named = {f"{number:04d}.dcm": image for number, image in enumerate(images, start=1)}
    if pixels.mask is not None:
        mask = segmentation_of(pixels.mask, images, identity, index)
        named |= {} if mask is None else {"mask.dcm": mask}
    for name, dataset in named.items():
        dataset.save_as(target / name, enforce_file_format=True)
    return tuple(target / name for name in named), error


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]
