"""Visits of a patient become one case, in order, or are refused."""

import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.timepoints import depth_in, with_earlier_visits
from cancergan.core.errors import BadInputError


def visits(times, patients=None):
    """Return cases whose image is filled with their row, and whose mask grows by a column."""
    number = len(times)
    images = np.stack([np.full((1, 6, 6), row, np.float32) for row in range(number)])
    masks = np.zeros((number, 6, 6), np.uint8)
    for row in range(number):
        masks[row, 1:5, 1 : 2 + row % 4] = 1
    table = pd.DataFrame({"patient_id": patients or ["p"] * number, "timepoint": times})
    table["case_id"] = [f"c{row}" for row in range(number)]
    return Cohort.from_arrays(images, table, masks=masks)


def test_each_later_visit_has_the_earlier_ones_oldest_first():
    found = with_earlier_visits(visits([0, 9, 30, 50]), earlier=2)
    assert found.table["case_id"].tolist() == ["c2", "c3"]
    assert found.table[["days_1", "days_2"]].to_numpy().tolist() == [[0, 9], [9, 30]]
    source = found[1].arrays["source"]
    assert source.shape == (4, 6, 6)
    assert source[0, 0, 0] == 1
    assert source[2, 0, 0] == 2
    assert ((source[3] > 0) == (visits([0, 9, 30])[2].mask > 0)).all()
    assert ((found[1].arrays["target"][0] > 0) == (found[1].mask > 0)).all()


def test_patients_are_kept_apart_wherever_their_rows_are():
    found = with_earlier_visits(visits([0, 0, 5, 7], ["a", "b", "a", "b"]), earlier=1)
    assert found.table["case_1"].tolist() == ["c0", "c1"]


@pytest.mark.parametrize("times", [[0, 20, 10], [0, 10, 10]])
def test_time_points_out_of_order_are_refused(times):
    with pytest.raises(BadInputError, match='patient "p" are out of order'):
        with_earlier_visits(visits(times), earlier=1)


def test_too_few_visits_are_refused():
    with pytest.raises(BadInputError, match="no patient has 3 visits"):
        with_earlier_visits(visits([0, 10]), earlier=2)


def test_depth_is_half_a_pixel_at_the_border_and_the_mask_where_positive():
    mask = np.zeros((9, 9), int)
    mask[2:7, 2:7] = 1
    depth = depth_in(mask)
    assert depth[4, 2] == 0.5
    assert depth[4, 1] == -0.5
    assert depth[4, 4] == 2.5
    assert ((depth > 0) == (mask > 0)).all()
    assert (depth_in(np.zeros((4, 4))) < 0).all()
