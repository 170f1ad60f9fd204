"""One picture of all mechanisms: a lesion under each of them, from left to right ever stronger."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cancergan.cohort.case import Case
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms import phantom
from cancergan.cohort.shifts.acquisition import acquisitions
from cancergan.cohort.shifts.annotation import outlines
from cancergan.cohort.shifts.manifestation import manifestations
from cancergan.cohort.shifts.settings import Acquisition, Annotation, Manifestation, Shift
from cancergan.core.files import whole_file
from cancergan.core.pictures import Picture, captioned, grid, to_picture

STRENGTHS = (0.0, 0.33, 0.67, 1.0)
SIZE = 72
OUTLINE = (255, 210, 0)


def shift_sheet(path: Path, *, seed: int = 0) -> tuple[str, ...]:
    """Write a PNG with one row for each mechanism, outlines drawn, and return their names.

    Phantoms of breast ultrasound; the stain shift has a tile of histology.
    """
    from PIL import Image

    lesion = phantom(
        "breast_ultrasound", 1, seed=seed, size=SIZE, normal=0.0, lesion_radius=(5.0, 6.0)
    )
    tile = phantom("histology", 1, seed=seed, size=SIZE)
    rows: dict[str, Picture] = {}
    for kind, names in (
        (Acquisition, acquisitions),
        (Manifestation, manifestations),
        (Annotation, outlines),
    ):
        for name in names:
            cohort = tile if name == "stain" else lesion
            pictures = [
                _picture(_shifted(cohort, kind(strength, name), seed)) for strength in STRENGTHS
            ]
            rows[f"{kind.__name__.lower()}\n{name}"] = grid(pictures, columns=len(STRENGTHS))
    # Grey and a little colour: a palette halves the file, and nobody sees it.
    sheet = Image.fromarray(captioned(rows)).quantize(256)
    with whole_file(path) as temporary:
        sheet.save(temporary, format="PNG", optimize=True)
    return tuple(rows)


def _shifted(cohort: Cohort, shift: Shift, seed: int) -> Case:
    only = cohort.classes[0] if isinstance(shift, Manifestation) else None
    if isinstance(shift, Manifestation) and shift.mechanism == "class":
        shift = Manifestation(shift.strength, "class", only)
    return cohort.shifted(**{shift.kind: shift}, seed=seed)[0]  # type: ignore[arg-type]


def _picture(case: Case) -> Picture:
    """Return the case as people look at it, its outline drawn; smaller cases keep their size."""
    from scipy.ndimage import binary_erosion

    assert case.image is not None
    picture = to_picture(case.image / 127.5 - 1)
    if case.mask is not None and len(case.image) == 1:
        inside = case.mask > 0
        picture[inside & ~binary_erosion(inside)] = np.array(OUTLINE, np.uint8)
    return picture
