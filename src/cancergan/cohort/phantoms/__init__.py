"""Phantoms: cohorts of every modality whose truth is known. One file each, entered here."""

from cancergan.cohort.phantoms import (
    breast_ultrasound,
    dermoscopy,
    endoscopy,
    histology,
    mammography,
    mammography_view,
    retinal_oct,
)
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantom, phantoms

__all__ = [
    "Drawn",
    "breast_ultrasound",
    "cohort_of",
    "dermoscopy",
    "endoscopy",
    "histology",
    "mammography",
    "mammography_view",
    "phantom",
    "phantoms",
    "retinal_oct",
]
