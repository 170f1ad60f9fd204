"""What a run keeps of the cohort it was trained on."""

import numpy as np
import pandas as pd

from cancergan.cohort import Cohort
from cancergan.core.provenance import fingerprint
from cancergan.recipes.loader import load_recipe
from cancergan.training.material import prepare_training
from tests.data import blobs


def patients_of(cohort):
    _, trained_on = prepare_training(load_recipe("dcgan", {"image_size": 8}), cohort)
    return trained_on.patients


def test_patients_are_kept_as_fingerprints_each_once():
    cohort = blobs(8)  # two cases to a patient
    assert patients_of(cohort) == tuple(
        sorted(fingerprint(patient) for patient in set(cohort.table["patient_id"]))
    )


def test_without_patients_the_images_are_kept_as_fingerprints():
    images = np.stack([case.image for case in blobs(8)])
    table = pd.DataFrame({"case_id": [f"{i:03d}" for i in range(8)]})
    assert patients_of(Cohort.from_arrays(images, table)) == tuple(
        sorted(fingerprint(image) for image in images)
    )
