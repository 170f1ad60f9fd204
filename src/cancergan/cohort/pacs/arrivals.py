"""A folder that DICOM instances arrive in, from a network that is not to be trusted."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from cancergan.cohort.pacs.errors import PacsError
from cancergan.core.errors import BadInputError
from cancergan.core.files import whole_file

if TYPE_CHECKING:
    from pydicom import Dataset

_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")
GIBIBYTE = 2**30


class ArrivalRefusedError(PacsError):
    """An instance was not kept; ``status`` is what DIMSE answers (PS3.7, annex C)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Arrivals:
    """Keeps instances as ``study/series/instance.dcm``: named by identifiers, never by a patient.

    A file appears whole or not at all. Limits are per file and for all that arrives; an instance
    that is there already is kept as it was.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        largest: int = GIBIBYTE,
        most: int = 200 * GIBIBYTE,
    ) -> None:
        self.folder, self.largest, self.most = Path(folder), largest, most
        self._lock, self._bytes, self._files = Lock(), 0, 0

    def __len__(self) -> int:
        return self._files

    def keep_dataset(self, dataset: Dataset) -> Path:
        """Keep a data set with its file meta information; see ``keep``."""
        content = BytesIO()
        dataset.save_as(content, enforce_file_format=True)
        return self.keep(content.getvalue())

    def keep(self, content: bytes) -> Path:
        """Keep the bytes of a DICOM file and return where.

        Raises:
            ArrivalRefusedError: too large, no DICOM, identifiers that are none, or another instance
                with the same identifier.
        """
        self._check_size(len(content))
        path = self.folder.joinpath(*_names(content))
        with self._lock:
            self._check_size(len(content))
            if not path.exists():
                with whole_file(path) as temporary:
                    temporary.write_bytes(content)
                self._bytes += len(content)
            elif path.read_bytes() != content:
                raise ArrivalRefusedError(
                    f"{path.name}: is there already with other content. The first one was kept.",
                    0x0111,
                )
            self._files += 1
        return path

    def _check_size(self, size: int) -> None:
        if size > self.largest:
            told = f"a file of {size / 2**20:.0f} MiB is above the limit of"
            raise ArrivalRefusedError(f"{told} {self.largest / 2**20:.0f} MiB.", 0xA700)
        if self._bytes + size > self.most:
            told = f"{self.folder}: full, with the limit of {self.most / GIBIBYTE:.1f} GiB."
            raise ArrivalRefusedError(told, 0xA700)


def _names(content: bytes) -> tuple[str, str, str]:
    """Return folder, folder and file name of an instance, all made of checked identifiers."""
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    tags = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]
    try:
        head = dcmread(BytesIO(content), stop_before_pixels=True, specific_tags=list(tags))
        study, series, instance = (str(head.get(tag) or "") for tag in tags)
    except (InvalidDicomError, ValueError, EOFError, OSError, NotImplementedError) as error:
        told = " ".join(str(error).split())
        raise ArrivalRefusedError(f"not a DICOM file ({told}).", 0xC000) from None
    for name, uid in zip(tags, (study, series, instance), strict=True):
        if len(uid) > 64 or not _UID.fullmatch(uid):
            raise ArrivalRefusedError(f"{name} {uid[:70]!r} is not an identifier.", 0xA900)
    return study, series, f"{instance}.dcm"


def check_free(folder: Path) -> None:
    """Refuse a folder that holds something already.

    Raises:
        BadInputError: it is not empty, or no folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInputError(f"{folder}: exists already and is not empty. Choose another folder.")
