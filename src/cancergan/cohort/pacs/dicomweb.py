"""A server that speaks DICOMweb: STOW-RS to store, QIDO-RS to search, WADO-RS to retrieve."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cancergan.cohort.pacs.errors import PacsError, http_errors
from cancergan.cohort.pacs.server import FoundSeries, Keep, Query
from cancergan.core.errors import BadInputError, CancerganWarning, MissingExtraError

if TYPE_CHECKING:
    from dicomweb_client.api import DICOMwebClient
    from requests import PreparedRequest, Response, Session
    from requests.adapters import HTTPAdapter

# Files of one request together, so that a server need not hold a whole cohort in memory.
_BYTES_AT_ONCE = 32 * 2**20
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class DicomWebServer:
    """A DICOMweb server; credentials come from the environment, never from the command line.

    ``CANCERGAN_PACS_USER`` and ``CANCERGAN_PACS_PASSWORD`` (basic), or ``CANCERGAN_PACS_TOKEN``
    (bearer). Certificates are checked; ``REQUESTS_CA_BUNDLE`` names those of a hospital.
    """

    def __init__(self, url: str, *, seconds: float) -> None:
        self._url = _checked(url)
        self._client = _client(self._url, seconds)

    @property
    def address(self) -> str:
        """The URL."""
        return self._url

    def store(self, files: Sequence[Path]) -> Mapping[Path, str]:
        """Send files in requests of bounded size."""
        from pydicom import dcmread

        failed: dict[Path, str] = {}
        for portion in _portions(files):
            by_uid = {}
            datasets = []
            for file in portion:
                datasets.append(dcmread(file))
                by_uid[str(datasets[-1].SOPInstanceUID)] = file
            with http_errors(self._url):
                answer = self._client.store_instances(datasets)
            for item in answer.get("FailedSOPSequence") or ():
                uid, code = str(item.get("ReferencedSOPInstanceUID", "")), item.get("FailureReason")
                if uid in by_uid:
                    failed[by_uid[uid]] = f"failure reason {int(code or 0):04X}"
        return failed

    def search(self, query: Query) -> list[FoundSeries]:
        """Search on the level of series."""
        filters = {
            "PatientID": query.patient_id, "StudyInstanceUID": query.study,
            "SeriesInstanceUID": query.series, "Modality": query.modality,
            "AccessionNumber": query.accession,
        }  # fmt: skip
        with http_errors(self._url), _sound_answer(self._url):
            answers = self._client.search_for_series(
                search_filters={name: value for name, value in filters.items() if value},
                fields=["PatientID", "SeriesDescription", "NumberOfSeriesRelatedInstances"],
                get_remaining=True,
            )
            found = [_found(answer) for answer in answers]
        return sorted(found, key=lambda one: (one.patient_id, one.study, one.series))

    def retrieve(self, series: FoundSeries, keep: Keep) -> None:
        """Stream the instances of a series in the transfer syntax that they are stored in."""
        with http_errors(self._url), _sound_answer(self._url):
            for dataset in self._client.iter_series(
                series.study, series.series, media_types=(("application/dicom", "*"),)
            ):
                keep(dataset)


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInputError(f'--url "{url}": needed is http://host:port/path or https://...')
    if parts.username or parts.password:
        raise BadInputError(
            "--url: holds a password, which other users of this computer could read. "
            "Set CANCERGAN_PACS_USER and CANCERGAN_PACS_PASSWORD instead."
        )
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        account = f"{url}: is not encrypted; anyone on the way can read what is sent. Use https."
        warnings.warn(account, CancerganWarning, stacklevel=2)
    return url.rstrip("/")


def _client(url: str, seconds: float) -> DICOMwebClient:
    try:
        from dicomweb_client.api import DICOMwebClient
    except ModuleNotFoundError:
        raise MissingExtraError("dicomweb-client", "pacs") from None
    client = DICOMwebClient(url, session=_session(), timeout=seconds)
    client.set_http_retry_params(retry=False)
    return client


def _session() -> Session:
    from requests import Session

    session = Session()
    session.mount("http://", _adapter())
    session.mount("https://", _adapter())
    user, password = (os.environ.get(f"CANCERGAN_PACS_{name}") for name in ("USER", "PASSWORD"))
    if user is not None:
        session.auth = (user, password or "")
    if token := os.environ.get("CANCERGAN_PACS_TOKEN"):
        session.headers["Authorization"] = f"Bearer {token}"
    return session


def _adapter() -> HTTPAdapter:
    """Return an adapter that sends the wildcard as it is: Orthanc 1.10 does not decode %2A."""
    from requests.adapters import HTTPAdapter

    class Wildcards(HTTPAdapter):
        def send(self, request: PreparedRequest, *args: Any, **more: Any) -> Response:
            request.url = (request.url or "").replace("%2A", "*")
            return super().send(request, *args, **more)

    return Wildcards()


@contextmanager
def _sound_answer(url: str) -> Iterator[None]:
    """Turn an answer that is no DICOMweb (a login page, cut-off files) into a PacsError."""
    from pydicom.errors import InvalidDicomError

    try:
        yield
    except (ValueError, KeyError, InvalidDicomError, EOFError) as error:
        told = " ".join(str(error).split())[:200]
        raise PacsError(f"{url}: answered, but not as DICOMweb does ({told}).") from None


def _portions(files: Sequence[Path]) -> Iterator[list[Path]]:
    portion: list[Path] = []
    size = 0
    for file in files:
        more = file.stat().st_size
        if portion and size + more > _BYTES_AT_ONCE:
            yield portion
            portion, size = [], 0
        portion.append(file)
        size += more
    if portion:
        yield portion


def _found(answer: Mapping[str, Any]) -> FoundSeries:
    from pydicom import Dataset

    held = Dataset.from_json(dict(answer))
    return FoundSeries(
        patient_id=str(held.get("PatientID") or ""),
        study=str(held.StudyInstanceUID),
        series=str(held.SeriesInstanceUID),
        modality=str(held.get("Modality") or ""),
        description=str(held.get("SeriesDescription") or ""),
        instances=int(held.get("NumberOfSeriesRelatedInstances") or 0),
    )
