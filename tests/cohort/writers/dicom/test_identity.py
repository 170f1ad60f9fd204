import re
import uuid

import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.phantoms import phantom
from cancergan.cohort.writers.dicom.identity import Identity, identity_of, patient_and_study
from tests.data import blobs

IDENTITY = Identity("0123456789abcdef", (1, 2, 1), (True, True, False))


def test_identifiers_are_uuids_that_sort_by_their_number():
    uids = [IDENTITY.uid(number, "series") for number in (0, 1, 9, 10, 99, 65536)]
    assert sorted(uids) == uids
    for uid in uids:
        assert re.fullmatch(r"2\.25\.[1-9][0-9]{0,38}", uid)
        assert len(uid) <= 64
        value = uuid.UUID(int=int(uid[5:]))
        assert (value.version, value.variant) == (8, uuid.RFC_4122)


def test_identifiers_differ_by_cohort_purpose_and_number():
    other = Identity("fedcba9876543210", (1,), (True,))
    uids = {
        who.uid(number, *purpose)
        for who in (IDENTITY, other)
        for number in range(50)
        for purpose in (("series",), ("image", 0), ("image", 1), ("study",))
    }
    assert len(uids) == 2 * 50 * 4


def test_a_patient_is_numbered_once_and_named_after_the_cohort():
    assert [IDENTITY.patient_id(index) for index in range(3)] == [
        "SYNTHETIC-01234567-000001", "SYNTHETIC-01234567-000002", "DERIVED-01234567-000001",
    ]  # fmt: skip
    first, third = patient_and_study(IDENTITY, 0), patient_and_study(IDENTITY, 2)
    assert first.PatientName == "SYNTHETIC^01234567-000001"
    assert "there is no such patient" in first.PatientComments
    assert "the pixels are of a real one" in third.PatientComments


@pytest.mark.parametrize("value", [True, 1, "true", "1"])
def test_the_column_says_what_is_synthetic(value):
    cohort = blobs(2).with_column("synthetic", [value, None])
    assert identity_of(cohort._contents).synthetic == (True, False)


def test_else_the_provenance_says_it():
    drawn = phantom("breast_ultrasound", 2)
    assert identity_of(drawn._contents).synthetic == (True, True)
    mixed = Cohort.concatenate([drawn, blobs(2)])
    assert identity_of(mixed._contents).synthetic == (False,) * 4


def test_the_key_knows_pixels_table_and_provenance():
    image, table = np.zeros((1, 1, 4, 4)), pd.DataFrame({"label": ["a"]})
    cohorts = [
        Cohort.from_arrays(image, table),
        Cohort.from_arrays(image + 1, table),
        Cohort.from_arrays(image, table.assign(label="b")),
        Cohort.from_arrays(image, table, provenance={"seed": 1}),
    ]
    assert len({identity_of(cohort._contents).key for cohort in cohorts}) == 4
