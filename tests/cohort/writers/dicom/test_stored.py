import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cancergan.cohort.writers.dicom.stored import as_decimal, stored
from cancergan.core.errors import BadInputError

random = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16])
def test_whole_types_stay_as_they_are(dtype):
    info = np.iinfo(dtype)
    image = np.array([[[info.min, info.max]]], dtype)
    held = stored(image)
    assert held.numbers.dtype == dtype
    assert (held.slope, held.intercept, held.error) == (1.0, 0.0, 0.0)
    assert np.array_equal(held.numbers, image)


@pytest.mark.parametrize(
    ("low", "high", "dtype", "intercept"),
    [(-1024, 3071, np.int16, 0), (0, 60000, np.uint16, 0), (-40000, 20000, np.uint16, -40000)],
)
def test_whole_floats_are_exact(low, high, dtype, intercept):
    image = random.integers(low, high, (1, 9, 9), endpoint=True).astype(np.float32)
    image[0, 0, :2] = low, high
    held = stored(image)
    assert (held.numbers.dtype, held.intercept, held.slope) == (dtype, intercept, 1.0)
    assert np.array_equal(held.physical(), image)


@given(
    st.sampled_from([0.1, 0.01, 0.25, 1 / 256, 0.033, 2.0, 1e-7, 12.5]),
    st.sampled_from([0.0, -0.1, -1024.0, 3.75]),
    st.integers(2, 65536),
    st.integers(0, 2**32),
)
@example(slope=0.1, intercept=-1024.0, levels=65519, seed=2)  # two neighbours, then wide gaps
def test_what_a_rescale_slope_made_comes_back_to_the_last_bit(slope, intercept, levels, seed):
    draw = np.random.default_rng(seed)
    numbers = np.unique(np.concatenate([[0, levels - 1], draw.integers(0, levels, 50)]))
    image = (np.append(numbers, [0, 1]) * slope + intercept).astype(np.float32)[None, None]
    held = stored(image)
    assert np.array_equal(held.physical(), image)
    assert held.error == 0.0


@given(st.floats(-1e6, 1e6, width=32), st.floats(2**-6, 1e6, width=32), st.integers(0, 2**32))
def test_other_fractions_are_rounded_by_half_a_step_at_most(low, width, seed):
    image = (low + width * np.random.default_rng(seed).random((1, 30, 30))).astype(np.float32)
    held = stored(image)
    error = np.abs(held.physical().astype(float) - image).max()
    assert held.error == pytest.approx(error, abs=1e-12)
    # Half a step, and what float32 itself rounds at this size.
    assert error <= 0.5001 * np.ptp(image) / 65534 + np.spacing(np.abs(image).max())


def test_outliers_that_would_round_the_rest_away_are_refused():
    image = random.normal(size=(1, 50, 50)).astype(np.float32)
    image[0, 0, 0] = 1e6
    with pytest.raises(BadInputError, match=r"98 % of them lie within .* Clip the outliers"):
        stored(image)


def test_colour_is_rounded_to_eight_bit_and_never_scaled():
    image = random.uniform(0, 255, (3, 5, 5)).astype(np.float32)
    held = stored(image)
    assert held.numbers.dtype == np.uint8
    assert np.array_equal(held.numbers, np.rint(image))
    assert 0 < held.error <= 0.5
    with pytest.raises(BadInputError, match="within 0 and 255"):
        stored(image - 1)


@given(st.floats(-1e5, 1e5))
def test_decimals_fit_and_stay_near(number):
    text = as_decimal([number])[0]
    assert len(text) <= 16
    assert float(text) == pytest.approx(number, rel=1e-9, abs=1e-9)
    assert not text.startswith("-0.0") or number < 0


@given(st.floats(-(2.0**90), 2.0**90, width=32))
def test_a_single_value_is_exact(value):
    image = np.full((1, 3, 3), value, np.float32)
    assert np.array_equal(stored(image).physical(), image)
