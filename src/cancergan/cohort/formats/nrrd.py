"""NRRD volumes: the file's array order; its space (LPS, LAS or RAS) becomes RAS+."""

from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.damage import readable
from cancergan.cohort.limits import refuse_excess, refuse_short
from cancergan.cohort.pixels import AnyArray, Header, Pixels, narrow
from cancergan.core.errors import BadInputError

SUFFIXES: tuple[str, ...] = (".nrrd", ".nhdr")
_FIELDS = ("dimension", "type", "sizes", "encoding")
# pynrrd reads skipped lines one by one, also beyond the end of the file.
_MAX_LINE_SKIP = 10_000
_DOMAIN_KINDS = ("domain", "space", "none", "???")
_TO_RAS = {
    "left-posterior-superior": (-1, -1, 1), "lps": (-1, -1, 1),
    "left-anterior-superior": (-1, 1, 1), "las": (-1, 1, 1),
    "right-anterior-superior": (1, 1, 1), "ras": (1, 1, 1),
}  # fmt: skip


def read_header(path: Path) -> Header:
    """Return shape and data type without decoding the pixels."""
    header = _read(path, pixels=False)[1]
    sizes = tuple(int(size) for size in header["sizes"])
    channel = _channel_axis(header, path)
    shape = (1, *sizes)
    if channel is not None:
        shape = (sizes[channel], *sizes[:channel], *sizes[channel + 1 :])
    return Header(shape, np.dtype(_numpy_type(header)), _spacing(header, len(shape) - 1))


def read_image(path: Path) -> Pixels:
    """Return the image with its spacing and affine."""
    stored, header = _read(path)
    image = _channels_first(stored, header, path)
    affine = _affine(header)
    return Pixels(narrow(image), spacing=_spacing(header, image.ndim - 1), affine=affine)


def read_labels(path: Path) -> AnyArray:
    """Return the array as stored."""
    stored, header = _read(path)
    labels = _channels_first(stored, header, path)
    if len(labels) != 1:
        raise BadInputError(f"{path}: the mask has {len(labels)} channels. Save it with one.")
    return np.asarray(labels[0])


def _read(path: Path, *, pixels: bool = True) -> tuple[AnyArray, dict[str, Any]]:
    import nrrd

    damage = (nrrd.NRRDError, OSError, EOFError, ValueError, KeyError, zlib.error)
    with readable(path, *damage):
        header = nrrd.read_header(str(path))
        _check(header, path)
        if not pixels:
            return np.empty(0), header
        stored, header = nrrd.read(str(path), index_order="F")
        return stored, header


def _check(header: dict[str, Any], path: Path) -> None:
    """Check what pynrrd takes for granted: fields, counts, and that nothing outside is named.

    Raises:
        ValueError: a field is missing, or fields contradict one another.
        BadInputError: the image is too large, or its data lie outside the folder.
    """
    if missing := [name for name in _FIELDS if name not in header]:
        raise ValueError(f"the field {missing[0]} is missing")
    axes = int(header["dimension"])
    for name in ("sizes", "kinds", "space directions", "spacings"):
        if header.get(name) is not None and len(header[name]) != axes:
            raise ValueError(f"{name} has {len(header[name])} entries for {axes} axes")
    if header["type"] == "block":
        raise ValueError("its values are blocks of bytes")
    if not 0 <= int(header.get("line skip", 0)) <= _MAX_LINE_SKIP:
        raise ValueError(f"skips {header['line skip']} lines")
    _check_data_files(header, path)
    refuse_excess(header["sizes"], path)
    if header.get("encoding") == "raw" and path.suffix.lower() == ".nrrd":
        itemsize = np.dtype(_numpy_type(header)).itemsize
        refuse_short(path, math.prod(map(int, header["sizes"])) * itemsize, packed=False)


def _check_data_files(header: dict[str, Any], path: Path) -> None:
    named = header.get("data file", header.get("datafile", []))
    for name in [named] if isinstance(named, str) else named:
        place = (path.parent / str(name)).resolve()
        if not place.is_relative_to(path.parent.resolve()):
            raise BadInputError(f'{path}: its data file "{name}" lies outside the folder. Copy it.')


def _numpy_type(header: dict[str, Any]) -> str:
    import nrrd

    types: dict[str, str] = nrrd.reader._TYPEMAP_NRRD2NUMPY
    return types[header["type"]]


def _channel_axis(header: dict[str, Any], path: Path) -> int | None:
    kinds = [str(kind).lower() for kind in header.get("kinds", [])]
    axes = [i for i, kind in enumerate(kinds) if kind not in _DOMAIN_KINDS]
    if int(header["dimension"]) - len(axes) not in (2, 3) or len(axes) > 1:
        raise BadInputError(
            f"{path}: has {header['dimension']} axes of the kinds {kinds or 'unstated'}. "
            "Needed: two or three in space and at most one of channels."
        )
    return axes[0] if axes else None


def _channels_first(stored: AnyArray, header: dict[str, Any], path: Path) -> AnyArray:
    channel = _channel_axis(header, path)
    if channel is None:
        return stored[None]
    return np.ascontiguousarray(np.moveaxis(stored, channel, 0))


def _directions(header: dict[str, Any]) -> Float64 | None:
    """Return one row in millimetres per spatial axis, or None where the file has none."""
    if header.get("space directions") is None:
        return None
    rows = np.array(
        [np.full(3, np.nan) if row is None else row for row in header["space directions"]],
        dtype=np.float64,
    )
    return rows[~np.isnan(rows).any(axis=1)]


def _spacing(header: dict[str, Any], spatial: int) -> tuple[float, ...]:
    directions = _directions(header)
    if directions is not None:
        return tuple(float(size) for size in np.sqrt((directions**2).sum(axis=1)))
    sizes = [float(size) for size in header.get("spacings", []) if np.isfinite(size)]
    return tuple(sizes) if len(sizes) == spatial else (1.0,) * spatial


def _affine(header: dict[str, Any]) -> Float64 | None:
    directions, signs = _directions(header), _TO_RAS.get(str(header.get("space", "")).lower())
    if directions is None or signs is None or directions.shape != (3, 3):
        return None
    affine = np.eye(4)
    affine[:3, :3] = directions.T
    affine[:3, 3] = header.get("space origin", (0.0, 0.0, 0.0))
    affine[:3] *= np.array(signs, dtype=np.float64)[:, None]
    return affine
