"""Phantoms: cohorts of every modality whose truth is known. One file each, entered here."""

from cancergan.cohort.phantoms import (
    abdomen_petct,
    brain_mri,
    breast_ultrasound,
    clinical_omics,
    dermoscopy,
    endoscopy,
    head_face,
    head_neck_dose,
    histology,
    lung_ct,
    mammography,
    mammography_view,
    paired_omics,
    retinal_oct,
    treatment_effect,
    tumour_growth,
)
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantom, phantoms

__all__ = [
    "Drawn",
    "abdomen_petct",
    "brain_mri",
    "breast_ultrasound",
    "clinical_omics",
    "cohort_of",
    "dermoscopy",
    "endoscopy",
    "head_face",
    "head_neck_dose",
    "histology",
    "lung_ct",
    "mammography",
    "mammography_view",
    "paired_omics",
    "phantom",
    "phantoms",
    "retinal_oct",
    "treatment_effect",
    "tumour_growth",
]
