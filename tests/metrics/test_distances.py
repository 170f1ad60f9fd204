import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from cancergan.metrics import distances
from cancergan.metrics.distances import blocks, nearest, squared_radii, within


@given(st.integers(0, 10_000), st.integers(1, 30), st.floats(0, 1e6))
def test_distances_are_those_of_the_differences(seed: int, d: int, far: float) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(9, d)) + far, random.normal(size=(7, d)) + far
    expected = cdist(x, y)
    for part, squared, slack in blocks(x, y):
        assert np.abs(squared - expected[part] ** 2).max() <= slack
    found, which = nearest(x, y)
    assert found == pytest.approx(expected.min(1), rel=1e-9)
    assert which.tolist() == expected.argmin(1).tolist()
    assert squared_radii(x, 3) == pytest.approx(np.sort(cdist(x, x) ** 2)[:, 3], rel=1e-9)


@given(st.integers(0, 10_000))
def test_ties_are_ties_on_a_lattice_far_from_the_origin(seed: int) -> None:
    # On whole numbers exact distances are exact, so "at the radius" is often met with equality.
    random = np.random.default_rng(seed)
    x = random.integers(0, 4, (30, 3)) + 1e7
    y = random.integers(0, 4, (20, 3)) + 1e7
    radius = squared_radii(x, 2)
    for part, squared, slack in blocks(x, y):
        inside = within(squared, radius[part, None], slack, x[part], y)
        assert (inside == (cdist(x, y, "sqeuclidean")[part] <= radius[part, None])).all()


def test_equal_samples_are_at_exactly_zero() -> None:
    x = np.random.default_rng(0).normal(size=(50, 40)) + 1000
    assert nearest(x[::-1], x)[0].tolist() == [0.0] * 50
    assert squared_radii(np.repeat(x, 4, axis=0), 3).tolist() == [0.0] * 200


def test_blocks_do_not_change_it(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = np.random.default_rng(1).normal(size=(2, 40, 5))
    whole = nearest(x, y), squared_radii(x, 4)
    monkeypatch.setattr(distances, "BLOCK_ELEMENTS", 90)
    assert len(list(blocks(x, y))) == 20
    assert nearest(x, y)[0].tolist() == whole[0][0].tolist()
    assert squared_radii(x, 4) == pytest.approx(whole[1])
