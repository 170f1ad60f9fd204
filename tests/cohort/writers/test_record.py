import numpy as np
import pandas as pd

from cancergan.cohort.contents import contents_of
from cancergan.cohort.pixels import Pixels
from cancergan.cohort.writers.record import geometry_of, record


def test_what_says_nothing_is_left_out():
    held = contents_of(pd.DataFrame({"age": [1], "note": ["x"]}), origin="t")
    assert record(held, held.table, {}, {}) == {
        "format": "cancergan cohort",
        "version": 1,
        "unit_is_known": False,
        "text_columns": ["case_id", "patient_id", "note"],
    }


def test_geometry_is_exact():
    image = np.zeros((1, 2, 2))
    assert geometry_of(Pixels(image, spacing=(1.0, 1.0))) == {}
    affine = np.eye(4) / 3
    stated = geometry_of(Pixels(image, spacing=(0.1, 1 / 3), affine=affine))
    assert stated["spacing"] == [0.1, 1 / 3]
    assert np.array_equal(stated["affine"], affine)
