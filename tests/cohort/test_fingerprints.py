import numpy as np
import pandas as pd
import pytest

from cancergan.cohort.case import Case
from cancergan.cohort.fingerprints import case_fingerprint, cohort_fingerprint


def of(columns, cases=()):
    return cohort_fingerprint(pd.DataFrame(columns), cases)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([1, 2], [1.0, 2.0]),
        ([None, "x"], ["", "x"]),
        ([True, False], ["True", "False"]),
        ([1.0, None], [1.0, float("nan")]),
    ],
)
def test_values_count_as_a_text_file_keeps_them(one, two):
    assert of({"a": one}) == of({"a": two})


def test_paths_and_the_order_of_columns_do_not_count():
    assert of({"a": [1], "b": ["x"]}) == of({"b": ["x"], "image": ["i.png"], "a": [1]})
    assert of({"a": [1]}) != of({"a": [2]})
    assert of({"a": [1]}) != of({"b": [1]})


def test_shape_and_mask_count():
    flat = np.zeros((1, 2, 8), np.float32)
    mask = np.zeros((2, 8), np.int32)
    prints = {
        case_fingerprint(Case("a", flat)),
        case_fingerprint(Case("a", flat.reshape(1, 4, 4))),
        case_fingerprint(Case("a", flat, mask=mask)),
    }
    assert len(prints) == 3
    assert case_fingerprint(Case("b", flat)) in prints


def test_further_arrays_count_by_name_and_values():
    image = np.zeros((1, 2, 2), np.float32)
    dose = np.ones((1, 2, 2), np.float32)
    plain = Case("a", image)
    with_dose = Case("a", image, arrays={"dose": dose})
    prints = {
        case_fingerprint(case)
        for case in (
            plain,
            with_dose,
            Case("a", image, arrays={"dose": dose * 2}),
            Case("a", image, arrays={"target": dose}),
        )
    }
    assert len(prints) == 4
    assert case_fingerprint(with_dose) in prints
