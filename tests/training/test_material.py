"""What a run keeps of the cohort it was trained on."""

import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
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


def few_labels():
    cohort = blobs(16)
    names = [name if number < 6 else None for number, name in enumerate(cohort.table["label"])]
    return cohort.with_column("label", names)


def test_a_game_may_learn_from_few_labels():
    data, trained_on = prepare_training(load_recipe("triple_gan", {"image_size": 8}), few_labels())
    assert data.columns["label"].tolist() == [0, 0, 1, 1, 0, 0] + [-1] * 10
    assert trained_on.prevalence == (4 / 6, 2 / 6)
    with pytest.raises(BadInputError, match="rows 7, 8, 9 and 7 more: no label"):
        prepare_training(load_recipe("cgan", {"image_size": 8}), few_labels())
    with pytest.raises(BadInputError, match="two cases of each of two classes"):
        prepare_training(load_recipe("triple_gan", {"image_size": 8}), few_labels().select(
            [True] * 2 + [False] * 4 + [True] * 10
        ))  # fmt: skip
