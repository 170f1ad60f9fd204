"""DICOM SEG: segments as stacks of binary frames, many of them absent because they are empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.dicom.decoding import raw_frames
from cancergan.cohort.dicom.frame_headers import frames_of
from cancergan.cohort.dicom.frames import Frame, Place
from cancergan.cohort.dicom.grid import Grid, resampled
from cancergan.cohort.dicom.headers import item, items, numbers, text
from cancergan.cohort.dicom.stacks import UnusableSeriesError
from cancergan.cohort.limits import excess
from cancergan.cohort.pixels import AnyArray

if TYPE_CHECKING:
    from pydicom import Dataset

_OFF_PLANE = 0.05


@dataclass(frozen=True)
class Segmentation:
    """The segments of one SEG object.

    Attributes:
        file: where it is.
        frames, segments: its frames, and the name of the segment that each is of ("" for a label
            map, whose pixels are segment numbers).
        slots: where each frame lies on the third axis of ``grid``.
        grid: shape (x, y, z) and affine (RAS+) that hold all frames.
        names: of the segments, by their number.
        threshold: a stored number from which on a pixel belongs to the segment.
    """

    file: Path
    frames: tuple[Frame, ...]
    segments: tuple[str, ...]
    slots: tuple[int, ...]
    grid: Grid
    names: dict[int, str]
    threshold: float

    def on(self, grid: Grid) -> Iterator[tuple[str, AnyArray]]:
        """Yield each segment with its name on another grid: bool (x, y, z), by nearest voxel."""
        own = {name: np.zeros(self.grid.shape, np.uint8) for name in self.names.values()}
        planes = raw_frames(self.file, self.frames)
        for stored, segment, slot in zip(planes, self.segments, self.slots, strict=True):
            plane = stored[0].T
            if segment:
                own[segment][..., slot] |= plane >= self.threshold
                continue
            for number, name in self.names.items():
                own[name][..., slot] |= plane == number
        for name, array in own.items():
            yield name, resampled(array, self.grid, grid, method="nearest").astype(bool)


def segmentation_of(file: Path, header: Dataset) -> Segmentation:
    """Return what a SEG object describes; a fractional one counts from half its maximum on.

    Raises:
        UnusableSeriesError: no place, frames in several directions, or unevenly spaced.
        ValueError: a broken value.
    """
    frames = frames_of(file, header)
    places = [frame.place for frame in frames if frame.place is not None]
    if len(places) < len(frames):
        raise UnusableSeriesError("segmentation without a place")
    if not all(places[0].is_parallel_to(place) for place in places):
        raise UnusableSeriesError("segmentation with frames in several directions")
    kind = text(header, "SegmentationType")
    names = _names(header)
    slots, grid = _slots(frames[0], places, header)
    top = numbers(header, "MaximumFractionalValue", 1)
    return Segmentation(
        file=file,
        frames=frames,
        segments=tuple("" if kind == "LABELMAP" else name for name in _of_frames(header, names)),
        slots=slots,
        grid=grid,
        names=names,
        threshold=top[0] / 2 if kind == "FRACTIONAL" and top else 1.0,
    )


def _names(header: Dataset) -> dict[int, str]:
    names: dict[int, str] = {}
    for segment in items(header, "SegmentSequence"):
        number = int(segment.SegmentNumber)
        name = text(segment, "SegmentLabel") or f"segment {number}"
        names[number] = f"{name} ({number})" if name in names.values() else name
    return names


def _of_frames(header: Dataset, names: dict[int, str]) -> list[str]:
    if text(header, "SegmentationType") == "LABELMAP":
        return [""] * len(items(header, "PerFrameFunctionalGroupsSequence"))
    shared = item(header, "SharedFunctionalGroupsSequence")
    found = []
    for own in items(header, "PerFrameFunctionalGroupsSequence"):
        which = item(own, "SegmentIdentificationSequence")
        if not len(which):
            which = item(shared, "SegmentIdentificationSequence")
        found.append(names[int(which.ReferencedSegmentNumber)])
    return found


def _slots(frame: Frame, places: list[Place], header: Dataset) -> tuple[tuple[int, ...], Grid]:
    """Return the third index of every frame, and the grid that holds them all."""
    across, down, normal = places[0].directions
    positions = np.array([place.position for place in places])
    along = positions @ normal
    step = _step(along, header, places[0].thickness)
    exact = (along - along.min()) / step
    slots = np.rint(exact).astype(int)
    if np.abs(exact - slots).max() > _OFF_PLANE:
        raise UnusableSeriesError("segmentation with unevenly spaced frames")
    first = places[int(np.argmin(along))]
    rows, columns = first.spacing
    shape = (frame.shape[2], frame.shape[1], int(slots.max()) + 1)
    if wrong := excess(shape):
        raise UnusableSeriesError(f"segmentation that {wrong}")
    affine = first.affine((across * columns, down * rows, normal * step))
    return tuple(map(int, slots)), Grid(shape, affine)


def _step(along: Float64, header: Dataset, thickness: float) -> float:
    """Return the distance of neighbouring frames: the smallest there is, else as stated."""
    gaps = np.diff(np.unique(np.round(along, 3)))
    if gaps.size:
        return float(gaps.min())
    measures = item(item(header, "SharedFunctionalGroupsSequence"), "PixelMeasuresSequence")
    stated = numbers(measures, "SpacingBetweenSlices", 1)
    return stated[0] if stated and stated[0] > 0 else thickness
