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
        _check_size(header, path)
        if not pixels:
            return np.empty(0), header
        stored, header = nrrd.read(str(path), index_order="F")
        return stored, header


def _check_size(header: dict[str, Any], path: Path) -> None:
    refuse_excess(header["sizes"], path)
    if header.get("encoding") == "raw" and path.suffix.lower() == ".nrrd":
        itemsize = np.dtype(_numpy_type(header)).itemsize
        refuse_short(path, math.prod(map(int, header["sizes"])) * itemsize, packed=False)


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
