"""DICOM images as cases: slices sorted along their normal, rescaled, with geometry in RAS+."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.damage import readable
from cancergan.cohort.pixels import AnyArray, Header, Pixels, narrow
from cancergan.core.errors import BadInputError

if TYPE_CHECKING:
    from pydicom import Dataset

HEADER_TAGS = (
    "SOPClassUID", "SeriesInstanceUID", "StudyInstanceUID", "Modality", "PatientID", "PatientSex",
    "PatientAge", "Manufacturer", "ManufacturerModelName", "SeriesDescription", "Rows", "Columns",
    "NumberOfFrames", "SamplesPerPixel", "BitsAllocated", "RescaleSlope", "RescaleIntercept",
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "ImagerPixelSpacing",
    "SliceThickness", "PhotometricInterpretation",
)  # fmt: skip
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
# Gaps between slices may differ by this share of their median before it counts as an error.
_SPACING_TOLERANCE = 0.02


class UnusableSeriesError(BadInputError):
    """A series whose slices make no sound volume; the message says why."""


@dataclass(frozen=True)
class DicomSource:
    """One image (a single file) or one volume (files sorted along the normal)."""

    files: tuple[Path, ...]
    known: Header
    affine: Float64 | None

    def header(self) -> Header:
        """Return shape and data type as found in the headers."""
        return self.known

    def pixels(self) -> Pixels:
        """Read, rescale and stack the slices: (C, row, column), or (C, x, y, z) for volumes."""
        slices = [_read_slice(path) for path in self.files]
        image = slices[0]
        if len(self.known.shape) == 4:
            image = np.stack([one.swapaxes(1, 2) for one in slices], axis=-1)
        return Pixels(narrow(image), spacing=self.known.spacing, affine=self.affine)


def read_dataset(path: Path, *, pixels: bool) -> Dataset:
    """Return a DICOM data set, without pixels: only the tags that cohorts use.

    Raises:
        BadInputError: the file is no DICOM file or is cut off.
    """
    import pydicom
    from pydicom.errors import BytesLengthException, InvalidDicomError

    damage = (InvalidDicomError, BytesLengthException, EOFError, OSError, ValueError)
    with readable(path, *damage):
        if pixels:
            return pydicom.dcmread(path)
        return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(HEADER_TAGS))


def sources_of_series(files: Sequence[Path], headers: Sequence[Dataset]) -> list[DicomSource]:
    """Return the cases of one series: one volume, or one picture per file without a position.

    Raises:
        UnusableSeriesError: slices differ in size or direction, are missing, or share a place.
    """
    placed = [_is_placed(header) for header in headers]
    if len(files) == 1 or not any(placed):
        return [_picture(path, header) for path, header in zip(files, headers, strict=True)]
    if not all(placed):
        raise UnusableSeriesError(f"{placed.count(False)} of {len(files)} slices have no position")
    return [_volume(files, headers)]


def _picture(path: Path, header: Dataset) -> DicomSource:
    spacing = header.get("PixelSpacing") or header.get("ImagerPixelSpacing") or (1.0, 1.0)
    shape = (_channels(header), int(header.Rows), int(header.Columns))
    known = Header(shape, _dtype([header]), (float(spacing[0]), float(spacing[1])))
    affine = None
    if _is_placed(header):
        across, down, normal = _directions(header)
        through = normal * float(header.get("SliceThickness") or 1.0)
        affine = _affine((down * spacing[0], across * spacing[1], through), header)
    return DicomSource((path,), known, affine)


def _volume(files: Sequence[Path], headers: Sequence[Dataset]) -> DicomSource:
    first = headers[0]
    _refuse_mixed(headers)
    across, down, normal = _directions(first)
    positions = np.array([np.asarray(h.ImagePositionPatient, dtype=float) for h in headers])
    order = np.argsort(positions @ normal, kind="stable")
    _check_steps((positions @ normal)[order])
    step = (positions[order[-1]] - positions[order[0]]) / (len(files) - 1)
    row_spacing, column_spacing = (float(size) for size in first.PixelSpacing)
    columns = (across * column_spacing, down * row_spacing, step)
    shape = (_channels(first), int(first.Columns), int(first.Rows), len(files))
    spacing = (column_spacing, row_spacing, float(np.sqrt((step**2).sum())))
    return DicomSource(
        files=tuple(files[i] for i in order),
        known=Header(shape, _dtype(headers), spacing),
        affine=_affine(columns, headers[order[0]]),
    )


def _refuse_mixed(headers: Sequence[Dataset]) -> None:
    first = headers[0]
    for header in headers:
        if (header.Rows, header.Columns) != (first.Rows, first.Columns):
            raise UnusableSeriesError("slices differ in size")
        for tag in ("ImageOrientationPatient", "PixelSpacing"):
            if not np.allclose(header.get(tag), first.get(tag), atol=1e-4):
                raise UnusableSeriesError(f"slices differ in {tag}")


def _check_steps(positions: Float64) -> None:
    """Check that sorted positions along the normal, in millimetres, are evenly spaced."""
    steps = np.diff(positions)
    usual = float(np.percentile(steps, 50, method="lower"))
    if steps.min() < 1e-3:
        raise UnusableSeriesError(
            f"{int((steps < 1e-3).sum())} slices lie where another does "
            "(several echoes or times in one series?)"
        )
    if steps.max() > 1.5 * usual:
        missing = int(np.rint(steps / usual - 1).sum())
        after = positions[int(np.argmax(steps))]
        count = "1 slice is" if missing == 1 else f"{missing} slices are"
        raise UnusableSeriesError(f"{count} missing, first at {after + usual:.2f} mm")
    if np.abs(steps - usual).max() > _SPACING_TOLERANCE * usual:
        raise UnusableSeriesError(
            f"slices lie between {steps.min():.3f} and {steps.max():.3f} mm apart"
        )


def _is_placed(header: Dataset) -> bool:
    tags = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
    return all(header.get(tag) is not None for tag in tags)


def _directions(header: Dataset) -> tuple[Float64, Float64, Float64]:
    """Return the unit vectors along a row, down a column, and normal to both (LPS)."""
    cosines = np.asarray(header.ImageOrientationPatient, dtype=np.float64)
    return cosines[:3], cosines[3:], np.cross(cosines[:3], cosines[3:])


def _affine(columns: tuple[Float64, Float64, Float64], origin: Dataset) -> Float64:
    affine = np.eye(4)
    affine[:3, :3] = np.stack(columns, axis=1)
    affine[:3, 3] = np.asarray(origin.ImagePositionPatient, dtype=np.float64)
    return np.asarray(_LPS_TO_RAS @ affine)


def _channels(header: Dataset) -> int:
    coloured = header.get("PhotometricInterpretation") == "PALETTE COLOR"
    return 3 if coloured else int(header.get("SamplesPerPixel", 1))


def _rescale(header: Dataset) -> tuple[float, float]:
    slope, intercept = header.get("RescaleSlope"), header.get("RescaleIntercept")
    return 1.0 if slope is None else float(slope), float(intercept or 0.0)


def _dtype(headers: Sequence[Dataset]) -> np.dtype[np.generic]:
    rescales = {_rescale(header) for header in headers}
    if rescales == {(1.0, 0.0)} and headers[0].get("BitsAllocated") == 8:
        return np.dtype(np.uint8)
    whole = all(slope.is_integer() and shift.is_integer() for slope, shift in rescales)
    return np.dtype(np.int16 if whole else np.float32)


def _read_slice(path: Path) -> AnyArray:
    """Return one file's pixels as (C, row, column) in physical units, bright meaning more."""
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.pixels.utils import pixel_array

    header = read_dataset(path, pixels=True)
    damage = (AttributeError, ValueError, RuntimeError, NotImplementedError, EOFError)
    with readable(path, *damage):
        stored = pixel_array(header)
        if header.PhotometricInterpretation == "PALETTE COLOR":
            stored = apply_color_lut(stored, header)
    if header.PhotometricInterpretation == "MONOCHROME1":
        # The stored range is turned about its middle: 0..2^b-1, or -2^(b-1)..2^(b-1)-1 if signed.
        stored = (-1 if header.PixelRepresentation else 2**header.BitsStored - 1) - stored.astype(
            int
        )
    image = stored[None] if stored.ndim == 2 else np.moveaxis(stored, -1, 0)
    slope, intercept = _rescale(header)
    if (slope, intercept) == (1.0, 0.0):
        return image
    if slope.is_integer() and intercept.is_integer():
        return image.astype(np.int64) * int(slope) + int(intercept)
    return (image * slope + intercept).astype(np.float32)
