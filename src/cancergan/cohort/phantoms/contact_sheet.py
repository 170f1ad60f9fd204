"""One picture of every phantom: a few cases each, as a person would look at them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cancergan.cohort.case import Case
from cancergan.cohort.phantoms.base import phantom, phantoms
from cancergan.core.files import whole_file
from cancergan.core.pictures import Picture, captioned, grid, to_picture

SIDE = 80
COLOURS = 256


def contact_sheet(
    path: str | Path, *, columns: int = 5, seed: int = 0, names: Sequence[str] | None = None
) -> list[str]:
    """Write a PNG with one row of cases per phantom that has images; return their names.

    All phantoms, unless ``names`` says which.

    Volumes show their middle slice along the last axis. Of several channels that are not colour,
    the first is shown. Grey is stretched from the 0.5th to the 99.5th percentile of each case.

    Raises:
        BadInputError: an unknown name, or ``path`` cannot be written.
    """
    from PIL import Image

    rows = {}
    for name in phantoms if names is None else names:
        cohort = phantom(name, columns, seed=seed)
        if cohort.has_images:
            rows[name] = grid([_tile(case) for case in cohort], columns=columns)
    width = max(strip.shape[1] for strip in rows.values())
    padded = {name: _padded(strip, width) for name, strip in rows.items()}
    sheet = Image.fromarray(captioned(padded, width=128)).quantize(COLOURS)
    with whole_file(Path(path)) as temporary:
        sheet.save(temporary, format="PNG", optimize=True)
    return list(rows)


def _tile(case: Case) -> Picture:
    """Return a picture of ``SIDE`` rows, its proportions kept."""
    from PIL import Image

    image = np.asarray(case.image)
    colour = image.shape[0] == 3
    low, high = (0.0, 255.0) if colour else np.percentile(image[0], (0.5, 99.5))
    picture = to_picture(2 * (image - low) / max(float(high - low), 1e-6) - 1)
    size = (max(1, round(picture.shape[1] * SIDE / picture.shape[0])), SIDE)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def _padded(strip: Picture, width: int) -> Picture:
    missing = width - strip.shape[1]
    return np.pad(strip, ((0, 0), (0, missing), (0, 0)), constant_values=255)
