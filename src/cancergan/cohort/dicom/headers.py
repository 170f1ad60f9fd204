"""Reading DICOM data sets: only the tags that cohorts use, and never a broken value unnoticed."""

from __future__ import annotations

import math
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cancergan.cohort.damage import readable
from cancergan.cohort.limits import MAX_VALUES
from cancergan.core.errors import BadInputError

if TYPE_CHECKING:
    from pydicom import Dataset

HEADER_TAGS = (
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID",
    "FrameOfReferenceUID", "Modality", "ImageType", "InstanceNumber", "AcquisitionNumber",
    "PatientID", "PatientSex", "PatientAge", "PatientBirthDate", "StudyDate", "SeriesDescription",
    "InstitutionName", "Manufacturer", "ManufacturerModelName", "Rows", "Columns",
    "NumberOfFrames", "SamplesPerPixel", "BitsAllocated", "BitsStored", "PixelRepresentation",
    "PhotometricInterpretation", "RedPaletteColorLookupTableDescriptor", "RescaleSlope",
    "RescaleIntercept", "RescaleType", "ImagePositionPatient", "ImageOrientationPatient",
    "PixelSpacing", "ImagerPixelSpacing", "SliceThickness", "EchoTime", "InversionTime",
    "TemporalPositionIdentifier", "TriggerTime", "DiffusionBValue", "FlipAngle",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    "ReferencedSeriesSequence", "SegmentSequence", "SegmentationType", "MaximumFractionalValue",
    "DoseUnits", "DoseSummationType", "DoseGridScaling", "GridFrameOffsetVector",
)  # fmt: skip
_DEFLATED = "1.2.840.10008.1.2.1.99"
_CHUNK = 1 << 20


@contextmanager
def readable_dicom(path: Path) -> Iterator[None]:
    """Turn what pydicom raises for a damaged file into a BadInputError, and silence its notes.

    Values are decoded when they are asked for, so this belongs around every use of a data set.
    """
    from pydicom.errors import BytesLengthException, InvalidDicomError

    damage = (
        InvalidDicomError, BytesLengthException, EOFError, OSError, ValueError, TypeError, KeyError,
        AttributeError, IndexError, OverflowError, RuntimeError, struct.error, zlib.error,
    )  # fmt: skip
    with warnings.catch_warnings(), readable(path, *damage):
        warnings.simplefilter("ignore", UserWarning)
        yield


def read_dataset(path: Path, *, pixels: bool) -> Dataset:
    """Return a DICOM data set, without pixels: only the tags that cohorts use.

    A file named ``.dcm`` that lacks the preamble of a DICOM file is read all the same.

    Raises:
        BadInputError: the file is empty, no DICOM file, cut off, or unfolds beyond the limit.
    """
    if path.stat().st_size == 0:
        raise BadInputError(f"{path}: is empty (0 bytes). Restore the file or remove it.")
    if pixels:
        return _read(path)
    return _read(path, stop_before_pixels=True, specific_tags=list(HEADER_TAGS))


def read_whole_header(path: Path) -> Dataset:
    """Return a data set with all tags but its pixels; errors as for ``read_dataset``."""
    return _read(path, stop_before_pixels=True)


def transfer_syntax(dataset: Dataset) -> str:
    """Return how pixels are encoded; where the file does not say, what its reading found out."""
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    stated = dataset.file_meta.get("TransferSyntaxUID") if hasattr(dataset, "file_meta") else None
    if stated:
        return str(stated)
    implicit, little = dataset.original_encoding
    if implicit:
        return str(ImplicitVRLittleEndian)
    return str(ExplicitVRLittleEndian if little else ExplicitVRBigEndian)


def numbers(dataset: Dataset, tag: str, count: int) -> tuple[float, ...] | None:
    """Return a tag's numbers, or None where it is absent or empty.

    Raises:
        ValueError: it holds another count of numbers, or something that is not finite.
    """
    value: Any = dataset.get(tag)
    if value is None or value == "" or (not isinstance(value, int | float) and len(value) == 0):
        return None
    values = [value] if count == 1 else list(value)
    found = tuple(float(one) for one in values)
    if len(found) != count or not all(map(math.isfinite, found)):
        raise ValueError(f"{tag} holds {value}, needed are {count} numbers")
    return found


def text(dataset: Dataset, tag: str) -> str:
    """Return a tag as text without blanks around it, "" where it is absent."""
    value: Any = dataset.get(tag)
    return "" if value is None else str(value).strip(" \0")


def items(dataset: Dataset, tag: str) -> list[Dataset]:
    """Return the items of a sequence; none where it is absent."""
    from pydicom import Dataset

    value: Any = dataset.get(tag)
    if value is None:
        return []
    found = list(value)
    if not all(isinstance(item, Dataset) for item in found):
        raise ValueError(f"{tag} is no sequence")
    return found


def item(dataset: Dataset, tag: str) -> Dataset:
    """Return the first item of a sequence, an empty one where it is absent."""
    from pydicom import Dataset

    found = items(dataset, tag)
    return found[0] if found else Dataset()


def _read(path: Path, **options: Any) -> Dataset:
    import pydicom

    with readable_dicom(path):
        _refuse_deflate_bomb(path)
        with path.open("rb") as file:
            bare = file.read(132)[128:] != b"DICM"
        dataset = pydicom.dcmread(path, force=bare, **options)
        if bare and not text(dataset, "SOPClassUID"):
            raise ValueError("it is not a DICOM file")
        return dataset


def _refuse_deflate_bomb(path: Path) -> None:
    """Unfold a deflated data set piece by piece and count, before pydicom does it at once."""
    from pydicom.filereader import read_file_meta_info, read_preamble

    with path.open("rb") as file:
        if file.read(132)[128:] != b"DICM" or _DEFLATED.encode() not in file.read(1024):
            return
    meta = read_file_meta_info(path)
    if text(meta, "TransferSyntaxUID") != _DEFLATED:
        return
    length = int(meta.FileMetaInformationGroupLength)
    with path.open("rb") as file:
        read_preamble(file, force=False)
        file.seek(12 + length, 1)
        unfolded, count = zlib.decompressobj(-zlib.MAX_WBITS), 0
        while (chunk := unfolded.unconsumed_tail or file.read(_CHUNK)) and not unfolded.eof:
            count += len(unfolded.decompress(chunk, _CHUNK))
            if count > 2 * MAX_VALUES:
                raise ValueError(f"it unfolds to more than {2 * MAX_VALUES:,} bytes")
