import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.curation.duplicates import duplicates
from cancergan.cohort.curation.leakage import (
    check_leakage,
    in_words,
    leaks,
    leaks_between_splits,
)
from cancergan.core.errors import BadInputError
from tests.data import blobs, shared

IMAGES = np.random.default_rng(0).integers(0, 255, (8, 1, 48, 48)).astype(np.uint8).cumsum(2)
IMAGES = (IMAGES % 256).astype(np.uint8)


def part(rows, patients, images=IMAGES):
    table = pd.DataFrame({"case_id": [f"c{n}" for n in range(len(rows))], "patient_id": patients})
    return Cohort.from_arrays(images[rows], table)


def test_patients_and_copies_in_two_parts_are_found():
    train = part([0, 1, 2], ["p", "q", "r"])
    test = part([3, 1], ["p", "s"])
    found = leaks({"train": train, "test": test})
    assert [(leak.kind, leak.first, leak.second) for leak in found] == [
        ("patient", "p", "p"),
        ("exact", "c1", "c1"),
    ]
    assert found[1].to_json()["correlation"] == 1.0
    with pytest.raises(BadInputError, match=r"1 shared patient \(p in train and test\), 1 exact"):
        check_leakage({"train": train, "test": test})


def test_a_mirrored_copy_leaks_though_patients_differ():
    images = np.concatenate([IMAGES, IMAGES[:1, :, :, ::-1]])
    found = leaks(
        {"train": part([0, 1], ["a", "b"], images), "test": part([8, 3], ["c", "d"], images)}
    )
    assert [(leak.kind, leak.parts) for leak in found] == [("near", ("train", "test"))]
    assert "1 near copy (train c0 = test c0)" in in_words(found)


def test_sound_parts_pass():
    parts = {"train": part([0, 1], ["a", "b"]), "test": part([2, 3], ["c", "d"])}
    check_leakage(parts)
    assert leaks(parts) == []
    assert in_words([]) == "no leakage found."


def test_a_column_of_splits_is_enough():
    images = np.concatenate([IMAGES[:4], IMAGES[1:2]])
    table = pd.DataFrame(
        {"patient_id": list("abcda"), "split": ["train", "train", "test", None, "test"]}
    )
    cohort = Cohort.from_arrays(images, table)
    found = leaks_between_splits(cohort, duplicates(cohort))
    assert {leak.kind for leak in found} == {"patient", "exact"}
    assert leaks_between_splits(blobs(4), []) == []


def test_one_part_alone_is_refused():
    with pytest.raises(BadInputError, match="1 part given"):
        leaks({"train": blobs(2)})


def test_a_random_split_of_lung_slices_leaks():
    """No patients are known there, and neighbours are one patient: the images tell."""
    cohort = Cohort.open(shared("iq_othnccd"))
    cohort = cohort.select(np.arange(len(cohort)) < 120)
    found = leaks(cohort.split({"train": 0.5, "test": 0.5}, seed=0))
    assert {leak.kind for leak in found} == {"exact", "near"}
