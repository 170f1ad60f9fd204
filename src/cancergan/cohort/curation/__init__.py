"""Curation: steps that change cases, and checks that say what is wrong with a cohort."""

from cancergan.cohort.curation import (
    bias_field,
    crop,
    macenko,
    orient,
    reinhard,
    resample,
    window,
)
from cancergan.cohort.curation.step import Step, steps

__all__ = [
    "Step",
    "bias_field",
    "crop",
    "macenko",
    "orient",
    "reinhard",
    "resample",
    "steps",
    "window",
]
