"""How large an image may declare itself to be: checked before anything is allocated for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from cancergan.core.errors import BadInputError

# 1024^3: four times the longest whole-body CT, 4 GiB as float32.
MAX_VALUES = 2**30


def excess(shape: Sequence[int]) -> str | None:
    """Return what is wrong with a declared shape, or None; for any numbers of any sign.

    >>> excess((512, 512, 200)) is None
    True
    >>> excess((65535, 65535, 9999))
    'declares 42,942,358,837,775 values, and the limit of one image is 1,073,741,824'
    """
    if any(size < 1 for size in shape):
        return f"declares an empty shape {tuple(shape)}"
    if (values := math.prod(map(int, shape))) > MAX_VALUES:
        return f"declares {values:,} values, and the limit of one image is {MAX_VALUES:,}"
    return None


def refuse_short(path: Path, needed: int, *, packed: bool) -> None:
    """Raise BadInputError where a file cannot hold the bytes that its header declares.

    A packed file (deflate) can hold at most 1032 times its size (zlib's technical notes).
    """
    there = path.stat().st_size * (1032 if packed else 1)
    if there < needed:
        raise BadInputError(
            f"{path}: is cut off: its header declares {needed:,} bytes of pixels, it can hold "
            f"{there:,}. Restore the file."
        )


def refuse_excess(shape: Sequence[int], place: object) -> None:
    """Raise BadInputError where a shape is empty or beyond the limit; ``place`` names the file."""
    if wrong := excess(shape):
        raise BadInputError(f"{place}: {wrong}. Restore the file, or cut it into parts.")
