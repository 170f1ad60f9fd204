"""PNG pictures: 8 bit as they are, all else in 16 bit with the linear scale in cohort.json."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cancergan.cohort.contents import Contents
from cancergan.cohort.pixels import AnyArray, Pixels
from cancergan.cohort.writers.folder import write_folder
from cancergan.core.errors import BadInputError


@dataclass(frozen=True)
class Scale:
    """Physical = stored * slope + intercept; stored has ``bits``."""

    slope: float
    intercept: float
    bits: int

    def stored(self, image: AnyArray) -> AnyArray:
        """Return an image in physical units as stored whole numbers."""
        levels = np.rint((image.astype(np.float64) - self.intercept) / self.slope)
        top = 2**self.bits - 1
        return np.clip(levels, 0, top).astype(np.uint8 if self.bits == 8 else np.uint16)


def write(contents: Contents, path: Path) -> None:
    """Write a folder of PNG files.

    8-bit cohorts and whole numbers that span less than 65,536 are kept exactly. Other grey images
    are scaled to 16 bit, other colour to 8 bit, over the range of the cohort.

    Raises:
        BadInputError: volumes, NaN, or neither 1 nor 3 channels; names the case.
    """
    scale = _common_scale(contents)

    def write_image(file: Path, pixels: Pixels) -> None:
        _save(file, scale.stored(pixels.image))

    def write_mask(file: Path, pixels: Pixels) -> None:
        assert pixels.mask is not None
        _save(file, _mask_levels(pixels.mask, file)[None])

    plain = (scale.slope, scale.intercept) == (1.0, 0.0)
    write_folder(
        contents,
        path,
        suffix=".png",
        write_image=write_image,
        write_mask=write_mask,
        scale=None if plain else {"slope": scale.slope, "intercept": scale.intercept},
    )


def _common_scale(contents: Contents) -> Scale:
    """Return one scale for the whole cohort, so that its pictures compare by eye."""
    colour, whole, eight_bit = False, True, True
    low, high = np.inf, -np.inf
    for index, case_id in enumerate(contents.case_ids if contents.sources else ()):
        image = contents.pixels(index).image
        _check(case_id, image)
        colour |= len(image) == 3
        whole &= image.dtype.kind in "iu"
        eight_bit &= image.dtype == np.uint8
        low, high = min(low, float(image.min())), max(high, float(image.max()))
    if eight_bit:
        return Scale(1.0, 0.0, bits=8)
    bits = 8 if colour else 16
    top = 2**bits - 1
    if whole and high - low <= top:
        return Scale(1.0, 0.0 if low >= 0 and high <= top else low, bits)
    if colour and low >= 0 and high <= 255:
        return Scale(1.0, 0.0, bits)
    return Scale((high - low) / top or 1.0, low, bits)


def _check(case_id: str, image: AnyArray) -> None:
    if image.ndim != 3 or len(image) not in (1, 3):
        raise BadInputError(
            f'case "{case_id}": shape {image.shape} does not fit a PNG. '
            "Save volumes as nifti, other channels as native or npz."
        )
    if not np.isfinite(image).all():
        raise BadInputError(f'case "{case_id}": pixels are NaN or infinite. Repair the image.')


def _mask_levels(mask: AnyArray, file: Path) -> AnyArray:
    if mask.size and (mask.min() < 0 or mask.max() > 65535):
        raise BadInputError(f"{file.stem}: mask numbers do not fit 16 bit. Save it as native.")
    return mask.astype(np.uint8 if mask.size == 0 or mask.max() < 256 else np.uint16)


def _save(path: Path, stored: AnyArray) -> None:
    from PIL import Image

    array = stored[0] if len(stored) == 1 else np.moveaxis(stored, 0, -1)
    Image.fromarray(np.ascontiguousarray(array)).save(path)
