"""Tiny cohorts whose truth is known, for the tests of assess() and its protocols."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from cancergan.assessment.context import Context
from cancergan.assessment.division import divide
from cancergan.assessment.settings import AssessmentSettings
from cancergan.assessment.sides import context_of
from cancergan.cohort import Cohort
from cancergan.core.seeds import numpy_generator

QUICK = AssessmentSettings(
    replicates=40,
    bootstrap_replicates=100,
    encoder_steps=40,
    utility_steps=30,
    utility_seeds=(0,),
    pairs=40,
)


def textures(n: int, seed: int, *, size: int = 16) -> Cohort:
    """Return n pictures of smooth noise, one a patient, with a bright or a dark centre by class."""
    random = numpy_generator(seed, "textures")
    labels = np.arange(n) % 2
    noise = gaussian_filter(random.normal(size=(n, size, size)), (0, 1, 1)) * 60
    rows, columns = np.indices((size, size)) - (size - 1) / 2
    centre = np.exp(-(rows**2 + columns**2) / (size / 4) ** 2)
    noise += (2 * labels[:, None, None] - 1) * 60 * centre
    images = np.clip(120 + noise, 0, 255).astype(np.uint8)[:, None]
    names = [f"p{seed}_{i:03d}" for i in range(n)]
    table = pd.DataFrame(
        {
            "case_id": names,
            "patient_id": [f"patient_{name}" for name in names],
            "label": [("dark", "bright")[label] for label in labels],
        }
    )
    return Cohort.from_arrays(images, table)


def changed(cohort: Cohort, change, name: str = "s") -> Cohort:
    """Return the cohort with ``change`` applied to all images (n, C, *spatial), and new ids."""
    images = np.stack([case.image for case in cohort])
    table = cohort.table
    table["case_id"] = [f"{name}{i:03d}" for i in range(len(cohort))]
    table["patient_id"] = table["case_id"]
    return Cohort.from_arrays(np.clip(change(images), 0, 255).astype(np.uint8), table)


def blurred(cohort: Cohort, sigma: float) -> Cohort:
    return changed(cohort, lambda images: gaussian_filter(images, (0, 0, sigma, sigma)))


def context(
    real: Cohort,
    synthetic: Cohort,
    training: Cohort | None = None,
    settings: AssessmentSettings = QUICK,
) -> Context:
    """Return the context that assess() would hand to its protocols."""
    return context_of(
        divide(real=real, synthetic=synthetic, training=training, seed=0), settings, seed=0
    )


def found(outcome, name: str, space: str | None = None):
    """Return the one finding (or skipped measurement) of a name, and space, in an outcome."""
    (item,) = [
        item
        for item in outcome
        if item.name == name and (space is None or getattr(item, "space", None) == space)
    ]
    return item
