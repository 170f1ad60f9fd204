import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.agreement import ccc, cohen_kappa, fleiss_kappa, icc

# Fleiss 1971 as restated in the literature: 10 subjects, 14 raters, 5 categories.
FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
# Shrout and Fleiss 1979, table 2: 6 targets, 4 judges; their table 4 has the six coefficients.
SHROUT = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def test_kappa_of_the_published_table() -> None:
    assert fleiss_kappa(FLEISS) == pytest.approx(0.2099307, abs=1e-7)


def test_kappa_at_its_ends() -> None:
    assert fleiss_kappa([[3, 0], [0, 3], [3, 0]]) == 1
    assert fleiss_kappa([[1, 1], [1, 1]]) == -1


@pytest.mark.parametrize(
    ("model", "single", "averaged"),
    [("one-way", 0.17, 0.44), ("agreement", 0.29, 0.62), ("consistency", 0.71, 0.91)],
)
def test_icc_of_the_published_table(model: str, single: float, averaged: float) -> None:
    assert icc(SHROUT, model=model) == pytest.approx(single, abs=0.005)
    assert icc(SHROUT, model=model, averaged=True) == pytest.approx(averaged, abs=0.005)


@given(st.integers(0, 10_000), st.floats(0.5, 5))
def test_a_readers_offset_costs_agreement_but_not_consistency(seed: int, offset: float) -> None:
    ratings = np.random.default_rng(seed).normal(size=(8, 1)) + np.array([0.0, 0.0, offset])
    assert icc(ratings, model="consistency") == pytest.approx(1)
    assert icc(ratings, model="agreement") < 1
    assert icc(ratings * 7 + 3) == pytest.approx(icc(ratings))


@given(st.integers(0, 10_000))
def test_concordance_is_correlation_times_bias_correction(seed: int) -> None:
    x, y = np.random.default_rng(seed).normal(size=(2, 20)) * [[1], [2]] + [[0], [1]]
    scale, shift = x.std() / y.std(), (x.mean() - y.mean()) / np.sqrt(x.std() * y.std())
    expected = np.corrcoef(x, y)[0, 1] * 2 / (scale + 1 / scale + shift**2)
    assert ccc(x, y) == pytest.approx(expected)
    assert ccc(x, x) == pytest.approx(1)
    assert ccc(x, y) == pytest.approx(ccc(y, x))


def test_refusals() -> None:
    with pytest.raises(BadInputError, match="same number of readers"):
        fleiss_kappa([[2, 0], [2, 1]])
    with pytest.raises(BadInputError, match="one category"):
        fleiss_kappa([[2, 0], [2, 0]])
    with pytest.raises(BadInputError, match="do not vary"):
        icc(np.ones((3, 2)))
    with pytest.raises(BadInputError, match='unknown model "agrement"; did you mean "agreement"'):
        icc(SHROUT, model="agrement")
    with pytest.raises(BadInputError, match="undefined"):
        ccc([1, 1], [1, 1])
    with pytest.raises(BadInputError, match="NaN"):
        icc([[1, np.nan], [2, 3]])


def test_cohen_kappa_equals_scikit_learns():
    from sklearn.metrics import cohen_kappa_score

    random = numpy_generator(0, "kappa")
    first = random.integers(-1, 3, 60)
    second = np.where(random.random(60) < 0.4, first, random.integers(-1, 3, 60))
    assert cohen_kappa(first, second) == pytest.approx(cohen_kappa_score(first, second))
    with pytest.raises(BadInputError, match="chance explains"):
        cohen_kappa([1, 1], [1, 1])
    with pytest.raises(BadInputError, match="must be"):
        cohen_kappa([1], [1, 2])
