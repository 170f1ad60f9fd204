"""Each side has the other beside it, or one line says why not."""

import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.sides import with_other_side
from cancergan.core.errors import BadInputError


def pairs(sides=("left", "right", "right"), patients=("a", "a", "b")):
    images = np.arange(len(sides) * 6, dtype=np.float32).reshape(len(sides), 1, 2, 3)
    return Cohort.from_arrays(
        images, pd.DataFrame({"patient_id": list(patients), "laterality": list(sides)})
    )


def test_the_other_side_is_the_source_of_those_who_have_both():
    found = with_other_side(pairs())
    assert len(found) == 2
    assert np.array_equal(found[0].arrays["source"], pairs()[1].image)
    assert found.table["other_case_id"].tolist() == list(pairs().table["case_id"][[1, 0]])


def test_it_can_be_mirrored():
    found = with_other_side(pairs(), mirror=True)
    assert np.array_equal(found[0].arrays["source"], pairs()[1].image[..., ::-1])


@pytest.mark.parametrize(
    ("sides", "patients", "words"),
    [
        (("left", "left"), ("a", "a"), "two images of the left side"),
        (("left", "right"), ("a", "b"), "no patient has both sides"),
        (("left", "middle"), ("a", "a"), '"middle" is neither'),
    ],
)
def test_what_is_no_pair_is_refused(sides, patients, words):
    with pytest.raises(BadInputError, match=words):
        with_other_side(pairs(sides, patients))
