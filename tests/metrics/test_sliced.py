import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.metrics.sliced import sliced_distance


@pytest.mark.parametrize(("shift", "expected"), [(1, 192), (3, 1728)])
def test_a_shift_costs_three_d_mu_squared(shift: float, expected: float) -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 4000, 64))
    assert sliced_distance(x, y + shift, seed=0, projections=2000) == pytest.approx(
        expected, rel=0.1
    )


@given(st.integers(0, 10_000), st.integers(2, 9), st.integers(2, 9), st.integers(1, 20))
def test_zero_for_equal_symmetric_and_never_nan(seed: int, n: int, m: int, d: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(n, d)), random.normal(size=(m, d))
    assert sliced_distance(x, x[::-1], seed=seed, projections=20) == pytest.approx(0, abs=1e-20)
    there = sliced_distance(x, y, seed=seed, projections=20)
    assert there == pytest.approx(sliced_distance(y, x, seed=seed, projections=20))
    assert there > 0


def test_in_one_dimension_it_is_three_times_wasserstein_squared() -> None:
    x, y = np.array([[0.0], [1.0], [5.0]]), np.array([[2.0], [2.0], [4.0]])
    assert sliced_distance(x, y, seed=1, projections=3) == pytest.approx(3 * (4 + 1 + 1) / 3)
    doubled = np.repeat(y, 2, axis=0)
    assert sliced_distance(y, doubled, seed=1) == pytest.approx(0, abs=0.5)
