"""DICOM files made with pydicom alone, for tests of the reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    RTStructureSetStorage,
    generate_uid,
)


def write_slice(
    path: Path,
    pixels: np.ndarray,
    *,
    position: tuple[float, float, float] | None = (0.0, 0.0, 0.0),
    photometric: str = "MONOCHROME2",
    **attributes: object,
) -> Path:
    """Write one CT-like slice; attributes replace or (with None) remove the defaults."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3", "1.2.3.4"
    dataset.PatientID, dataset.Modality = "P1", "CT"
    if position is not None:
        dataset.ImagePositionPatient = list(position)
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.PixelSpacing = [0.5, 0.25]
    for name, value in attributes.items():
        setattr(dataset, name, value)
    bits = pixels.dtype.itemsize * 8
    dataset.set_pixel_data(pixels, photometric, bits, generate_instance_uid=False)
    dataset.ensure_file_meta()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_series(folder: Path, n: int, *, step: float = 2.0, **attributes: object) -> np.ndarray:
    """Write n slices under shuffled names; return the stored numbers as (row, column, slice)."""
    stored = np.arange(n * 12, dtype=np.uint16).reshape(n, 3, 4)
    for k in range(n):
        name = f"{(k * 7) % n:03d}.dcm"
        write_slice(folder / name, stored[k], position=(10.0, 20.0, 30.0 + k * step), **attributes)
    return np.moveaxis(stored, 0, -1)


def functional_group(position: tuple[float, float, float], **frame_content: object) -> Dataset:
    """Return the functional groups of one frame: its place and what FrameContent says."""
    place, content, group = Dataset(), Dataset(), Dataset()
    place.ImagePositionPatient = list(position)
    for name, value in frame_content.items():
        setattr(content, name, value)
    group.PlanePositionSequence = [place]
    group.FrameContentSequence = [content]
    return group


def shared_groups(
    along: tuple[float, ...] = (1, 0, 0, 0, 1, 0),
    spacing: tuple[float, float] = (0.5, 0.25),
    rescale: tuple[float, float] | None = None,
) -> Dataset:
    """Return the functional groups that all frames share."""
    orientation, measures, groups = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = list(along)
    measures.PixelSpacing, measures.SliceThickness = list(spacing), 2.0
    groups.PlaneOrientationSequence, groups.PixelMeasuresSequence = [orientation], [measures]
    if rescale is not None:
        scale = Dataset()
        scale.RescaleSlope, scale.RescaleIntercept = rescale
        groups.PixelValueTransformationSequence = [scale]
    return groups


def write_multi_frame(
    path: Path, stored: np.ndarray, groups: list[Dataset], shared: Dataset, **attributes: object
) -> Path:
    """Write frames (n, row, column) as an enhanced object."""
    return write_slice(
        path,
        stored,
        position=None,
        NumberOfFrames=len(stored),
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=groups,
        **attributes,
    )


def write_dose(path: Path, stored: np.ndarray, **attributes: object) -> Path:
    """Write an RTDOSE of planes (n, row, column), 2 mm apart from z = 0."""
    defaults = {
        "DoseUnits": "GY",
        "DoseSummationType": "PLAN",
        "DoseGridScaling": "0.001",
        "GridFrameOffsetVector": [2.0 * k for k in range(len(stored))],
        "SeriesInstanceUID": "1.2.3.9",
        "FrameOfReferenceUID": "1.2.9",
        "Modality": "RTDOSE",
        "NumberOfFrames": len(stored),
    }
    return write_slice(path, stored, **(defaults | attributes))


def write_segmentation(
    path: Path,
    frames: list[tuple[int, tuple[float, float, float], np.ndarray]],
    names: tuple[str, ...],
    *,
    kind: str = "BINARY",
    **attributes: object,
) -> Path:
    """Write a SEG of (segment number, position, (row, column)) with one byte a pixel."""
    groups, segments = [], []
    for number, position, _ in frames:
        group, which = functional_group(position), Dataset()
        which.ReferencedSegmentNumber = number
        group.SegmentIdentificationSequence = [which]
        groups.append(group)
    for number, name in enumerate(names, start=1):
        segment = Dataset()
        segment.SegmentNumber, segment.SegmentLabel = number, name
        segments.append(segment)
    defaults = {
        "Modality": "SEG",
        "SegmentationType": kind,
        "SegmentSequence": segments,
        "SeriesInstanceUID": "1.2.3.8",
        "FrameOfReferenceUID": "1.2.9",
    }
    stored = np.stack([one.astype(np.uint8) for _, _, one in frames])
    return write_multi_frame(path, stored, groups, shared_groups(), **(defaults | attributes))


def write_structures(
    path: Path, contours: dict[str, list[np.ndarray]], *, kind: str = "CLOSED_PLANAR"
) -> Path:
    """Write an RTSTRUCT of contours (n, 3) in millimetres (LPS) by name."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = RTStructureSetStorage, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3", "1.2.3.7"
    dataset.PatientID, dataset.Modality, dataset.FrameOfReferenceUID = "P1", "RTSTRUCT", "1.2.9"
    dataset.StructureSetROISequence, dataset.ROIContourSequence = [], []
    for number, (name, found) in enumerate(contours.items(), start=1):
        about, drawn = Dataset(), Dataset()
        about.ROINumber, about.ROIName, drawn.ReferencedROINumber = number, name, number
        drawn.ContourSequence = []
        for points in found:
            contour = Dataset()
            contour.ContourGeometricType = kind
            contour.NumberOfContourPoints = len(points)
            contour.ContourData = [f"{value:.10g}" for value in points.ravel()]
            drawn.ContourSequence.append(contour)
        dataset.StructureSetROISequence.append(about)
        dataset.ROIContourSequence.append(drawn)
    dataset.ensure_file_meta()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path
