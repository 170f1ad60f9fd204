"""One file each for the formats of a single image: read its header, read its pixels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from cancergan.cohort.formats import dicom, nifti, nrrd, numpy_array, picture
from cancergan.cohort.pixels import AnyArray, Header, Pixels, whole_numbers
from cancergan.core.errors import BadInputError


class Format(Protocol):
    """What a module of this package offers."""

    SUFFIXES: tuple[str, ...]

    def read_header(self, path: Path) -> Header:
        """Return shape and data type of an image file."""

    def read_image(self, path: Path) -> Pixels:
        """Return the image of a file with its geometry."""

    def read_labels(self, path: Path) -> AnyArray:
        """Return the array of a mask file as stored."""


FORMATS: tuple[Format, ...] = (picture, numpy_array, nifti, nrrd, dicom)
SUFFIXES = tuple(suffix for format_ in FORMATS for suffix in format_.SUFFIXES)


def image_suffix(path: Path) -> str:
    """Return the suffix of a known image format (".nii.gz" counts as one), else ""."""
    name = path.name.lower()
    return max((suffix for suffix in SUFFIXES if name.endswith(suffix)), key=len, default="")


def stem(path: Path) -> str:
    """Return the file name without the suffix of its format."""
    return path.name[: len(path.name) - len(image_suffix(path))]


def is_image(path: Path) -> bool:
    """Say whether a path is a visible file of a known format."""
    return not path.name.startswith(".") and bool(image_suffix(path)) and path.is_file()


def require_content(paths: Iterable[Path]) -> None:
    """Raise BadInputError for the first file that is missing or holds no byte."""
    for path in paths:
        if not path.is_file():
            raise BadInputError(f"{path}: not found. Restore the file or remove its row.")
        if path.stat().st_size == 0:
            raise BadInputError(f"{path}: is empty (0 bytes). Restore the file or remove it.")


def _format(path: Path) -> Format:
    suffix = image_suffix(path)
    for format_ in FORMATS:
        if suffix in format_.SUFFIXES:
            return format_
    raise BadInputError(f"{path}: unknown kind of image file. Known: {', '.join(SUFFIXES)}.")


def read_header(path: Path) -> Header:
    """Return shape (C, *spatial) and data type of an image file."""
    require_content([path])
    return _format(path).read_header(path)


def read_image(path: Path) -> Pixels:
    """Return the image of a file with its geometry.

    Raises:
        BadInputError: the file is missing, empty, truncated, corrupt or of an unknown kind.
    """
    require_content([path])
    return _format(path).read_image(path)


def read_mask(path: Path) -> AnyArray:
    """Return a mask file as whole numbers, shape (*spatial).

    Raises:
        BadInputError: as for images, or it holds fractions or several channels.
    """
    require_content([path])
    stored = _format(path).read_labels(path)
    try:
        return whole_numbers(stored)
    except BadInputError as error:
        raise BadInputError(f"{path}: {error}") from None
