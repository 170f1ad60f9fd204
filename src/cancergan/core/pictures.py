"""Images as people look at them: 8-bit RGB tiles and grids, for eyes alone, never for data."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cancergan.core.files import whole_file

Picture = npt.NDArray[np.uint8]

LARGEST_SIDE = 160


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
    """Return pictures laid out in rows, white between them; all as large as the largest."""
    height = max(picture.shape[0] for picture in pictures)
    width = max(picture.shape[1] for picture in pictures)
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet


def captioned(rows: Mapping[str, Picture], *, width: int = 130) -> Picture:
    """Return equally wide pictures one below the other, each with its caption on the left."""
    from PIL import Image, ImageDraw

    strips = []
    for caption, picture in rows.items():
        margin = Image.new("RGB", (width, picture.shape[0]), "white")
        ImageDraw.Draw(margin).text((4, picture.shape[0] / 2), caption, "black", anchor="lm")
        strips.append(np.concatenate([np.asarray(margin), picture], axis=1))
    return grid(strips, columns=1)


def write_png(path: Path, picture: Picture) -> None:
    """Write a picture whole or not at all."""
    from PIL import Image

    with whole_file(path) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG")


def data_uri(pixels: Picture) -> str:
    """Return a picture, uint8 (rows, columns[, 3]), as a PNG data URI no larger than 160 pixels."""
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def write_gif(path: Path, pictures: Sequence[Picture], *, milliseconds: int = 120) -> None:
    """Write pictures of equal size as a film that begins again, whole or not at all."""
    from PIL import Image

    first, *others = (Image.fromarray(picture) for picture in pictures)
    with whole_file(path) as temporary:
        first.save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=others,
            duration=milliseconds,
            loop=0,
        )
