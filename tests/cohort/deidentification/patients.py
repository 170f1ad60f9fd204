"""DICOM files that are full of what names a patient, in the expected places and in others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from tests.cohort.dicom.files import write_slice

NAMES = {
    "PatientName": "Mustermann^Erika^Gabriele",
    "PatientID": "KIS-4711-0815",
    "PatientBirthDate": "19640812",
    "InstitutionName": "Klinikum Musterstadt Nord",
    "AccessionNumber": "ACC20240301X",
    "ReferringPhysicianName": "Sauerbruch^Ferdinand",
}
PIXELS = np.arange(20 * 30, dtype=np.uint16).reshape(20, 30)


def write_patient(path: Path, pixels: np.ndarray = PIXELS, **attributes: object) -> Path:
    """Write a CT slice of a patient; attributes replace or add."""
    defaults = NAMES | {
        "StudyInstanceUID": "1.2.840.999.1", "SeriesInstanceUID": "1.2.840.999.1.1",
        "FrameOfReferenceUID": "1.2.840.999.1.2", "SOPInstanceUID": generate_uid(),
        "StudyDate": "20240301", "StudyTime": "101530", "ContentDate": "20240302",
        "PatientSex": "F", "PatientAge": "059Y", "Manufacturer": "SIEMENS", "KVP": "120",
        "StudyDescription": "Thorax Mustermann", "Rows": 20, "Columns": 30,
    }  # fmt: skip
    write_slice(path, pixels, **(defaults | attributes))
    dataset = pydicom.dcmread(path)
    _add_hidden(dataset)
    dataset.preamble = b"Mustermann".ljust(128, b"\0")
    dataset.file_meta.SourceApplicationEntityTitle = "MUSTERMANN"
    dataset.save_as(path, enforce_file_format=True)
    return path


def _add_hidden(dataset: Dataset) -> None:
    """Put the name where the profile does not look for one."""
    item = Dataset()
    item.AccessionNumber = NAMES["AccessionNumber"]
    item.RequestedProcedureDescription = "Kontrolle Mustermann"
    item.ReferencedSOPInstanceUID = dataset.SOPInstanceUID
    dataset.RequestAttributesSequence = Sequence([item])
    dataset.ConvolutionKernel = "Mustermann"
    dataset.ImageComments = "Pat. E. Mustermann, geb. 12.08.1964"
    block = dataset.private_block(0x0029, "MUSTERMANN PACS", create=True)
    block.add_new(0x01, "LO", "Mustermann")
    dataset.add_new((0x6000, 0x3000), "OW", b"Mustermann")
    dataset.add_new((0x6000, 0x0022), "LO", "Mustermann")


def contents_of(folder: Path) -> bytes:
    """Return the bytes of every file below a folder, with the names of the files."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return b"".join(str(path.relative_to(folder)).encode() + path.read_bytes() for path in files)
