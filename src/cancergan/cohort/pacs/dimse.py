"""A server that speaks DIMSE: C-STORE to store, C-FIND to search, C-GET or C-MOVE to retrieve."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cancergan.cohort.pacs.errors import PacsError
from cancergan.cohort.pacs.receiver import listening, storage_entity
from cancergan.cohort.pacs.server import FoundSeries, Keep, Query
from cancergan.core.errors import BadInputError, MissingExtraError

if TYPE_CHECKING:
    from pydicom import Dataset
    from pynetdicom import AE
    from pynetdicom.association import Association

# What the network library would print by itself is told in our own line.
logging.getLogger("pynetdicom").addHandler(logging.NullHandler())
_PENDING, _SUCCESS, _WARNING = 0xFF00, 0x0000, 0xB000


class DimseServer:
    """A server at a host and port. DIMSE knows no passwords: it goes by titles and addresses."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        called: str,
        calling: str,
        seconds: float,
        move_port: int | None = None,
    ) -> None:
        for title in (called, calling):
            if not (title.isascii() and title.isprintable() and 0 < len(title.strip()) <= 16):
                raise BadInputError(f'"{title}" is no application entity title (1 to 16 letters).')
        self._host, self._port, self._called, self._calling = host, port, called, calling
        self._seconds, self._move_port = seconds, move_port

    @property
    def address(self) -> str:
        """Host, port and the title that is called."""
        return f"{self._host}:{self._port} ({self._called})"

    def store(self, files: Sequence[Path]) -> Mapping[Path, str]:
        """Send files over one association, each in the transfer syntax that it is written in."""
        from pydicom import dcmread

        entity = self._entity()
        for sop_class, syntax in sorted({_context(file) for file in files}):
            entity.add_requested_context(sop_class, syntax)
        failed: dict[Path, str] = {}
        with self._associated(entity) as association:
            for file in files:
                try:
                    status = association.send_c_store(dcmread(file))
                except ValueError as refusal:
                    failed[file] = " ".join(str(refusal).split())
                    continue
                if "Status" not in status:
                    raise PacsError(f"{self.address}: the connection broke. Try again.")
                if status.Status != _SUCCESS and status.Status & 0xF000 != _WARNING:
                    failed[file] = f"status {status.Status:04X}"
        return failed

    def search(self, query: Query) -> list[FoundSeries]:
        """Search studies, then the series of each, as servers without relations want it."""
        from pynetdicom.sop_class import (  # type: ignore[attr-defined]
            StudyRootQueryRetrieveInformationModelFind,
        )

        entity, found = self._entity(), []
        entity.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
        with self._associated(entity) as association:

            def ask(**keys: str) -> list[Dataset]:
                return self._answers(association, keys, StudyRootQueryRetrieveInformationModelFind)

            studies = ask(
                QueryRetrieveLevel="STUDY", PatientID=query.patient_id,
                StudyInstanceUID=query.study, AccessionNumber=query.accession,
            )  # fmt: skip
            for study in studies:
                series = ask(
                    QueryRetrieveLevel="SERIES", StudyInstanceUID=str(study.StudyInstanceUID),
                    SeriesInstanceUID=query.series, Modality=query.modality, SeriesDescription="",
                    NumberOfSeriesRelatedInstances="",
                )  # fmt: skip
                found += [_found(study, one) for one in series]
        return sorted(found, key=lambda one: (one.patient_id, one.study, one.series))

    def retrieve(self, series: FoundSeries, keep: Keep) -> None:
        """Let the server send the instances, over the same association or to our move port."""
        from pydicom import Dataset

        wanted = Dataset()
        wanted.QueryRetrieveLevel = "SERIES"
        wanted.StudyInstanceUID, wanted.SeriesInstanceUID = series.study, series.series
        refusals: list[Exception] = []
        if self._move_port is None:
            self._get(wanted, _keeper(keep, refusals))
        else:
            self._move(wanted, _keeper(keep, refusals), self._move_port)
        if refusals:
            raise refusals[0]

    def _get(self, wanted: Dataset, keeper: Any) -> None:
        from pynetdicom import evt
        from pynetdicom.sop_class import (  # type: ignore[attr-defined]
            StudyRootQueryRetrieveInformationModelGet as Get,
        )

        entity = self._entity()
        entity.add_requested_context(Get)
        roles = _add_storage(entity)
        with self._associated(entity, roles, [(evt.EVT_C_STORE, keeper)]) as association:
            for status, _ in association.send_c_get(wanted, Get):
                self._check(status)

    def _move(self, wanted: Dataset, keeper: Any, port: int) -> None:
        from pynetdicom import evt
        from pynetdicom.sop_class import (  # type: ignore[attr-defined]
            StudyRootQueryRetrieveInformationModelMove as Move,
        )

        entity = self._entity()
        entity.add_requested_context(Move)
        with (
            listening(storage_entity(self._calling), "", port, [(evt.EVT_C_STORE, keeper)]),
            self._associated(entity) as association,
        ):
            for status, _ in association.send_c_move(wanted, self._calling, Move):
                self._check(status, f" Does it know {self._calling} at this computer, port {port}?")

    def _entity(self) -> AE:
        try:
            from pynetdicom import AE
        except ModuleNotFoundError:
            raise MissingExtraError("pynetdicom", "pacs") from None
        entity = AE(ae_title=self._calling)
        entity.connection_timeout = entity.acse_timeout = self._seconds
        entity.dimse_timeout = entity.network_timeout = self._seconds
        return entity

    @contextmanager
    def _associated(
        self, entity: AE, roles: list[Any] | None = None, handlers: list[Any] | None = None
    ) -> Iterator[Association]:
        association = entity.associate(
            self._host, self._port, ae_title=self._called, ext_neg=roles, evt_handlers=handlers
        )
        if not association.is_established:
            raise PacsError(f"{self.address}: {_reason(association)}")
        try:
            yield association
        finally:
            if association.is_established:
                association.release()

    def _answers(
        self, association: Association, keys: Mapping[str, str], model: Any
    ) -> list[Dataset]:
        from pydicom import Dataset

        question = Dataset()
        for keyword, value in keys.items():
            setattr(question, keyword, value)
        answers = []
        for status, answer in association.send_c_find(question, model):
            self._check(status)
            if answer is not None:
                answers.append(answer)
        return answers

    def _check(self, status: Dataset, advice: str = "") -> None:
        if "Status" not in status:
            told = "no answer in time, or the connection broke."
            raise PacsError(f"{self.address}: {told}{advice}")
        code = int(status.Status)
        if code not in (_SUCCESS, _PENDING, 0xFF01) and code & 0xF000 != _WARNING:
            told = status.get("ErrorComment") or "no reason given"
            refused = f"the server refused, status {code:04X} ({told})."
            raise PacsError(f"{self.address}: {refused}{advice}")


def _keeper(keep: Keep, refusals: list[Exception]) -> Any:
    """Return a handler that keeps what arrives, and remembers why something was not kept."""

    def arrived(event: Any) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        try:
            keep(dataset)
        except (BadInputError, PacsError) as refusal:
            refusals.append(refusal)
            return 0xA700
        return _SUCCESS

    return arrived


def _context(file: Path) -> tuple[str, str]:
    """Return SOP class and transfer syntax of a file."""
    from pydicom.filereader import read_file_meta_info

    meta = read_file_meta_info(file)
    return str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID)


def _add_storage(entity: AE) -> list[Any]:
    """Ask for the image classes that cohorts are made of, and offer to receive them."""
    from pydicom import uid
    from pynetdicom import DEFAULT_TRANSFER_SYNTAXES, build_role

    names = (
        "CTImageStorage", "EnhancedCTImageStorage", "MRImageStorage", "EnhancedMRImageStorage",
        "PositronEmissionTomographyImageStorage", "EnhancedPETImageStorage",
        "NuclearMedicineImageStorage", "UltrasoundImageStorage",
        "UltrasoundMultiFrameImageStorage", "SecondaryCaptureImageStorage",
        "MultiFrameGrayscaleByteSecondaryCaptureImageStorage",
        "MultiFrameGrayscaleWordSecondaryCaptureImageStorage",
        "MultiFrameTrueColorSecondaryCaptureImageStorage", "ComputedRadiographyImageStorage",
        "DigitalXRayImageStorageForPresentation", "DigitalXRayImageStorageForProcessing",
        "DigitalMammographyXRayImageStorageForPresentation",
        "DigitalMammographyXRayImageStorageForProcessing", "BreastTomosynthesisImageStorage",
        "XRayAngiographicImageStorage", "VLEndoscopicImageStorage", "VLMicroscopicImageStorage",
        "VLPhotographicImageStorage", "VLWholeSlideMicroscopyImageStorage",
        "OphthalmicTomographyImageStorage", "SegmentationStorage", "ParametricMapStorage",
        "RTDoseStorage", "RTStructureSetStorage", "RTPlanStorage",
    )  # fmt: skip
    compressed = [
        uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1,
        uid.JPEGLSLossless, uid.JPEGLSNearLossless, uid.JPEG2000Lossless, uid.JPEG2000,
        uid.RLELossless,
    ]  # fmt: skip
    classes = [getattr(uid, name) for name in names]
    for sop_class in classes:
        entity.add_requested_context(sop_class, [*DEFAULT_TRANSFER_SYNTAXES, *compressed])
    return [build_role(sop_class, scp_role=True) for sop_class in classes]


def _found(study: Dataset, series: Dataset) -> FoundSeries:
    return FoundSeries(
        patient_id=str(study.get("PatientID") or ""),
        study=str(study.StudyInstanceUID),
        series=str(series.SeriesInstanceUID),
        modality=str(series.get("Modality") or ""),
        description=str(series.get("SeriesDescription") or ""),
        instances=int(series.get("NumberOfSeriesRelatedInstances") or 0),
    )


def _reason(association: Association) -> str:
    if association.is_rejected:
        answer = association.acceptor.primitive
        told = getattr(answer, "reason_str", "") or "no reason given"
        return f"association rejected ({told}). Check the titles: --aet is the server's."
    if association.is_aborted:
        return "connection refused, or no answer in time. Is the server running there?"
    return "no association. Is it a DICOM server?"
