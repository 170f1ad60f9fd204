"""NIfTI volumes: the file's array order, its affine (RAS+) and its scaled numbers."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cancergan.cohort.damage import readable
from cancergan.cohort.limits import refuse_excess, refuse_short
from cancergan.cohort.pixels import AnyArray, Header, Pixels, narrow
from cancergan.core.errors import BadInputError

SUFFIXES: tuple[str, ...] = (".nii", ".nii.gz")


def read_header(path: Path) -> Header:
    """Return shape and data type without decoding the pixels."""
    with _opened(path) as image:
        slope, intercept = image.dataobj.slope, image.dataobj.inter
        plain = (slope, intercept) == (1.0, 0.0)
        dtype = image.get_data_dtype() if plain else np.dtype(np.float32)
        shape = _channels_first_shape(image.shape, path)
        return Header(shape, dtype, _spacing(image, len(shape) - 1))


def read_image(path: Path) -> Pixels:
    """Return the image in physical units; affine None where the file states no orientation."""
    with _opened(path) as image:
        shape = _channels_first_shape(image.shape, path)
        stored = _decoded(image, path)
        oriented = bool(image.header["sform_code"]) or bool(image.header["qform_code"])
        affine = np.asarray(image.affine, dtype=np.float64) if oriented else None
        spacing = _spacing(image, len(shape) - 1)
    return Pixels(narrow(_channels_first(stored, shape)), spacing=spacing, affine=affine)


def read_labels(path: Path) -> AnyArray:
    """Return the array as stored, without singleton channel axes."""
    with _opened(path) as image:
        shape = _channels_first_shape(image.shape, path)
        if shape[0] != 1:
            raise BadInputError(f"{path}: the mask has {shape[0]} channels. Save it with one.")
        return np.asarray(_channels_first(_decoded(image, path), shape)[0])


def write_image(path: Path, pixels: Pixels) -> None:
    """Write float32 with spacing and affine; two-dimensional colour uses NIfTI's fifth axis."""
    _write(path, _channels_last(pixels.image.astype(np.float32)), pixels)


def write_mask(path: Path, pixels: Pixels) -> None:
    """Write the mask of a case with the geometry of its image."""
    assert pixels.mask is not None
    _write(path, pixels.mask, pixels)


def _write(path: Path, array: AnyArray, pixels: Pixels) -> None:
    import nibabel

    image: Any = nibabel.Nifti1Image(array, pixels.affine)  # type: ignore[no-untyped-call]
    zooms = list(image.header.get_zooms())
    zooms[: len(pixels.spacing)] = pixels.spacing
    image.header.set_zooms(zooms)
    nibabel.save(image, path)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import nibabel
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError

    damage = (ImageFileError, HeaderDataError, OSError, EOFError, ValueError, zlib.error)
    with readable(path, *damage):
        yield nibabel.load(path)


def _decoded(image: Any, path: Path) -> AnyArray:
    """Return the scaled numbers, having checked that the file can hold what it declares."""
    refuse_excess(image.shape, path)
    needed = math.prod(image.shape) * image.get_data_dtype().itemsize
    refuse_short(path, needed, packed=path.suffix.lower() == ".gz")
    return np.asanyarray(image.dataobj)


def _spacing(image: Any, axes: int) -> tuple[float, ...]:
    sizes = [float(size) for size in image.header.get_zooms()[:axes]]
    return tuple(size if size > 0 else 1.0 for size in sizes)


def _channels_first_shape(shape: tuple[int, ...], path: Path) -> tuple[int, ...]:
    """(x, y) and (x, y, z) have one channel; (x, y, z, C), (x, y, 1, 1, C), (x, y, z, 1, C)."""
    if len(shape) in (2, 3):
        return (1, *shape)
    if len(shape) == 4:
        return (shape[3], *shape[:3])
    if len(shape) == 5 and shape[3] == 1:
        return (shape[4], *shape[: 2 if shape[2] == 1 else 3])
    raise BadInputError(f"{path}: has shape {shape}. Save one image a file, channels last.")


def _channels_first(stored: AnyArray, shape: tuple[int, ...]) -> AnyArray:
    if stored.ndim <= 3:
        return stored[None]
    return np.ascontiguousarray(np.moveaxis(stored, -1, 0)).reshape(shape)


def _channels_last(image: AnyArray) -> AnyArray:
    if image.shape[0] == 1:
        return np.asarray(image[0])
    last = np.moveaxis(image, 0, -1)
    return last if last.ndim == 4 else last[:, :, None, None, :]
