"""One DICOM file as the readers see it: whose it is, what kind, and what it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cancergan.cohort.dicom.attributes import attributes_of, patient_of
from cancergan.cohort.dicom.dose import Dose, dose_of
from cancergan.cohort.dicom.frame_headers import frames_of
from cancergan.cohort.dicom.frames import Frame
from cancergan.cohort.dicom.headers import (
    item,
    items,
    read_dataset,
    read_whole_header,
    readable_dicom,
    text,
)
from cancergan.cohort.dicom.segmentation import Segmentation, segmentation_of
from cancergan.cohort.dicom.stacks import UnusableSeriesError
from cancergan.cohort.dicom.structure_set import StructureSet, structure_set_of

if TYPE_CHECKING:
    from pydicom import Dataset

_NO_IMAGES = {"RTPLAN", "RTRECORD", "SR", "PR", "KO", "REG", "DOC", "ECG", "FID", "PLAN"}
_DIRECTORY = "1.2.840.10008.1.3.10"
_INDEX = "a DICOMDIR: the files themselves are read"
_WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"


@dataclass(frozen=True)
class Instance:
    """One file.

    Attributes:
        file, uid: where it is; SOPInstanceUID, "" where it has none.
        patient, series, frame_of_reference: the ids of what it belongs to, "" where unstated.
        modality: as DICOM has it.
        attributes: the columns of a row.
        frames: of an image; empty for what belongs to one.
        belonging: what it adds to an image.
        refers_to: the series that ``belonging`` was made for, where it says so.
    """

    file: Path
    uid: str
    patient: str
    series: str
    frame_of_reference: str
    modality: str
    attributes: Mapping[str, object]
    frames: tuple[Frame, ...] = ()
    belonging: Segmentation | StructureSet | Dose | None = None
    refers_to: tuple[str, ...] = ()


def read_instance(file: Path) -> Instance | str:
    """Return what a file holds, or the reason why it can be left out.

    Raises:
        BadInputError: the file is damaged, or declares more pixels than the limit of one image.
    """
    header = read_dataset(file, pixels=False)
    with readable_dicom(file):
        if reason := _reason_to_leave_out(header):
            return reason
        try:
            return _instance(file, header)
        except UnusableSeriesError as error:
            return str(error)


def _reason_to_leave_out(header: Dataset) -> str | None:
    modality, kind = text(header, "Modality"), text(header, "SOPClassUID")
    meta = getattr(header, "file_meta", None)
    if _DIRECTORY in (kind, meta and text(meta, "MediaStorageSOPClassUID")):
        return _INDEX
    if modality in _NO_IMAGES:
        return f"{modality} object, not an image"
    if kind == _WHOLE_SLIDE:
        return "whole-slide image: cut it into tiles first"
    if modality != "RTSTRUCT" and "Rows" not in header:
        return "no pixels"
    if "LOCALIZER" in text(header, "ImageType"):
        return "localiser, not a slice of the volume"
    return None


def _instance(file: Path, header: Dataset) -> Instance:
    modality = text(header, "Modality")
    frames: tuple[Frame, ...] = ()
    belonging: Segmentation | StructureSet | Dose | None = None
    refers_to = [
        text(one, "SeriesInstanceUID") for one in items(header, "ReferencedSeriesSequence")
    ]
    frame_of_reference = text(header, "FrameOfReferenceUID")
    if modality == "SEG":
        belonging = segmentation_of(file, header)
    elif modality == "RTDOSE":
        belonging, refers_to = dose_of(file, header), []
    elif modality == "RTSTRUCT":
        whole = read_whole_header(file)
        belonging = structure_set_of(file, whole)
        stated, refers_to = _referenced_by_structures(whole)
        frame_of_reference = frame_of_reference or stated
    else:
        frames = frames_of(file, header)
    return Instance(
        file=file,
        uid=text(header, "SOPInstanceUID"),
        patient=patient_of(header),
        series=text(header, "SeriesInstanceUID") or str(file),
        frame_of_reference=frame_of_reference,
        modality=modality,
        attributes=attributes_of(header),
        frames=frames,
        belonging=belonging,
        refers_to=tuple(refers_to),
    )


def _referenced_by_structures(dataset: Dataset) -> tuple[str, list[str]]:
    """Return the frame of reference and the image series that structures were drawn on."""
    frame = item(dataset, "ReferencedFrameOfReferenceSequence")
    series = [
        text(one, "SeriesInstanceUID")
        for study in items(frame, "RTReferencedStudySequence")
        for one in items(study, "RTReferencedSeriesSequence")
    ]
    return text(frame, "FrameOfReferenceUID"), series
