import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.pixels import Header
from cancergan.cohort.planning import checked_headers, planned_size, planned_window
from cancergan.core.errors import BadInputError
from tests.data import blobs


def header(*shape, spacing=None):
    return Header((1, *shape), np.dtype(np.float32), spacing or (1.0,) * len(shape))


def test_eight_bit_takes_the_whole_range_others_the_percentiles():
    cohort = blobs(4, channels=3)
    window = planned_window(cohort, checked_headers(cohort))
    assert (window.low, window.high) == ((0.0,) * 3, (255.0,) * 3)

    values = np.linspace(-1000, 1000, 4096, dtype=np.float32).reshape(1, 1, 64, 64)
    hounsfield = Cohort.from_arrays(np.concatenate([values, 2 * values], axis=1))
    window = planned_window(hounsfield, checked_headers(hounsfield))
    assert window.low == pytest.approx((-998, -1996), abs=0.5)
    assert window.high == pytest.approx((998, 1996), abs=0.5)


def test_a_constant_image_still_has_a_window():
    cohort = Cohort.from_arrays(np.full((2, 1, 4, 4), 7.0))
    assert planned_window(cohort, checked_headers(cohort)).low == (7.0,)


def test_nan_names_its_case():
    images = np.zeros((3, 1, 4, 4), np.float32)
    images[1, 0, 0, 0] = np.nan
    cohort = Cohort.from_arrays(images, pd.DataFrame({"case_id": ["a", "b", "c"]}))
    with pytest.raises(BadInputError, match='case "b": 1 of 16 pixels are NaN'):
        planned_window(cohort, checked_headers(cohort))


def test_mixed_channels_name_two_cases():
    images = [np.zeros((1, 4, 4)), np.zeros((1, 4, 4)), np.zeros((3, 4, 4))]
    cohort = Cohort.from_arrays(images, pd.DataFrame({"case_id": ["a", "b", "c"]}))
    message = r'case "a" and case "c" differ in channels \(1 and 3; 1: 2 cases, 3: 1 cases\)'
    with pytest.raises(BadInputError, match=message):
        checked_headers(cohort)


def test_mixed_dimensions_and_modalities_are_refused():
    images = [np.zeros((1, 4, 4)), np.zeros((1, 4, 4, 4))]
    with pytest.raises(BadInputError, match="differ in spatial axes"):
        checked_headers(Cohort.from_arrays(images))
    table = pd.DataFrame({"modality": ["CT", "MR"]})
    with pytest.raises(BadInputError, match=r"differ in modality \(CT and MR"):
        checked_headers(Cohort.from_arrays(np.zeros((2, 1, 4, 4)), table))


def test_without_a_size_the_median_shape_and_spacing_are_taken():
    headers = [header(10, 20), header(12, 20, spacing=(2.0, 2.0)), header(14, 40)]
    assert planned_size(headers, None) == ((12, 20), (1.0, 1.0))


def test_nothing_changes_where_the_size_fits_already():
    blocks = [header(32, 32, 32, spacing=(1.0, 1.0, 2.5))] * 3
    assert planned_size(blocks, 32) == ((32, 32, 32), (1.0, 1.0, 2.5))


def test_one_number_makes_square_pixels_and_three_cover_the_median_volume():
    volumes = [header(200, 200, 25, spacing=(0.8, 0.8, 6.4))]
    assert planned_size(volumes, 32) == ((32, 32, 32), (1.0, 1.0, 1.0))
    assert planned_size(volumes, (50, 50, 25))[1] == pytest.approx((3.2, 3.2, 6.4))


@pytest.mark.parametrize("size", [0, (8, 8, 8), (8, -1)])
def test_a_size_that_does_not_fit_is_refused(size):
    with pytest.raises(BadInputError, match="the images have 2 spatial axes"):
        planned_size([header(10, 20)], size)
