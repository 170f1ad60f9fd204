import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.cohort.window import IntensityWindow
from cancergan.core.errors import BadInputError

numbers = st.floats(-3000, 3000, width=32)


@given(low=numbers, width=st.floats(0.5, 5000, width=32), inside=st.floats(0, 1))
def test_the_inverse_returns_what_went_in(low, width, inside):
    window = IntensityWindow((low,), (low + width,))
    value = low + inside * width
    back = window.to_physical(window.to_network(np.array([[value]])))
    assert back[0, 0] == pytest.approx(value, abs=1e-6 * (abs(low) + width))


@given(st.integers(0, 255))
def test_eight_bit_numbers_come_back_exactly(level):
    window = IntensityWindow((0.0,), (255.0,))
    assert np.rint(window.to_physical(window.to_network([[level]])))[0, 0] == level


def test_each_channel_has_its_own_window_and_values_outside_are_clipped():
    window = IntensityWindow((0.0, -10.0), (100.0, 10.0))
    image = np.array([[-5.0, 50.0, 200.0], [-10.0, 0.0, 5.0]])
    assert np.allclose(window.to_network(image), [[-1, 0, 1], [-1, 0, 0.5]])
    assert window.to_network(image).dtype == np.float32


@pytest.mark.parametrize(
    ("low", "high"), [((1.0,), (1.0,)), ((0.0,), (np.nan,)), ((0.0,), (1.0, 2.0)), ((), ())]
)
def test_a_window_without_width_is_refused(low, high):
    with pytest.raises(BadInputError, match="needs one finite low < high"):
        IntensityWindow(low, high)


def test_another_number_of_channels_is_refused():
    with pytest.raises(BadInputError, match="3 channels do not fit an intensity window of 1"):
        IntensityWindow((0.0,), (1.0,)).to_network(np.zeros((3, 2, 2)))


def test_json_round_trip():
    window = IntensityWindow((-1000.0, 0.1), (400.0, 0.7))
    assert IntensityWindow.from_json(window.to_json()) == window
