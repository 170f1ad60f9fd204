"""What happens to images on their way, and what is drawn on them: known truth for the checks."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cancergan.cohort.case import Case
from cancergan.cohort.geometry import resize


def case(image, **more):
    image = np.asarray(image, dtype=np.float32)
    more.setdefault("spacing", (1.0,) * (image.ndim - 1))
    return Case("case", image, **more)


def recompressed(image, quality):
    """Return a (C, rows, columns) picture of 0 to 255 after a JPEG of some quality."""
    pixels = np.moveaxis(np.clip(image, 0, 255).astype(np.uint8), 0, -1)
    held = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(held, "JPEG", quality=quality)
    read = np.asarray(Image.open(held), dtype=np.float32)
    return read[None] if read.ndim == 2 else np.moveaxis(read, -1, 0)


def cropped(image, share):
    down, across = (round(share * size) for size in image.shape[1:])
    return image[:, down : image.shape[1] - down, across : image.shape[2] - across]


def resized(image, factor):
    return resize(image, [round(size * factor) for size in image.shape[1:]])


COPIES = {
    "halved": lambda x: resized(x, 0.5),
    "mirrored": lambda x: x[:, :, ::-1],
    "turned": lambda x: np.rot90(x, 1, (1, 2)),
    "mirrored and turned": lambda x: np.rot90(x[:, ::-1], 1, (1, 2)),
    "JPEG 30": lambda x: recompressed(x, 30),
    "gamma 0.6": lambda x: 255 * (x / 255) ** 0.6,
    "gamma 1.6": lambda x: 255 * (x / 255) ** 1.6,
    "brighter": lambda x: np.clip(x + 40, 0, 255),
    "contrast": lambda x: np.clip((x - 128) * 1.5 + 128, 0, 255),
    "cropped 3 %": lambda x: cropped(x, 0.03),
    "cropped 5 %": lambda x: cropped(x, 0.05),
    "one corner": lambda x: x[:, round(0.08 * x.shape[1]) :, : round(0.92 * x.shape[2])],
    "several": lambda x: recompressed(255 * (resized(x[:, :, ::-1], 0.7) / 255) ** 0.8, 60),
}

WORDS = ("LEFT BREAST", "RT UOQ", "LT AXILLA 2", "SCAN 17 / 3", "12:45:03")


def drawn(image, kind, random):
    """Return a (C, rows, columns) picture of 0 to 255 with text, callipers or a ruler on it."""
    channels, height, width = image.shape
    pixels = np.moveaxis(image.astype(np.uint8), 0, -1).squeeze()
    picture = Image.fromarray(pixels)
    pen, white = ImageDraw.Draw(picture), 255 if channels == 1 else (255,) * 3
    if kind == "text":
        font = ImageFont.load_default(size=int(random.integers(9, 15)))
        words = str(random.choice(WORDS))
        free = max(1, int(width - pen.textlength(words, font=font)))
        place = int(random.integers(0, free)), int(random.integers(0, height - 16))
        pen.text(place, words, font=font, fill=white)
    if kind == "calliper":
        for _ in range(2):
            y, x = int(random.integers(8, height - 8)), int(random.integers(8, width - 8))
            arm = int(random.integers(3, 5))
            pen.line((x - arm, y, x + arm, y), fill=white)
            pen.line((x, y - arm, x, y + arm), fill=white)
    if kind == "ruler":
        left = int(random.choice([2, width - 8]))
        for y in range(4, height - 4, int(random.integers(6, 12))):
            pen.line((left, y, left + 4, y), fill=white)
    read = np.asarray(picture, dtype=np.float32)
    return read[None] if channels == 1 else np.moveaxis(read, -1, 0)
