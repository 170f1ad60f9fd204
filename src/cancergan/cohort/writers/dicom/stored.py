"""Whole numbers that DICOM stores for an image: exactly where they can be, else to 16 bit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.pixels import AnyArray
from cancergan.core.errors import BadInputError

_LEVELS = 65535
# Between the 1st and the 99th percentile there must be so many steps of the stored numbers.
_STEPS_WITHIN = 1000


@dataclass(frozen=True)
class Stored:
    """An image as stored: physical = numbers * slope + intercept.

    Attributes:
        numbers: (C, *spatial) of uint8, int16 or uint16.
        slope, intercept: as sixteen characters of DICOM hold them.
        error: the largest difference to the image that was given; 0.0 where it is exact.
    """

    numbers: AnyArray
    slope: float = 1.0
    intercept: float = 0.0
    error: float = 0.0

    def physical(self) -> AnyArray:
        """Return the image as a reader computes it (float32)."""
        return (self.numbers * np.float64(self.slope) + self.intercept).astype(np.float32)


def stored(image: AnyArray) -> Stored:
    """Return an image of shape (C, *spatial) as stored numbers.

    Colour becomes 8 bit. Grey is exact where it is whole or lies on a lattice of 65,536
    values, such as what a rescale slope made; else it is rounded to 1/65,534 of its range.

    Raises:
        BadInputError: channels are neither 1 nor 3, numbers not finite, colour beyond 0 to 255, or
            outliers so far out that 16 bit would leave too few steps for the other pixels.
    """
    if len(image) not in (1, 3) or not np.isfinite(image).all():
        raise BadInputError("DICOM holds 1 or 3 channels of finite numbers.")
    if len(image) == 3:
        return _colour(image)
    if image.dtype in (np.uint8, np.int16, np.uint16):
        return Stored(image)
    return _whole(image) or _lattice(image) or _rounded(image)


def as_decimal(numbers: Float64 | list[float]) -> list[str]:
    """Return numbers in DICOM's sixteen characters, as exactly as these allow."""
    from pydicom.valuerep import format_number_as_ds

    # Adding zero turns -0.0, which some validators question, into 0.0.
    return [format_number_as_ds(float(number) + 0.0) for number in numbers]


def _colour(image: AnyArray) -> Stored:
    if not (image.min() >= 0 and image.max() <= 255):
        raise BadInputError("colour must lie within 0 and 255 for DICOM.")
    numbers = np.rint(image).astype(np.uint8)
    return Stored(numbers, error=float(np.abs(numbers - image.astype(np.float64)).max()))


def _whole(image: AnyArray) -> Stored | None:
    """Whole numbers are stored as they are where 16 bit hold them, else shifted."""
    low, high = float(image.min()), float(image.max())
    if high - low > _LEVELS or not (image == np.rint(image)).all():
        return None
    for dtype in (np.int16, np.uint16):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return Stored(image.astype(dtype))
    shifted = Stored((image.astype(np.float64) - low).astype(np.uint16), intercept=low)
    return shifted if np.array_equal(shifted.physical(), image) else None


def _lattice(image: AnyArray) -> Stored | None:
    """Fractions on a lattice: the shortest decimal step that gives back every value, if any."""
    values = np.unique(image)
    if len(values) > _LEVELS + 1:
        return None
    wide = values.astype(np.float64)
    low = float(np.format_float_positional(values[0]))
    intercept = float(as_decimal([low])[0])
    for slope in _slopes(wide):
        levels = np.rint((wide - intercept) / slope)
        if levels.min() < 0 or levels.max() > _LEVELS:
            continue
        if np.array_equal(Stored(levels, slope, intercept).physical(), values):
            numbers = levels.astype(np.uint16)[np.searchsorted(values, image)]
            return Stored(numbers, slope, intercept)
    return None


def _slopes(values: Float64) -> list[float]:
    """Return decimal steps that may lie between sorted values, the likely and short ones first.

    Where the values have wide gaps, counting from one to the next goes wrong; then the least
    difference itself, to few digits, is often the step that a scanner's slope made.
    """
    least = float(np.diff(values).min()) if len(values) > 1 else 1.0
    counted = [float(f"{_step(values):.{digits}g}") for digits in range(1, 11)]
    return counted + [float(f"{least:.{digits}g}") for digits in range(1, 5)]


def _step(values: Float64) -> float:
    """Return the step between sorted values of a lattice, better than float32 tells of two of them.

    The least difference carries the rounding of float32; values ever farther from the first tell
    the step ever more exactly, and each look goes only as far as the last one can count.
    """
    if len(values) == 1:
        return 1.0
    step = float(np.diff(values).min())
    for reach in (16, 256, 4096, _LEVELS):
        near = values[values - values[0] <= (reach + 0.5) * step]
        if len(near) > 1:
            step = float((near[-1] - near[0]) / np.rint((near[-1] - near[0]) / step))
    return step


def _rounded(image: AnyArray) -> Stored:
    low, high = float(image.min()), float(image.max())
    # The decimal slope may be a hair too small for the top level: one level stays in reserve.
    slope = float(as_decimal([(high - low) / (_LEVELS - 1)])[0])
    intercept = float(as_decimal([low])[0])
    first, last = np.percentile(image, (1, 99))
    if 0 < last - first < _STEPS_WITHIN * slope:
        raise BadInputError(
            f"pixels reach from {low:.6g} to {high:.6g}, but 98 % of them lie within "
            f"{last - first:.3g}: 16 bit would round these away. Clip the outliers, or use nifti."
        )
    levels = np.rint((image.astype(np.float64) - intercept) / slope)
    numbers = np.clip(levels, 0, _LEVELS).astype(np.uint16)
    plain = Stored(numbers, slope, intercept)
    error = float(np.abs(plain.physical().astype(np.float64) - image).max())
    return Stored(numbers, slope, intercept, error)
