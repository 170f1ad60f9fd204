"""Stacks of frames as images: slices sorted along their normal, with geometry in RAS+."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.dicom.decoding import decoded
from cancergan.cohort.dicom.frames import Frame, Place
from cancergan.cohort.dicom.stacks import UnusableSeriesError
from cancergan.cohort.limits import excess
from cancergan.cohort.pixels import Header, Pixels, narrow

# Gaps between slices may differ by this share of their median before it counts as an error.
_SPACING_TOLERANCE = 0.02
_SHOWN_GAPS = 5
# Below this angle a tilt is rounding in the file.
_TILT_DEGREES = 0.1


@dataclass(frozen=True)
class DicomImage:
    """One picture (a frame) or one volume (frames sorted along their normal).

    Attributes:
        frames: at least one.
        known: shape, data type and spacing as the headers have them.
        affine: (4, 4), RAS+; None without a place. A picture's third column is its normal.
        notes: what a user should know of it.
    """

    frames: tuple[Frame, ...]
    known: Header
    affine: Float64 | None
    notes: tuple[str, ...] = ()

    def header(self) -> Header:
        """Return shape and data type as found in the headers."""
        return self.known

    def pixels(self) -> Pixels:
        """Decode, rescale and stack the frames: (C, row, column), or (C, x, y, z) for volumes."""
        if len(self.known.shape) == 3:
            image = next(decoded(self.frames))
        else:
            image = np.stack([one.swapaxes(1, 2) for one in decoded(self.frames)], axis=-1)
        return Pixels(narrow(image), spacing=self.known.spacing, affine=self.affine)

    @property
    def grid(self) -> tuple[tuple[int, int, int], Float64] | None:
        """Shape and affine in three dimensions, a picture being one slice thick; None unplaced."""
        if self.affine is None:
            return None
        a, b, c = (*self.known.shape[1:], 1)[:3]
        return (a, b, c), self.affine


def image_of(frames: Sequence[Frame]) -> DicomImage:
    """Return frames as what they are: a picture, a volume, or a film without places.

    Raises:
        UnusableSeriesError: slices are missing, unevenly spaced or out of line, or too many.
    """
    if len(frames) == 1:
        return picture_of(frames[0])
    return film_of(frames) if frames[0].place is None else volume_of(frames)


def picture_of(frame: Frame) -> DicomImage:
    """Return a single frame as a picture (C, row, column)."""
    place = frame.place
    if place is None:
        return DicomImage((frame,), _header([frame], frame.shape, frame.picture_spacing), None)
    across, down, normal = place.directions
    rows, columns = place.spacing
    affine = place.affine((down * rows, across * columns, normal * place.thickness))
    return DicomImage((frame,), _header([frame], frame.shape, place.spacing), affine)


def film_of(frames: Sequence[Frame]) -> DicomImage:
    """Return frames without a place as (C, x, y, frame) in their own order."""
    channels, rows, columns = frames[0].shape
    spacing = (*reversed(frames[0].picture_spacing), 1.0)
    shape = (channels, columns, rows, len(frames))
    notes = (f"{len(frames)} frames have no position: they follow one another on the third axis",)
    return DicomImage(tuple(frames), _header(frames, shape, spacing), None, notes)


def volume_of(frames: Sequence[Frame]) -> DicomImage:
    """Return parallel frames, each at a place of its own, as a volume.

    Raises:
        UnusableSeriesError: slices are missing, unevenly spaced or out of line, or too many.
    """
    places = [frame.place for frame in frames if frame.place is not None]
    across, down, normal = places[0].directions
    positions = np.array([place.position for place in places])
    order = np.argsort(positions @ normal, kind="stable")
    positions = positions[order]
    _check_steps(positions @ normal)
    step = (positions[-1] - positions[0]) / (len(frames) - 1)
    _check_line(positions, step)
    channels, rows, columns = frames[0].shape
    row_spacing, column_spacing = places[0].spacing
    shape = (channels, columns, rows, len(frames))
    if wrong := excess(shape):
        raise UnusableSeriesError(wrong)
    spacing = (column_spacing, row_spacing, float(np.linalg.norm(step)))
    first: Place = places[order[0]]
    return DicomImage(
        frames=tuple(frames[i] for i in order),
        known=_header(frames, shape, spacing),
        affine=first.affine((across * column_spacing, down * row_spacing, step)),
        notes=_tilt(step, normal),
    )


def _tilt(step: Float64, normal: Float64) -> tuple[str, ...]:
    sideways = np.linalg.norm(np.cross(step, normal))
    degrees = float(np.degrees(np.arctan2(sideways, step @ normal)))
    if degrees < _TILT_DEGREES:
        return ()
    return (
        f"the gantry was tilted by {degrees:.1f} degrees: slices are sheared, as the affine says. "
        "Resample before you measure distances",
    )


def _check_steps(along: Float64) -> None:
    """Check that sorted positions along the normal, in millimetres, are evenly spaced."""
    steps = np.diff(along)
    usual = float(np.percentile(steps, 50, method="lower"))
    if steps.min() < 1e-3:
        raise UnusableSeriesError(
            f"{int((steps < 1e-3).sum())} slices lie in the plane of another, beside it"
        )
    if steps.max() > 1.5 * usual:
        raise UnusableSeriesError(_gaps_in_words(along, usual))
    if np.abs(steps - usual).max() > _SPACING_TOLERANCE * usual:
        raise UnusableSeriesError(
            f"slices lie between {steps.min():.3f} and {steps.max():.3f} mm apart"
        )


def _gaps_in_words(along: Float64, usual: float) -> str:
    counts = np.rint(np.diff(along) / usual).astype(int) - 1
    missing = int(counts.sum())
    shown = [
        f"{along[index] + usual * (number + 1):.2f}"
        for index in np.flatnonzero(counts > 0)[:_SHOWN_GAPS]
        for number in range(min(counts[index], _SHOWN_GAPS))
    ][:_SHOWN_GAPS]
    more = f" and {missing - len(shown)} more" if missing > len(shown) else ""
    noun = "1 slice is" if missing == 1 else f"{missing} slices are"
    return f"{noun} missing, at {', '.join(shown)} mm{more} along the normal"


def _check_line(positions: Float64, step: Float64) -> None:
    """Check that slices follow one another on a straight line."""
    straight = positions[0] + np.arange(len(positions))[:, None] * step
    off = float(np.linalg.norm(positions - straight, axis=1).max())
    if off > max(0.1, 10 * _SPACING_TOLERANCE * float(np.linalg.norm(step))):
        raise UnusableSeriesError(f"slices lie up to {off:.2f} mm off a straight line")


def _header(frames: Sequence[Frame], shape: tuple[int, ...], spacing: Sequence[float]) -> Header:
    return Header(shape, _dtype(frames), tuple(spacing))


def _dtype(frames: Sequence[Frame]) -> np.dtype[np.generic]:
    rescales = {frame.rescale for frame in frames}
    if rescales == {(1.0, 0.0)} and frames[0].bits <= 8:
        return np.dtype(np.uint8)
    whole = all(slope.is_integer() and shift.is_integer() for slope, shift in rescales)
    return np.dtype(np.int16 if whole and frames[0].bits <= 16 else np.float32)
