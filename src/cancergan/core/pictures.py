"""Images as people look at them: 8-bit RGB tiles and grids, for eyes alone, never for data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cancergan.core.files import whole_file

Picture = npt.NDArray[np.uint8]


def to_picture(image: npt.NDArray[np.floating], *, at_least: int = 0) -> Picture:
    """Return (H, W, 3) uint8 from (C, *spatial) in [-1, 1].

    Volumes show their middle slice along the last axis; three channels are colour, any other number
    shows the first. Pixels are repeated by whole factors until the shorter side has ``at_least``.
    """
    while image.ndim > 3:
        image = image[..., image.shape[-1] // 2]
    colour = image if image.shape[0] == 3 else np.repeat(image[:1], 3, axis=0)
    pixels = np.clip((colour + 1) * 127.5 + 0.5, 0, 255).astype(np.uint8).transpose(1, 2, 0)
    factor = max(1, -(-at_least // min(pixels.shape[:2])))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def grid(pictures: Sequence[Picture], *, columns: int, gap: int = 2) -> Picture:
    """Return equal pictures laid out in rows, white between them."""
    height, width, _ = pictures[0].shape
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def write_png(path: Path, picture: Picture) -> None:
    """Write a picture whole or not at all."""
    from PIL import Image

    with whole_file(path) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG")
