"""DICOM files made with pydicom alone, for tests of the reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid


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
