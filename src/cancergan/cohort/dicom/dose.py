"""RTDOSE: a dose in gray on a grid of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.dicom.decoding import raw_frames
from cancergan.cohort.dicom.frame_headers import frames_of
from cancergan.cohort.dicom.frames import Frame, Place
from cancergan.cohort.dicom.grid import Grid, resampled
from cancergan.cohort.dicom.headers import numbers, text
from cancergan.cohort.dicom.stacks import UnusableSeriesError
from cancergan.cohort.pixels import AnyArray

if TYPE_CHECKING:
    from pydicom import Dataset

_EVEN = 0.01


@dataclass(frozen=True)
class Dose:
    """A dose distribution.

    Attributes:
        file: where it is.
        frames: its planes, sorted along the normal.
        grid: shape (x, y, z) and affine (RAS+).
        scaling: stored number to gray.
        summation: PLAN, BEAM, FRACTION, ... as DICOM has it.
    """

    file: Path
    frames: tuple[Frame, ...]
    grid: Grid
    scaling: float
    summation: str

    def on(self, grid: Grid) -> AnyArray:
        """Return gray on another grid, float32 (x, y, z), 0 outside the dose grid."""
        stored = np.stack([one[0].T for one in raw_frames(self.file, self.frames)], axis=-1)
        gray = (stored * self.scaling).astype(np.float32)
        return resampled(gray, self.grid, grid, method="linear")


def dose_of(file: Path, header: Dataset) -> Dose:
    """Return what an RTDOSE object describes.

    Raises:
        UnusableSeriesError: no place, planes unevenly spaced, or a unit other than gray.
        ValueError: a broken value.
    """
    if (unit := text(header, "DoseUnits")) != "GY":
        raise UnusableSeriesError(f"dose in {unit or 'no stated unit'}, needed is GY")
    scaling = numbers(header, "DoseGridScaling", 1)
    if scaling is None:
        raise UnusableSeriesError("dose without DoseGridScaling")
    frames = frames_of(file, header)
    place = _place(header)
    offsets = _offsets(header, len(frames), place)
    order = np.argsort(offsets)
    across, down, normal = place.directions
    rows, columns = place.spacing
    step = normal * ((offsets.max() - offsets.min()) / max(len(frames) - 1, 1) or place.thickness)
    corner = np.array(place.position) + normal * offsets.min()
    first = Place(tuple(map(float, corner)), place.along, place.spacing, place.thickness)
    grid = Grid(
        (frames[0].shape[2], frames[0].shape[1], len(frames)),
        first.affine((across * columns, down * rows, step)),
    )
    return Dose(
        file,
        tuple(frames[i] for i in order),
        grid,
        scaling[0],
        text(header, "DoseSummationType") or "PLAN",
    )


def _place(header: Dataset) -> Place:
    position = numbers(header, "ImagePositionPatient", 3)
    along = numbers(header, "ImageOrientationPatient", 6)
    spacing = numbers(header, "PixelSpacing", 2)
    if position is None or along is None or spacing is None:
        raise UnusableSeriesError("dose without a place")
    thickness = numbers(header, "SliceThickness", 1) or (0.0,)
    return Place(position, along, spacing, thickness[0] if thickness[0] > 0 else 1.0)


def _offsets(header: Dataset, count: int, place: Place) -> Float64:
    """Return where planes lie along the normal, in millimetres from the stated position.

    The vector begins with 0, or (the older way) holds the planes' z coordinates themselves.
    """
    if count == 1:
        return np.zeros(1)
    stated = numbers(header, "GridFrameOffsetVector", count)
    if stated is None:
        raise UnusableSeriesError("dose without GridFrameOffsetVector")
    offsets = np.array(stated)
    normal = place.directions[2]
    if offsets[0] != 0:
        offsets = (offsets - place.position[2]) * (normal[2] or 1.0)
    steps = np.diff(np.sort(offsets))
    if steps.min() <= 0 or np.ptp(steps) > _EVEN * steps.mean():
        raise UnusableSeriesError(f"dose planes lie {steps.min():g} to {steps.max():g} mm apart")
    return offsets
