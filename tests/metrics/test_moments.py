import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.core.errors import BadInputError
from cancergan.metrics.moments import Moments


@given(st.integers(0, 10_000), st.lists(st.integers(1, 7), min_size=1, max_size=6))
def test_parts_in_any_cut_give_numpys_moments(seed: int, sizes: list[int]) -> None:
    # A mean of 1e6 beside a spread of 1: sums of squares would lose half of the digits.
    cases = np.random.default_rng(seed).normal(size=(sum(sizes) + 2, 3)) + 1e6
    moments, other = Moments(3), Moments(3)
    for part in np.split(cases, np.cumsum(sizes)):
        (moments if len(part) % 2 else other).update(part)
    moments.merge(other)
    assert len(moments) == len(cases)
    assert moments.mean == pytest.approx(cases.mean(0), rel=1e-12)
    assert moments.covariance == pytest.approx(np.cov(cases, rowvar=False), rel=1e-7, abs=1e-8)


def test_three_constant_images() -> None:
    # Images of 0, 1/2 and 1 through mean pooling: each feature has mean 1/2 and covariance 1/4.
    moments = Moments(3)
    for grey in (0.0, 0.5, 1.0):
        image = np.full((3, 4, 4), grey, dtype=np.float32)
        moments.update(image.mean((1, 2))[None])
    assert moments.mean == pytest.approx(0.5, abs=1e-3)
    assert moments.covariance == pytest.approx(0.25)


def test_refusals() -> None:
    moments = Moments(2)
    moments.merge(Moments(2))
    with pytest.raises(BadInputError, match="0 cases have no covariance"):
        _ = moments.covariance
    with pytest.raises(BadInputError, match="3 dimensions, 2 before"):
        moments.update(np.zeros((1, 3)))
    with pytest.raises(BadInputError, match="row 1: NaN"):
        moments.update([[0.0, 1.0], [np.nan, 1.0]])
    with pytest.raises(BadInputError, match="do not join"):
        moments.merge(Moments(3))
