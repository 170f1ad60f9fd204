"""Text in the pixels: blank rectangles, and all of an ultrasound screen but its images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cancergan.cohort.pixels import AnyArray
from cancergan.core.errors import BadInputError

if TYPE_CHECKING:
    from pydicom import Dataset


@dataclass(frozen=True)
class Rectangle:
    """Columns ``left`` to ``right`` and rows ``top`` to ``bottom``, from 0, the last one excluded.

    >>> Rectangle.parse("0,0,120,16")
    Rectangle(left=0, top=0, right=120, bottom=16)
    """

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def parse(cls, text: str) -> Rectangle:
        """Return the rectangle in "left,top,right,bottom".

        Raises:
            BadInputError: the text has another form, or the rectangle is empty.
        """
        try:
            left, top, right, bottom = (int(part) for part in text.split(","))
        except ValueError:
            raise BadInputError(f'rectangle "{text}": needed is left,top,right,bottom.') from None
        if not (0 <= left < right and 0 <= top < bottom):
            raise BadInputError(f'rectangle "{text}": is empty or begins outside of the image.')
        return cls(left, top, right, bottom)


TextFinder = Callable[[AnyArray], Sequence[Rectangle]]


def blank(
    dataset: Dataset,
    rectangles: Sequence[Rectangle] = (),
    *,
    outside: Sequence[Rectangle] = (),
    finder: TextFinder | None = None,
) -> int:
    """Blacken parts of every frame in place, and return how many pixels that were.

    ``rectangles`` are blackened, and where ``outside`` names any, all that lies in none of them;
    ``finder`` gets each frame, (row, column) or (row, column, colour), and returns more. Compressed
    pixels are decompressed; no other pixel changes.

    Raises:
        BadInputError: pixels that cannot be decoded, or kept in a way that is not known here.
    """
    frames = _decoded(dataset)
    hidden = np.zeros(frames.shape[:3], bool)
    if outside:
        hidden[:] = True
        for rectangle in outside:
            hidden[:, rectangle.top : rectangle.bottom, rectangle.left : rectangle.right] = False
    for number, frame in enumerate(frames):
        for one in (*rectangles, *(finder(frame) if finder else ())):
            hidden[number, one.top : one.bottom, one.left : one.right] = True
    frames[hidden] = _black(dataset, frames)
    dataset.PixelData = frames.tobytes() + b"\0" * (frames.nbytes % 2)
    return int(hidden.sum())


def ultrasound_regions(dataset: Dataset) -> list[Rectangle]:
    """Return where an ultrasound screen shows images (PS3.3, C.8.5.5); text lies elsewhere."""
    regions = []
    for item in dataset.get("SequenceOfUltrasoundRegions") or ():
        corners = [
            item.get(name)
            for name in (
                "RegionLocationMinX0", "RegionLocationMinY0", "RegionLocationMaxX1",
                "RegionLocationMaxY1",
            )
        ]  # fmt: skip
        if None not in corners:
            left, top, right, bottom = (int(corner) for corner in corners)
            regions.append(Rectangle(left, top, right + 1, bottom + 1))
    return regions


def _decoded(dataset: Dataset) -> AnyArray:
    """Return the stored numbers as (frame, row, column[, sample]), decompressed in place."""
    damage = (AttributeError, ValueError, RuntimeError, NotImplementedError)
    try:
        if dataset.file_meta.TransferSyntaxUID.is_compressed:
            dataset.decompress(generate_instance_uid=False)
        if dataset.PhotometricInterpretation == "YBR_FULL_422" or dataset.BitsAllocated < 8:
            raise BadInputError("pixels that share bytes cannot be blackened one by one.")
        pixels = dataset.pixel_array
    except damage as error:
        raise BadInputError(f"pixels cannot be decoded ({' '.join(str(error).split())}).") from None
    if dataset.get("SamplesPerPixel", 1) > 1:
        dataset.PlanarConfiguration = 0
    single = int(dataset.get("NumberOfFrames") or 1) == 1
    return np.array(pixels[None] if single else pixels)


def _black(dataset: Dataset, frames: AnyArray) -> Any:
    """Return the number that shows as black."""
    meaning = dataset.PhotometricInterpretation
    if meaning == "YBR_FULL":
        return np.array([0, 128, 128], frames.dtype)
    if meaning in ("RGB", "PALETTE COLOR"):
        return 0
    return frames.max() if meaning == "MONOCHROME1" else frames.min()
