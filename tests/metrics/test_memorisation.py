import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.core.errors import BadInputError
from cancergan.metrics.memorisation import (
    copy_rate,
    copy_rate_of_distances,
    data_copying_of_distances,
    data_copying_statistic,
    expected_copy_rate,
    nearest_training_case,
)


def test_nearest_training_case() -> None:
    distance, row = nearest_training_case([[0.0, 0.0], [3.0, 4.0]], [[3.0, 3.0], [0.0, -2.0]])
    assert distance.tolist() == [1, 2]
    assert row.tolist() == [1, 0]


def test_planted_copies_are_found_and_only_they() -> None:
    random = np.random.default_rng(0)
    training, held_out, fresh = (random.normal(size=(300, 8)) for _ in range(3))
    planted = np.concatenate([training[:60] + 1e-6, fresh[:240]])
    assert copy_rate(training, planted, held_out) == pytest.approx(0.2, abs=0.02)
    assert copy_rate(training, fresh, held_out) < 0.03
    assert data_copying_statistic(training, training, held_out) == 1
    assert data_copying_statistic(training, fresh, held_out) == pytest.approx(0.5, abs=0.06)


def test_expected_copy_rate_is_the_expectation() -> None:
    random = np.random.default_rng(0)
    for held_out, quantile in ((30, 0.01), (99, 0.05), (250, 0.01)):
        rates = [
            copy_rate_of_distances(random.random(500), random.random(held_out), quantile=quantile)
            for _ in range(3000)
        ]
        expected = expected_copy_rate(held_out, quantile=quantile)
        assert np.mean(rates) == pytest.approx(expected, rel=0.07)


def test_a_duplicate_that_unseen_cases_share_is_no_copy() -> None:
    assert copy_rate_of_distances(np.zeros(5), np.zeros(5)) == 0
    assert data_copying_of_distances(np.zeros(5), np.zeros(5)) == 0.5


@given(st.integers(0, 2**32 - 1))
def test_data_copying_is_the_mann_whitney_share(seed: int) -> None:
    from scipy.stats import mannwhitneyu

    random = np.random.default_rng(seed)
    synthetic, held_out = random.integers(0, 9, 20) * 1.0, random.integers(0, 9, 30) * 1.0
    expected = mannwhitneyu(held_out, synthetic).statistic / (20 * 30)
    assert data_copying_of_distances(synthetic, held_out) == pytest.approx(expected)


def test_quantile_must_be_one() -> None:
    with pytest.raises(BadInputError, match="quantile is 1"):
        copy_rate_of_distances(np.zeros(3), np.ones(3), quantile=1)
