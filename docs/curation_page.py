"""Describe a phantom cohort with planted faults: ``python docs/curation_page.py FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cancergan.cohort import Cohort
from cancergan.cohort.curation.description import full_description
from cancergan.cohort.curation.page import save_description
from cancergan.cohort.phantoms import phantom


def faulty_phantoms() -> Cohort:
    """Return breast ultrasound phantoms: a copy under another label, text, an empty image."""
    cohort = phantom("breast_ultrasound", 60, seed=4)
    images = [np.rint(np.clip(case.image, 0, 255)).astype(np.uint8) for case in cohort]
    labels = cohort.table["label"]
    other = int(np.flatnonzero((labels != labels[7]).to_numpy())[-1])
    images[other] = images[7][:, ::-1, ::-1]
    images[20] = np.rint(images[21] * 0.7).astype(np.uint8)
    images[33] = np.full_like(images[33], 12)
    for row in (40, 45):
        picture = Image.fromarray(images[row][0])
        font = ImageFont.load_default(size=11)
        ImageDraw.Draw(picture).text((6, 80), "LEFT BREAST", font=font, fill=255)
        images[row] = np.asarray(picture)[None]
    return Cohort.from_arrays(images, cohort.table, provenance=cohort.provenance)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    faulty_phantoms().save(folder / "phantoms")
    cohort = Cohort.open(folder / "phantoms")
    save_description(full_description(cohort), cohort, folder / "report")
