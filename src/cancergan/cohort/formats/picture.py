"""PNG, JPEG, TIFF and BMP pictures with 8 or 16 bit: (C, row, column), depth never reduced."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cancergan.cohort.damage import readable
from cancergan.cohort.limits import refuse_excess, refuse_short
from cancergan.cohort.pixels import AnyArray, Header, Pixels, narrow
from cancergan.core.errors import BadInputError

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES: tuple[str, ...] = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
_TRUE_MODE = {"1": "L", "P": "RGB", "PA": "RGB", "RGBA": "RGB", "CMYK": "RGB", "YCbCr": "RGB",
              "LA": "L"}  # fmt: skip
_BITS_PER_SAMPLE, _SAMPLES_PER_PIXEL = 258, 277


def read_header(path: Path) -> Header:
    """Return shape and data type without decoding the pixels."""
    if _needs_tifffile(path):
        pixels = read_image(path)
        return Header(pixels.image.shape, pixels.image.dtype, pixels.spacing)
    with _opened(path) as picture:
        mode = _TRUE_MODE.get(picture.mode, picture.mode)
        dtype = {"L": "u1", "RGB": "u1", "I": "i4", "F": "f4"}.get(mode, "u2")
        channels = 3 if mode == "RGB" else 1
        return Header((channels, picture.height, picture.width), np.dtype(dtype), (1.0, 1.0))


def read_image(path: Path) -> Pixels:
    """Return the picture; alpha is dropped, a palette becomes RGB, 1 bit becomes 0 and 255."""
    if _needs_tifffile(path):
        return _read_deep_tiff(path)
    with _opened(path) as picture:
        wanted = _TRUE_MODE.get(picture.mode)
        array = np.asarray(picture.convert(wanted) if wanted else picture)
    channels_first = array[None] if array.ndim == 2 else np.moveaxis(array, -1, 0)
    return Pixels(narrow(np.ascontiguousarray(channels_first)), spacing=(1.0, 1.0))


def read_labels(path: Path) -> AnyArray:
    """Return the stored numbers: palette indices as they are, one channel."""
    if _needs_tifffile(path):
        array = _read_deep_tiff(path).image
    else:
        with _opened(path) as picture:
            if picture.mode in ("P", "L"):
                return np.asarray(picture)
        array = read_image(path).image
    if not (array == array[:1]).all():
        raise BadInputError(f"{path}: is a mask in colour. Save it with one number per pixel.")
    return np.asarray(array[0])


@contextmanager
def _opened(path: Path) -> Iterator[Image]:
    from PIL import Image

    with _readable(path), Image.open(path) as picture:
        if path.suffix.lower() == ".png":
            _refuse_deep_colour(path)
        yield picture


def _readable(path: Path) -> AbstractContextManager[None]:
    from PIL import Image

    return readable(
        path, OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError,
        EOFError, OverflowError, ZeroDivisionError, RuntimeError, struct.error, zlib.error,
        Image.DecompressionBombError,
    )  # fmt: skip


def _refuse_deep_colour(path: Path) -> None:
    """Pillow would cut 16-bit colour to 8 bit without a word; say it instead."""
    with path.open("rb") as file:
        start = file.read(26)
    depth, colour_type = start[24:26]
    if depth == 16 and colour_type != 0:
        raise BadInputError(
            f"{path}: is a 16-bit colour PNG, which cannot be read here without loss. "
            "Save it as TIFF or .npy."
        )


def _needs_tifffile(path: Path) -> bool:
    """Say whether a TIFF has several pages or deep colour, which Pillow would reduce."""
    if not path.suffix.lower().startswith(".tif"):
        return False
    with _opened(path) as picture:
        tags = getattr(picture, "tag_v2", {})
        bits, samples = tags.get(_BITS_PER_SAMPLE, (1,)), tags.get(_SAMPLES_PER_PIXEL, 1)
        deep_colour = max(bits) > 8 and samples > 1
        return deep_colour or getattr(picture, "n_frames", 1) > 1


def _refuse_hollow_tiff(series: Any, path: Path) -> None:
    """Check that a file can hold the pixels and the strips that it declares."""
    refuse_excess(series.shape, path)
    strips = math.prod(series.keyframe.chunked)
    plain = series.keyframe.compression == 1
    # tifffile goes through absent strips one by one; each one that is there has a byte at least.
    refuse_short(path, series.nbytes if plain else strips, packed=False)


def _read_deep_tiff(path: Path) -> Pixels:
    import tifffile

    with _readable(path), tifffile.TiffFile(path) as file:
        series = file.series[0]
        _refuse_hollow_tiff(series, path)
        array, axes = series.asarray(), series.axes
    if axes == "YXS":
        array, axes = np.moveaxis(array, -1, 0), "SYX"
    if axes == "SYX":
        image = array[: 1 if len(array) == 2 else 3]
    elif axes == "YX" or (len(axes) == 3 and axes.endswith("YX")):
        image = array[None]
    else:
        raise BadInputError(f"{path}: has the axes {axes}. Save it as a picture or a stack.")
    return Pixels(narrow(np.ascontiguousarray(image)), spacing=(1.0,) * (image.ndim - 1))
