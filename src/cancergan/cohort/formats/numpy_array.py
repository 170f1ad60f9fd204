"""NumPy's .npy files: (C, *spatial) arrays as they are; (row, column) counts as one channel."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cancergan.cohort.damage import HEADER_DAMAGE, readable
from cancergan.cohort.limits import refuse_excess
from cancergan.cohort.pixels import AnyArray, Header, Pixels, narrow
from cancergan.core.errors import BadInputError

SUFFIXES: tuple[str, ...] = (".npy",)


def read_header(path: Path) -> Header:
    """Return shape and data type from the header alone."""
    array = _with_channel(_load(path, lazily=True), path)
    return Header(array.shape, array.dtype, (1.0,) * (array.ndim - 1))


def read_image(path: Path) -> Pixels:
    """Return the array with a channel axis in front."""
    image = narrow(_with_channel(_load(path), path))
    return Pixels(image, spacing=(1.0,) * (image.ndim - 1))


def read_labels(path: Path) -> AnyArray:
    """Return the array as stored."""
    return _load(path)


def _load(path: Path, *, lazily: bool = False) -> AnyArray:
    with readable(path, *HEADER_DAMAGE):
        # Mapped first: a header that declares more than the file holds fails without allocation.
        loaded = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(loaded, np.ndarray):
        raise BadInputError(f"{path}: is not a .npy file. Save it with numpy.save.")
    refuse_excess(loaded.shape, path)
    return loaded if lazily else np.array(loaded)


def _with_channel(array: AnyArray, path: Path) -> AnyArray:
    if array.ndim == 2:
        return array[None]
    if array.ndim not in (3, 4):
        raise BadInputError(
            f"{path}: has shape {array.shape}. Needed: (channels, rows, columns) or "
            "(channels, x, y, z); (rows, columns) counts as one channel."
        )
    return array
