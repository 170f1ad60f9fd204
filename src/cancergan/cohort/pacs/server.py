"""What a PACS offers, whichever protocol it speaks: store, search, retrieve."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cancergan.core.errors import BadInputError

if TYPE_CHECKING:
    from pydicom import Dataset

Keep = Callable[["Dataset"], object]


@dataclass(frozen=True)
class Query:
    """Which series are wanted; empty fields match everything, ``*`` and ``?`` are wildcards."""

    patient_id: str = ""
    study: str = ""
    series: str = ""
    modality: str = ""
    accession: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it matches every series of the server."""
        return not any((self.patient_id, self.study, self.series, self.modality, self.accession))


@dataclass(frozen=True)
class FoundSeries:
    """A series that a server has. ``instances`` is 0 where the server does not say."""

    patient_id: str
    study: str
    series: str
    modality: str
    description: str
    instances: int


class Server(Protocol):
    """A PACS that answers."""

    @property
    def address(self) -> str:
        """The address as messages name it."""

    def store(self, files: Sequence[Path]) -> Mapping[Path, str]:
        """Send DICOM files; return those that the server did not take, each with its reason.

        Raises:
            PacsError: nothing more can be sent (refused, timed out, rejected).
        """

    def search(self, query: Query) -> list[FoundSeries]:
        """Return the series that match, ordered by patient, study and series."""

    def retrieve(self, series: FoundSeries, keep: Keep) -> None:
        """Hand every instance of a series to ``keep``, with its file meta information."""


def connect(
    *,
    url: str | None = None,
    host: str | None = None,
    port: int | None = None,
    called: str = "ANY-SCP",
    calling: str = "CANCERGAN",
    seconds: float = 30.0,
    move_port: int | None = None,
) -> Server:
    """Return the server at a DICOMweb ``url``, or at the DIMSE ``host`` and ``port``.

    ``called`` and ``calling`` are the application entity titles of server and ourselves;
    ``seconds`` is how long to wait for an answer. With a ``move_port``, series are retrieved by
    C-MOVE to that port of ours instead of C-GET: the server must know it under ``calling``.

    Raises:
        BadInputError: neither or both ways are given, or an address that is none.
        MissingExtraError: the extra ``pacs`` is not installed.
    """
    if (url is None) == (host is None):
        raise BadInputError("give either --url (DICOMweb) or --host and --port (DIMSE).")
    if url is not None:
        from cancergan.cohort.pacs.dicomweb import DicomWebServer

        return DicomWebServer(url, seconds=seconds)
    if host is None or port is None:
        raise BadInputError("--port is missing: give the DICOM port of the server, such as 4242.")
    from cancergan.cohort.pacs.dimse import DimseServer

    return DimseServer(
        host, port, called=called, calling=calling, seconds=seconds, move_port=move_port
    )
