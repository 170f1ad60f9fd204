"""The arrays of one case in their own data type, and what a source of them has to offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.core.errors import BadInputError

AnyArray = npt.NDArray[Any]


@dataclass(frozen=True)
class Header:
    """What is known of an image without reading it.

    Attributes:
        shape: (C, *spatial).
        dtype: data type as stored.
        spacing: millimetres per spatial axis; 1.0 where unknown.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    spacing: tuple[float, ...]


@dataclass(frozen=True)
class Pixels:
    """The arrays of one case, in the data type of their file.

    Attributes:
        image: (C, *spatial) in physical units.
        mask: (*spatial) whole numbers, or None.
        spacing: millimetres per spatial axis; 1.0 where unknown.
        affine: (4, 4) from array index to patient millimetres (RAS+), or None.
        arrays: further arrays on the same grid by column name, each (C', *spatial).
    """

    image: AnyArray
    mask: AnyArray | None = None
    spacing: tuple[float, ...] = ()
    affine: Float64 | None = None
    arrays: Mapping[str, AnyArray] = field(default_factory=dict)


class Source(Protocol):
    """Anything that can say the header of a case's image, and its pixels."""

    def header(self) -> Header:
        """Return shape and data type, reading as little as possible."""

    def pixels(self) -> Pixels:
        """Return the pixels; raise BadInputError naming the file that cannot be read."""


def narrow(array: AnyArray) -> AnyArray:
    """Return the array in a data type that cohorts keep, without loss wherever there is one.

    Cohorts keep uint8, int16, uint16 and float32. Wider whole numbers become 16 bit where they
    fit, else float32; bool becomes float32 0 and 1, since uint8 stands for 0-255 pictures.
    """
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype in (np.uint8, np.int16, np.uint16, np.float32):
        return array
    if array.dtype.kind in "iu" and array.size:
        low, high = int(array.min()), int(array.max())
        for dtype in (np.int16, np.uint16):
            if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
                return array.astype(dtype)
    if array.dtype.kind in "iufb":
        return array.astype(np.float32)
    raise BadInputError(f"pixels of type {array.dtype} are not numbers. Give real numbers.")


def whole_numbers(mask: AnyArray) -> AnyArray:
    """Return a mask as whole numbers (uint8, int16, uint16 or int32).

    Raises:
        BadInputError: it holds fractions, NaN, or numbers beyond 32 bit.
    """
    mask = mask.astype(mask.dtype.newbyteorder("="), copy=False)
    if mask.dtype in (np.uint8, np.int16, np.uint16, np.int32):
        return mask
    if mask.dtype == bool:
        return mask.astype(np.uint8)
    whole = mask.dtype.kind in "iuf" and np.all(np.isfinite(mask)) and np.all(mask == np.rint(mask))
    if not whole or (mask.size and np.abs(mask).max() >= 2**31):
        raise BadInputError("the mask does not hold whole numbers. Save it as integers.")
    return mask.astype(np.int32)
