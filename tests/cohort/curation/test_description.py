import json

import numpy as np
import pandas as pd

from cancergan.cohort import Cohort
from cancergan.cohort.curation.description import full_description
from tests.data import blobs

RANDOM = np.random.default_rng(0)


def faulty():
    """Return a cohort with a torn label, a leak, an empty image and few women."""
    images = RANDOM.integers(0, 255, (6, 1, 40, 40)).astype(np.uint8)
    images[4], images[5] = images[0], 7
    table = pd.DataFrame(
        {
            "patient_id": list("abcdef"),
            "label": ["x", "x", "x", "y", "y", "y"],
            "split": ["train", "train", "test", "test", "test", "test"],
            "sex": ["F", "M", "M", "M", "M", "M"],
        }
    )
    return Cohort.from_arrays(images, table)


def test_what_is_wrong_comes_first_and_is_named():
    found = full_description(faulty())
    sentences = [(remark.weight, remark.sentence) for remark in found.remarks]
    errors = [sentence for weight, sentence in sentences if weight == "error"]
    assert errors == [
        "Leakage: 1 exact copy (train case_00000 = test case_00004).",
        "One image, or nearly, under two labels, once: case_00000 (x) = case_00004 (y).",
        "1 image empty: case_00005.",
    ]
    assert [weight for weight, _ in sentences] == sorted(
        (weight for weight, _ in sentences), key=("error", "look", "good").index
    )
    assert (
        "look",
        "Few cases of a class: sex F only 1 x, 0 y; sex M only 2 x, 3 y.",
    ) in sentences


def test_a_sound_cohort_is_praised():
    images = RANDOM.normal(size=(30, 1, 40, 40)).cumsum(2)
    found = full_description(Cohort.from_arrays(images))
    assert {remark.weight for remark in found.remarks} == {"good"}


def test_all_of_it_is_json():
    for cohort in (faulty(), blobs(3), Cohort.from_arrays(None, pd.DataFrame({"sex": ["F"]}))):
        described = full_description(cohort).to_json()
        assert json.loads(json.dumps(described, allow_nan=False))["cases"] == len(cohort)
    assert full_description(faulty()).to_json()["copies"][0]["kind"] == "exact"
