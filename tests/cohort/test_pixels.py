import numpy as np
import pytest

from cancergan.cohort.pixels import narrow, whole_numbers
from cancergan.core.errors import BadInputError


@pytest.mark.parametrize(
    ("values", "dtype", "kept"),
    [
        ([0, 255], np.uint8, np.uint8),
        ([-1024, 3071], np.int64, np.int16),
        ([0, 65535], np.int32, np.uint16),
        ([-1, 65535], np.int32, np.float32),
        ([0.5, 1e9], np.float64, np.float32),
        ([0.5, 1.0], np.float16, np.float32),
        ([0, 1], bool, np.float32),
        ([0, 300], ">u2", np.uint16),
    ],
)
def test_pixels_keep_or_get_a_type_of_cohorts_without_loss(values, dtype, kept):
    result = narrow(np.array(values, dtype=dtype))
    assert result.dtype == kept
    assert result.dtype.isnative
    assert result.tolist() == values


def test_masks_are_whole_numbers():
    assert whole_numbers(np.array([0.0, 3.0])).dtype == np.int32
    assert whole_numbers(np.array([True, False])).tolist() == [1, 0]
    for bad in ([0.5], [np.nan], [2.0**33]):
        with pytest.raises(BadInputError, match="whole numbers"):
            whole_numbers(np.array(bad))


def test_text_and_complex_numbers_are_no_pixels():
    for bad in (np.array(["a"]), np.array([1j])):
        with pytest.raises(BadInputError, match="are not numbers"):
            narrow(bad)
