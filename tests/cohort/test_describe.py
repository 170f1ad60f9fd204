import json

import numpy as np
import pandas as pd

from cancergan.cohort import Cohort
from cancergan.cohort.describe import describe
from tests.data import blobs, shared


def test_figures_of_a_known_cohort():
    images = np.arange(4 * 16, dtype=np.float32).reshape(4, 1, 4, 4)
    images[3] = images[1]
    table = pd.DataFrame(
        {
            "patient_id": ["p", "p", "q", "r"],
            "label": ["a", "a", None, "b"],
            "age": [50, None, None, 60],
            "split": ["train", "train", "test", "test"],
        }
    )
    described = describe(Cohort.from_arrays(images, table, spacing=(0.5, 2)))
    assert described["cases"] == 4
    assert described["patients"] == 3
    assert described["classes"] == {"a": 2, "b": 1, "unlabelled": 1}
    assert described["missing"] == {"label": 1, "age": 2}
    assert described["splits"] == {"test": 2, "train": 2}
    assert described["shapes"] == {"1 x 4 x 4": 4}
    assert described["spacings"] == {"0.5 x 2": 4}
    assert described["intensity"] == {"low": 0.0, "high": 47.0, "mean": images.mean()}
    assert described["duplicates"] == [
        {"cases": ["case_00001", "case_00003"], "labels": ["a", "b"]}
    ]
    assert "not_finite" not in described


def test_pixels_that_are_no_numbers_are_listed_not_counted():
    images = np.ones((2, 1, 2, 2), np.float32)
    images[1, 0, 0] = np.nan
    described = describe(Cohort.from_arrays(images))
    assert described["not_finite"] == ["case_00001"]
    assert described["intensity"]["mean"] == 1.0


def test_a_table_alone_is_described_without_images():
    described = describe(Cohort.from_arrays(None, pd.DataFrame({"age": [1, 2]})))
    assert described["cases"] == 2
    assert "shapes" not in described


def test_everything_is_json():
    for cohort in (blobs(2), Cohort.from_arrays(np.full((1, 1, 2, 2), np.nan))):
        described = describe(cohort)
        assert json.loads(json.dumps(described, allow_nan=False)) == described


def test_known_duplicates_of_real_skin_lesions_are_found():
    duplicates = describe(Cohort.open(shared("isic_uda1")))["duplicates"]
    assert [len(group["cases"]) for group in duplicates] == [2, 2]
