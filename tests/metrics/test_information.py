import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

from cancergan.core.errors import BadInputError
from cancergan.metrics.information import inception_score, mutual_information


@given(st.integers(0, 10_000))
def test_mutual_information_of_levels_is_scikit_learns(seed: int) -> None:
    x, y = np.random.default_rng(seed).integers(0, 5, (2, 60))
    x[0], x[1], y[0], y[1] = 0, 4, 0, 4
    assert mutual_information(x, y, bins=5) == pytest.approx(mutual_info_score(x, y))
    assert mutual_information(y, x, bins=5) == pytest.approx(mutual_information(x, y, bins=5))


def test_mutual_information_of_correlated_normals_in_closed_form() -> None:
    x, noise = np.random.default_rng(0).normal(size=(2, 400_000))
    y = 0.8 * x + 0.6 * noise
    assert mutual_information(x, y) == pytest.approx(-np.log(1 - 0.64) / 2, abs=0.02)
    assert mutual_information(x, noise) < 0.02


def test_it_does_not_care_for_the_modality_but_for_the_mask() -> None:
    x = np.random.default_rng(1).random((2, 16, 16))
    assert mutual_information(x, 5 - 3 * x, bins=8) == pytest.approx(
        mutual_information(x, x, bins=8), rel=0.02
    )
    y = x.copy()
    y[:, 8:] = np.random.default_rng(2).random((2, 8, 16))
    mask = np.arange(16)[:, None] < np.full((1, 16), 8)
    assert mutual_information(x, y, mask, bins=8) > 1.5 * mutual_information(x, y, ~mask, bins=8)


def test_inception_score_at_its_ends() -> None:
    assert inception_score(np.tile(np.eye(4), (5, 1))) == pytest.approx(4)
    assert inception_score(np.full((6, 4), 0.25)) == pytest.approx(1)
    # Sure, but of one class only; and two of four classes.
    assert inception_score(np.tile(np.eye(4)[0], (6, 1))) == pytest.approx(1)
    assert inception_score(np.tile(np.eye(4)[:2], (6, 1)), splits=3) == pytest.approx(2)


def test_inception_score_by_hand() -> None:
    rows = np.array([[0.9, 0.1], [0.2, 0.8]])
    mean = rows.mean(0)
    divergence = (rows * np.log(rows / mean)).sum(1).mean()
    assert inception_score(rows) == pytest.approx(np.exp(divergence))


def test_refusals() -> None:
    with pytest.raises(BadInputError, match="mask is empty"):
        mutual_information(np.ones((2, 2)), np.ones((2, 2)), np.zeros((2, 2)))
    with pytest.raises(BadInputError, match="must be equal"):
        mutual_information(np.ones(3), np.ones(4))
    with pytest.raises(BadInputError, match="Use a softmax"):
        inception_score(np.ones((4, 3)))
    with pytest.raises(BadInputError, match="2 cases a part"):
        inception_score(np.eye(3), splits=2)
