import numpy as np
import pandas as pd

from cancergan.cohort import Cohort
from cancergan.cohort.identity import patient_fingerprints
from tests.data import blobs


def images(cohort):
    return np.stack([case.image for case in cohort])


def named(values):
    return pd.DataFrame({"case_id": values})


def test_cases_of_one_named_patient_share_theirs_whatever_the_images():
    prints = patient_fingerprints(blobs(6))  # two cases to a patient
    assert prints[0] == prints[1] != prints[2] == prints[3]
    assert prints == patient_fingerprints(Cohort.from_arrays(-images(blobs(6)), blobs(6).table))


def test_without_patients_the_image_counts_and_neither_name_nor_mask_or_type():
    one, other = blobs(4), blobs(4, seed=1)
    first = Cohort.from_arrays(images(one), named(list("abcd")))
    renamed = Cohort.from_arrays(
        images(one).astype(np.uint8), named(list("wxyz")), masks=np.ones((4, 16, 16), np.uint8)
    )
    unrelated = Cohort.from_arrays(images(other), named(list("abcd")))
    assert patient_fingerprints(first) == patient_fingerprints(renamed)
    assert not set(patient_fingerprints(first)) & set(patient_fingerprints(unrelated))


def test_no_name_of_a_patient_can_be_read_off():
    (first, *_) = patient_fingerprints(blobs(2))
    assert len(first) == 16
    assert set(first) <= set("0123456789abcdef")


def test_without_patients_and_images_the_row_says_who_a_case_is_of():
    def table(names, ages):
        return Cohort.from_arrays(None, pd.DataFrame({"case_id": names, "age": ages}))

    first, second = patient_fingerprints(table(["a", "b"], [40, 50]))
    assert patient_fingerprints(table(["c", "d"], [50, 60]))[0] == second
    assert first != second
