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
    for single in (False, True):
        for block in blocks(x, y, single=single):
            true = expected[block.rows] ** 2
            assert (block.least <= true).all()
            assert (true <= block.most).all()
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
    for single in (False, True):
        for block in blocks(x, y, single=single):
            inside = within(block, radius[block.rows, None], x, y)
            true = cdist(x, y, "sqeuclidean")[block.rows]
            assert (inside == (true <= radius[block.rows, None])).all()


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


def lattice(n: int, seed: int) -> np.ndarray:
    """Return whole numbers far from the origin: exact distances, many of them equal."""
    return np.random.default_rng(seed).integers(0, 2, (n, 150)) + 1e5


def with_an_outlier(n: int, seed: int) -> np.ndarray:
    cases = np.random.default_rng(seed).normal(size=(n, 150))
    cases[n // 2] *= 1e6
    return cases


def with_copies(n: int, seed: int) -> np.ndarray:
    cases = np.random.default_rng(seed).normal(size=(n, 150))
    return np.concatenate([cases[: n // 2], cases[: n - n // 2]])


def narrow(n: int, seed: int) -> np.ndarray:
    """Return two crowds whose cases lie nearer to each other than single precision tells apart."""
    cases = 1e-9 * np.random.default_rng(seed).normal(size=(n, 150))
    cases[::2] += 1
    return cases


def huge(n: int, seed: int) -> np.ndarray:
    return 1e30 * np.random.default_rng(seed).normal(size=(n, 150))


@pytest.mark.parametrize("cases", [lattice, with_an_outlier, with_copies, narrow, huge])
@pytest.mark.parametrize("elements", [8_000_000, 700])
def test_many_features_in_single_precision_decide_as_exact_distances(
    cases, elements: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distances, "BLOCK_ELEMENTS", elements)
    x, y = cases(60, 1), cases(50, 2)
    y[:10] = x[:10]
    own = ((x[:, None] - x[None]) ** 2).sum(-1)
    radius = squared_radii(x, 4)
    assert radius == pytest.approx(np.sort(own, axis=1)[:, 4], rel=1e-12)
    between = ((x[:, None] - y[None]) ** 2).sum(-1)
    for block in blocks(x, y, single=True):
        inside = within(block, radius[block.rows, None], x, y)
        assert (inside == (between[block.rows] <= radius[block.rows, None])).all()


def test_a_triangle_of_blocks_holds_every_pair_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "BLOCK_ELEMENTS", 90)
    x = np.random.default_rng(1).normal(size=(30, 5))
    seen = np.zeros((30, 30), dtype=int)
    for block in blocks(x, x, triangle=True):
        seen[block.rows, block.columns] += 1
    assert (np.maximum(seen, seen.T) == 1).all()


def test_single_precision_gives_up_where_it_cannot_tell() -> None:
    ordinary = np.random.default_rng(0).normal(size=(300, 150))
    assert distances._radii_by_single(ordinary, 5) is not None
    assert distances._radii_by_single(narrow(300, 0), 5) is None
