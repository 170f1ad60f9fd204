"""One picture of phantoms: a few cases each, as a person would look at them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cancergan.cohort.case import Case, Float32
from cancergan.cohort.phantoms.base import phantom, phantoms
from cancergan.core.files import whole_file
from cancergan.core.pictures import Picture, captioned, grid, to_picture

SIDE = 80
COLOURS = 256
# Least and largest value shown, for each channel, of what a reader would look at in a window.
WINDOWS = {
    "abdomen_petct": ((-160.0, 240.0), (0.0, 7.0)),
    "head_neck_dose": ((-250.0, 450.0), (0.0, 76.0)),
    "lung_ct": ((-1250.0, 250.0),),
}


def contact_sheet(
    path: str | Path, *, columns: int = 5, seed: int = 0, names: Sequence[str] | None = None
) -> list[str]:
    """Write a PNG with one row of cases per phantom that has images; return their names.

    All phantoms, unless ``names`` says which.

    Colour is shown as it is; of other images all channels stand side by side, and a dose after
    them. Volumes show their middle planes: axial, coronal, sagittal. Grey is stretched from the
    0.5th to the 99.5th percentile of each channel, or to the window of the phantom.

    Raises:
        BadInputError: an unknown name, or ``path`` cannot be written.
    """
    from PIL import Image

    rows = {}
    for name in phantoms if names is None else names:
        cohort = phantom(name, columns, seed=seed)
        if cohort.has_images:
            colour = cohort.header(0).dtype == np.uint8 and cohort.header(0).shape[0] == 3
            windows = WINDOWS.get(name, ())
            rows[name] = grid([_tile(case, colour, windows) for case in cohort], columns=columns)
    width = max(strip.shape[1] for strip in rows.values())
    padded = {name: _padded(strip, width) for name, strip in rows.items()}
    sheet = Image.fromarray(captioned(padded, width=128)).quantize(COLOURS)
    with whole_file(Path(path)) as temporary:
        sheet.save(temporary, format="PNG", optimize=True)
    return list(rows)


def _tile(case: Case, colour: bool, windows: Sequence[tuple[float, float]]) -> Picture:
    """Return pictures of ``SIDE`` rows side by side: one, or one for every channel and plane."""
    image = np.asarray(case.image)
    # Pictures are shown pixel by pixel, as in their field; bodies as they are in the patient.
    spacing = (1.0,) * (image.ndim - 1) if case.affine is None else case.spacing
    if colour:
        return _resized(to_picture(image / 127.5 - 1), spacing)
    channels = [*image, *case.arrays.get("dose", ())]
    pictures = []
    for number, channel in enumerate(channels):
        low, high = (
            windows[number] if number < len(windows) else np.percentile(channel, (0.5, 99.5))
        )
        shown = 2 * (channel - low) / max(float(high - low), 1e-6) - 1
        for plane, steps in _planes(shown, spacing):
            pictures.append(_resized(to_picture(plane[None]), steps))
    return np.concatenate(pictures, axis=1)


def _planes(channel: Float32, spacing: Sequence[float]) -> list[tuple[Float32, tuple[float, ...]]]:
    """Return a slice as it is, or the middle planes of a volume (x, y, z) the right way up."""
    if channel.ndim == 2:
        return [(channel, tuple(spacing))]
    x, y, z = (size // 2 for size in channel.shape)
    steps = tuple(spacing)
    return [
        (channel[::-1, ::-1, z].T, (steps[1], steps[0])),
        (channel[::-1, y, ::-1].T, (steps[2], steps[0])),
        (channel[x, ::-1, ::-1].T, (steps[2], steps[1])),
    ]


def _resized(picture: Picture, spacing: Sequence[float]) -> Picture:
    """Return a picture of ``SIDE`` rows whose proportions are those in millimetres."""
    from PIL import Image

    rows, columns = picture.shape[0] * spacing[0], picture.shape[1] * spacing[1]
    size = (max(1, round(columns * SIDE / rows)), SIDE)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def _padded(strip: Picture, width: int) -> Picture:
    missing = width - strip.shape[1]
    return np.pad(strip, ((0, 0), (0, missing), (0, 0)), constant_values=255)
