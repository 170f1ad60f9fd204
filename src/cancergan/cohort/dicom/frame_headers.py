"""Reading the frames that a header declares, of classic and of enhanced multi-frame objects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cancergan.cohort.dicom.frames import MARKS, Frame, Place
from cancergan.cohort.dicom.headers import item, items, numbers, text, transfer_syntax
from cancergan.cohort.limits import excess

if TYPE_CHECKING:
    from pydicom import Dataset

# Transfer syntaxes that keep pixels as they are: implicit, explicit, big endian.
_PLAIN = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
# More than any film has; each frame costs memory before a pixel is read.
_MAX_BARE_FRAMES = 100_000


def frames_of(file: Path, header: Dataset) -> tuple[Frame, ...]:
    """Return the frames that a header declares.

    Raises:
        ValueError: values that are none, or more pixels than the limit of one image.
    """
    stated = numbers(header, "NumberOfFrames", 1)
    count = int(stated[0]) if stated else 1
    shape = (_channels(header), int(header.Rows), int(header.Columns))
    if wrong := excess((count, *shape)):
        raise ValueError(f"it {wrong}")
    _refuse_short_file(file, header, count)
    shared, each = item(header, "SharedFunctionalGroupsSequence"), _groups(header, count)
    return tuple(
        Frame(
            file=file,
            number=number,
            shape=shape,
            place=_place(header, shared, own),
            rescale=_rescale(header, shared, own),
            marks=_marks(header, shared, own),
            picture_spacing=_picture_spacing(header),
            bits=_bits(header),
        )
        for number, own in enumerate(each)
    )


def _channels(header: Dataset) -> int:
    coloured = text(header, "PhotometricInterpretation") == "PALETTE COLOR"
    return 3 if coloured else int(header.get("SamplesPerPixel") or 1)


def _bits(header: Dataset) -> int:
    """Return the bits of a value as decoded; those of the palette's entries where there is one."""
    if text(header, "PhotometricInterpretation") == "PALETTE COLOR":
        entries = numbers(header, "RedPaletteColorLookupTableDescriptor", 3)
        return int(entries[2]) if entries else 8
    return int(header.get("BitsAllocated") or 16)


def _groups(header: Dataset, count: int) -> list[Dataset]:
    """Return the frames' own functional groups, empty ones for a classic object."""
    from pydicom import Dataset

    found = items(header, "PerFrameFunctionalGroupsSequence")
    if found and len(found) != count:
        raise ValueError(f"it declares {count} frames and describes {len(found)}")
    if not found and count > _MAX_BARE_FRAMES:
        raise ValueError(f"it declares {count:,} frames without a word on any")
    return found or [Dataset()] * count


def _refuse_short_file(file: Path, header: Dataset, count: int) -> None:
    """Check that a file is as long as the pixels that it declares, where they are not encoded."""
    if transfer_syntax(header) not in _PLAIN:
        return
    samples = int(header.get("SamplesPerPixel") or 1)
    subsampled = text(header, "PhotometricInterpretation") == "YBR_FULL_422"
    bits = int(header.get("BitsAllocated") or 16) * (2 if subsampled else samples)
    needed = -(-count * int(header.Rows) * int(header.Columns) * bits // 8)
    if (there := file.stat().st_size) < needed:
        raise ValueError(f"it is cut off: {there:,} bytes for {needed:,} of pixels")


def _place(header: Dataset, shared: Dataset, own: Dataset) -> Place | None:
    def found(sequence: str, tag: str, count: int) -> tuple[float, ...] | None:
        for group in (own, shared):
            if (values := numbers(item(group, sequence), tag, count)) is not None:
                return values
        # An object with groups states places in them; a root value would be that of no one frame.
        return None if len(own) else numbers(header, tag, count)

    position = found("PlanePositionSequence", "ImagePositionPatient", 3)
    along = found("PlaneOrientationSequence", "ImageOrientationPatient", 6)
    spacing = found("PixelMeasuresSequence", "PixelSpacing", 2)
    several = not len(own) and header.get("NumberOfFrames") not in (None, "", 1)
    if position is None or along is None or spacing is None or several:
        return None
    if min(spacing) <= 0:
        raise ValueError(f"PixelSpacing holds {spacing}")
    lengths = (np.hypot.reduce(along[:3]), np.hypot.reduce(along[3:]), np.dot(along[:3], along[3:]))
    if not np.allclose(lengths, (1.0, 1.0, 0.0), atol=1e-3):
        raise ValueError("ImageOrientationPatient holds no two unit vectors at right angles")
    thickness = found("PixelMeasuresSequence", "SliceThickness", 1) or (0.0,)
    return Place(position, along, spacing, thickness[0] if thickness[0] > 0 else 1.0)


def _rescale(header: Dataset, shared: Dataset, own: Dataset) -> tuple[float, float]:
    for group in (own, shared):
        scale = item(group, "PixelValueTransformationSequence")
        if len(scale):
            break
    else:
        scale = header
    slope, intercept = numbers(scale, "RescaleSlope", 1), numbers(scale, "RescaleIntercept", 1)
    if slope == (0.0,):
        raise ValueError("RescaleSlope is 0")
    return slope[0] if slope else 1.0, intercept[0] if intercept else 0.0


def _marks(header: Dataset, shared: Dataset, own: Dataset) -> tuple[str, ...]:
    return tuple(
        text(item(own, group), tag)
        or text(item(shared, group), tag)
        or (text(header, classic) if classic else "")
        for _, group, tag, classic in MARKS
    )


def _picture_spacing(header: Dataset) -> tuple[float, ...]:
    for tag in ("PixelSpacing", "ImagerPixelSpacing"):
        spacing = numbers(header, tag, 2)
        if spacing is not None and min(spacing) > 0:
            return spacing
    return (1.0, 1.0)
