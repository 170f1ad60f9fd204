"""DICOM files marked as derived: new identifiers, an invented patient, nothing of a real one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.contents import Contents
from cancergan.cohort.pixels import AnyArray, Pixels
from cancergan.core.errors import BadInputError, CancerganWarning
from cancergan.core.files import whole_folder

if TYPE_CHECKING:
    from pydicom import Dataset

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def write(contents: Contents, path: Path) -> None:
    """Write one folder per case with one file per slice (the third axis of a volume).

    Numbers go to 16 bit with rescale slope and intercept: exactly where they are whole, else to
    1/65,535 of the range of the case. Colour stays 8 bit. Only ``label`` of the table is written,
    as series description; masks are left out, with a warning.

    Raises:
        BadInputError: no images, pixels or an affine that DICOM cannot hold; names the case.
    """
    from pydicom.uid import generate_uid

    study, without_masks = generate_uid(), 0
    labels = contents.table.get("label", [None] * len(contents))
    with whole_folder(path) as folder:
        for index, label in enumerate(labels):
            pixels, case_id = contents.pixels(index), contents.case_ids[index]
            _check(case_id, pixels)
            without_masks += pixels.mask is not None
            target = folder / f"SYNTHETIC-{index + 1:06d}"
            target.mkdir()
            series = _series(index + 1, study, None if label is None else str(label))
            for number, dataset in enumerate(_slices(pixels, series), start=1):
                dataset.save_as(target / f"{number:04d}.dcm", enforce_file_format=True)
    if without_masks:
        account = f"{path}: {without_masks} masks are not in the DICOM files."
        warnings.warn(account, CancerganWarning, stacklevel=2)


def _check(case_id: str, pixels: Pixels) -> None:
    image = pixels.image
    if len(image) not in (1, 3) or not np.isfinite(image).all():
        raise BadInputError(f'case "{case_id}": DICOM holds 1 or 3 channels of finite numbers.')
    if len(image) == 3 and not (image.min() >= 0 and image.max() <= 255):
        raise BadInputError(f'case "{case_id}": colour must lie within 0 and 255 for DICOM.')
    directions = _directions(pixels)[0]
    if not np.allclose(directions.T @ directions, np.eye(3), atol=1e-4):
        raise BadInputError(f'case "{case_id}": its axes are not at right angles. Use nifti.')


def _series(number: int, study: str, label: str | None) -> Dataset:
    """Return what all slices of a case share, of an invented patient."""
    from pydicom import Dataset
    from pydicom.uid import SecondaryCaptureImageStorage, generate_uid

    shared = Dataset()
    shared.SOPClassUID = SecondaryCaptureImageStorage
    shared.PatientName = f"Synthetic^{number:06d}"
    shared.PatientID = f"SYNTHETIC-{number:06d}"
    shared.PatientBirthDate = shared.PatientSex = ""
    shared.StudyInstanceUID, shared.StudyID = study, "SYNTHETIC"
    shared.StudyDate = shared.StudyTime = shared.ReferringPhysicianName = ""
    shared.AccessionNumber = ""
    shared.SeriesInstanceUID, shared.SeriesNumber = generate_uid(), number
    shared.SeriesDescription = label or "derived images"
    shared.FrameOfReferenceUID = generate_uid()
    shared.Modality, shared.ConversionType = "OT", "WSD"
    shared.Manufacturer, shared.ManufacturerModelName = "cancergan", "derived"
    shared.ImageType = ["DERIVED", "SECONDARY"]
    shared.BurnedInAnnotation = "NO"
    return shared


def _slices(pixels: Pixels, series: Dataset) -> Iterator[Dataset]:
    """Yield one data set per slice, with its pixels and its place in the patient."""
    from copy import deepcopy

    directions, spacing, origin = _directions(pixels)
    stored, slope, intercept = _stored(pixels.image)
    volume = stored.ndim == 4
    across, down = (0, 1) if volume else (1, 0)
    planes = np.moveaxis(stored, -1, 0).swapaxes(2, 3) if volume else stored[None]
    for number, plane in enumerate(planes):
        dataset = deepcopy(series)
        dataset.InstanceNumber = number + 1
        dataset.ImagePositionPatient = _decimal(origin + number * spacing[2] * directions[:, 2])
        dataset.ImageOrientationPatient = _decimal(directions[:, [across, down]].T.ravel())
        dataset.PixelSpacing = _decimal(spacing[[down, across]])
        dataset.SliceThickness = _decimal(spacing[2:])[0]
        if len(plane) == 1:
            dataset.RescaleSlope, dataset.RescaleIntercept = _decimal(np.array([slope, intercept]))
            dataset.RescaleType = "US"
        _set_pixels(dataset, plane)
        yield dataset


def _set_pixels(dataset: Dataset, plane: AnyArray) -> None:
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    dataset.SOPInstanceUID = generate_uid()
    grey = len(plane) == 1
    dataset.set_pixel_data(
        np.ascontiguousarray(plane[0] if grey else np.moveaxis(plane, 0, -1)),
        "MONOCHROME2" if grey else "RGB",
        plane.dtype.itemsize * 8,
        generate_instance_uid=False,
    )
    dataset.ensure_file_meta()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian


def _stored(image: AnyArray) -> tuple[AnyArray, float, float]:
    """Return whole numbers with physical = stored * slope + intercept."""
    if len(image) == 3:
        return np.rint(image).astype(np.uint8), 1.0, 0.0
    low, high = float(image.min()), float(image.max())
    whole = bool((image == np.rint(image)).all()) and high - low <= 65535
    slope = 1.0 if whole else (high - low) / 65535
    stored = np.rint((image.astype(np.float64) - low) / slope)
    return np.clip(stored, 0, 65535).astype(np.uint16), slope, low


def _directions(pixels: Pixels) -> tuple[Float64, Float64, Float64]:
    """Return unit vectors of the three array axes (columns, LPS), spacing and origin."""
    spacing = np.array([*pixels.spacing, 1.0][:3])
    if pixels.affine is None:
        return np.eye(3), spacing, np.zeros(3)
    affine = _LPS_TO_RAS @ pixels.affine
    spacing = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    return affine[:3, :3] / spacing, spacing, affine[:3, 3]


def _decimal(numbers: Float64) -> list[str]:
    """Return numbers in DICOM's sixteen characters, as exactly as these allow."""
    from pydicom.valuerep import format_number_as_ds

    return [format_number_as_ds(float(number)) for number in numbers]
