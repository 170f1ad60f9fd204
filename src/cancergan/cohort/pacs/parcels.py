"""What is to be sent: DICOM files by case, and none of a patient who can be recognised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cancergan.cohort import readers
from cancergan.cohort.damage import readable
from cancergan.cohort.writers.dicom import write_cases
from cancergan.core.errors import BadInputError

if TYPE_CHECKING:
    from pydicom import Dataset

_TAGS = [
    "SeriesInstanceUID", "PatientIdentityRemoved", "ContentQualification", "ImageType",
    "ContributingEquipmentSequence",
]  # fmt: skip

_FILES_TO_TRY = 1000


@dataclass(frozen=True)
class Parcel:
    """The files of one case, under the name that accounts use."""

    name: str
    files: tuple[Path, ...]


@contextmanager
def parcels_of(path: str | Path, *, identified: bool = False) -> Iterator[list[Parcel]]:
    """Yield what a cohort sends: its own DICOM files as they are, else DICOM made for the purpose.

    ``identified`` lets files pass that do not say that their patient's identity is removed.

    Raises:
        BadInputError: nothing there, damage, or files of patients who can be recognised.
    """
    path = Path(path)
    if _holds_dicom(path):
        yield _existing(path, identified=identified)
        return
    with TemporaryDirectory(prefix="cancergan-push-") as scratch:
        written = write_cases(readers.read(path), Path(scratch))
        yield [Parcel(case.case_id, case.files) for case in written]


def is_anonymous(header: Dataset) -> bool:
    """Say whether a file itself says that it shows no patient who can be recognised."""
    if header.get("PatientIdentityRemoved") == "YES":
        return True
    equipment = header.get("ContributingEquipmentSequence") or ()
    ours = any(item.get("Manufacturer") == "cancergan" for item in equipment)
    return ours and header.get("ContentQualification") == "RESEARCH"


def _existing(path: Path, *, identified: bool) -> list[Parcel]:
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    series: dict[str, list[Path]] = defaultdict(list)
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    for file in filter(_is_dicom, files):
        with readable(file, InvalidDicomError, ValueError, EOFError, OSError):
            header = dcmread(file, stop_before_pixels=True, specific_tags=list(_TAGS))
        if not identified and not is_anonymous(header):
            raise BadInputError(
                f"{file}: does not say that its patient's identity is removed. De-identify it "
                "first (cancergan deidentify), or send it all the same with --identified."
            )
        series[str(header.get("SeriesInstanceUID", file))].append(file)
    root = path.parent if path.is_file() else path
    return [
        Parcel(str(found[0].relative_to(root).with_suffix("")), tuple(found))
        for found in series.values()
    ]


def _holds_dicom(path: Path) -> bool:
    """Say whether the path is a DICOM file, or has one among its first files."""
    candidates = [path] if path.is_file() else islice(path.rglob("*"), _FILES_TO_TRY)
    return any(map(_is_dicom, candidates))


def _is_dicom(path: Path) -> bool:
    if path.name.startswith(".") or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"
