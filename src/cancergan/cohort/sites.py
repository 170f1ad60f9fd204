"""Places in images and the crops cut there: about lesions, and where healthy tissue looks alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort.case import Float32, Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.edits import Bits, Site
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator

LESION, HEALTHY = "lesion", "healthy"
_LOOKED_AT = 150


def lesion_sites(cohort: Cohort, size: int) -> list[Site]:
    """Return a box of ``size`` along every axis about the lesion of each case that has one.

    Lesions that would leave less than a pixel around them are left out.

    Raises:
        BadInputError: an image that is smaller than the box, or no lesion that fits.
    """
    found = []
    for row in range(len(cohort)):
        mask = cohort.pixels(row).mask
        if mask is None or not mask.any():
            continue
        box = _box(cohort, row, size)
        places = np.argwhere(mask > 0)
        low, high = places.min(axis=0), places.max(axis=0)
        if (high - low + 3 > size).any():
            continue
        corner = np.clip((low + high + 1) // 2 - size // 2, 0, np.array(mask.shape) - size)
        found.append(Site(row, tuple(int(n) for n in corner), box))
    if not found:
        raise BadInputError(
            f"{cohort.origin}: no lesion fits into a box of {size} pixels with a margin. "
            "Give masks, or a larger box."
        )
    return found


def healthy_sites(cohort: Cohort, size: int, *, like: Cohort, seed: int) -> list[Site]:
    """Return a box without a lesion in each case, where the tissue is most like that of ``like``.

    ``like`` holds crops with masks. Of so many boxes drawn at random the one is taken whose median
    and deviation, over all and in its inner half, are nearest to those of one of the crops outside
    of its lesion; so boxes lie in the organ without anybody having outlined it.

    Raises:
        BadInputError: an image that is smaller than the box, or no case with a free box.
    """
    wanted = np.array([_look(case.image, case.mask) for case in like])
    found = []
    for row in range(len(cohort)):
        box, pixels = _box(cohort, row, size), cohort.pixels(row)
        random = numpy_generator(seed, "healthy site", row)
        target = wanted[random.integers(len(wanted))]
        room = np.array(pixels.image.shape[1:]) - size + 1
        best: tuple[float, Site] | None = None
        for corner in random.integers(room, size=(_LOOKED_AT, len(room))):
            site = Site(row, tuple(int(n) for n in corner), box)
            if pixels.mask is not None and pixels.mask[site.box].any():
                continue
            far = np.abs(_look(pixels.image[(slice(None), *site.box)], None) - target).sum()
            if best is None or far < best[0]:
                best = (float(far), site)
        if best is not None:
            found.append(best[1])
    if not found:
        raise BadInputError(f"{cohort.origin}: no box of {size} pixels is free of a lesion.")
    return found


def crops_at(
    cohort: Cohort, sites: Sequence[Site], *, label: str, masks: Sequence[Bits] | None = None
) -> Cohort:
    """Return the images in the boxes as a cohort, with the patients of their cases.

    ``masks`` stand for what the cohort's own masks hold there. Masks are 1 in a lesion.
    """
    held = [cohort.pixels(site.row) for site in sites]
    table = cohort.table.iloc[[site.row for site in sites]].reset_index(drop=True)
    own: list[Any] = [
        np.zeros(site.size, bool) if pixels.mask is None else pixels.mask[site.box] > 0
        for pixels, site in zip(held, sites, strict=True)
    ]
    chosen = own if masks is None else list(masks)
    named = pd.DataFrame(
        {
            "case_id": [f"{label}_{name}_{n}" for n, name in enumerate(table["case_id"])],
            "patient_id": table["patient_id"].astype(str),
            "label": label,
        }
    )
    return Cohort.from_arrays(
        [p.image[(slice(None), *s.box)] for p, s in zip(held, sites, strict=True)],
        named,
        masks=[np.asarray(mask, np.uint8) for mask in chosen],
        spacing=[pixels.spacing for pixels in held],
    )


def _box(cohort: Cohort, row: int, size: int) -> tuple[int, ...]:
    shape = cohort.header(row).shape[1:]
    if min(shape) < size:
        raise BadInputError(
            f'{cohort.origin}: case "{cohort.contents.case_ids[row]}" has shape {shape}, smaller '
            f"than boxes of {size}. Choose smaller ones."
        )
    return (size,) * len(shape)


def _look(image: Float32 | None, mask: npt.NDArray[Any] | None) -> Float64:
    """Return median and deviation outside of a mask: of the whole box, and of its inner half."""
    assert image is not None
    free = np.ones(image.shape[1:], bool) if mask is None else mask == 0
    inner = np.zeros_like(free)
    inner[tuple(slice(n // 4, n - n // 4) for n in free.shape)] = True
    parts = [image[:, free], image[:, free & inner] if (free & inner).any() else image[:, free]]
    return np.array([f for part in parts for f in (np.median(part), part.std(dtype=np.float64))])
