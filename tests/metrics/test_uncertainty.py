import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.core.errors import BadInputError
from cancergan.metrics.uncertainty import (
    negative_log_likelihood,
    predictive_entropy,
    rejection_curve,
    rejection_gain,
    split_entropy,
    split_variance,
    temperature,
    tempered,
    uncertainty_error_correlation,
)


def test_entropy_is_nil_when_sure_and_log_k_at_a_loss() -> None:
    assert predictive_entropy([[1.0, 0.0], [0.5, 0.5]]) == pytest.approx([0, np.log(2)], abs=1e-10)


def test_models_that_agree_have_no_parameter_uncertainty_and_opposite_ones_nothing_else() -> None:
    agree = np.tile([[0.3, 0.7]], (4, 1, 1))
    assert split_entropy(agree)[1] == pytest.approx([0])
    opposite = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    intrinsic, parameter = split_entropy(opposite)
    assert (intrinsic[0], parameter[0]) == pytest.approx((0, np.log(2)), abs=1e-9)


@given(st.integers(0, 10_000))
def test_the_parts_add_up_to_the_entropy_of_the_mean(seed: int) -> None:
    rows = np.random.default_rng(seed).dirichlet((1, 1, 1), (5, 7))
    assert sum(split_entropy(rows)) == pytest.approx(predictive_entropy(rows.mean(0)))


def test_variance_is_that_within_models_and_that_between_them() -> None:
    intrinsic, parameter = split_variance([[1.0, 2.0], [3.0, 2.0]], [[0.5, 1.0], [1.5, 1.0]])
    assert intrinsic.tolist() == [1.0, 1.0]
    assert parameter.tolist() == [1.0, 0.0]


def test_correlation_at_its_ends_and_where_nothing_is_told() -> None:
    error = np.array([0.0, 1.0, 2.0, 5.0])
    assert uncertainty_error_correlation(error**3, error) == pytest.approx(1)
    assert uncertainty_error_correlation(-error, error) == pytest.approx(-1)
    assert uncertainty_error_correlation(np.ones(4), error) == 0


def test_the_rejection_curve_by_hand() -> None:
    kept, errors = rejection_curve([0.1, 0.9, 0.5, 0.5], [0.0, 1.0, 1.0, 0.0])
    assert kept.tolist() == [0.25, 0.5, 0.75, 1.0]
    # The two that are equally sure count half each.
    assert errors == pytest.approx([0, 0.25, 1 / 3, 0.5])


@given(st.integers(0, 10_000))
def test_rejection_gain_is_one_by_the_error_itself_and_minus_for_its_opposite(seed: int) -> None:
    error = np.random.default_rng(seed).random(30)
    assert rejection_gain(error, error) == pytest.approx(1)
    assert rejection_gain(-error, error) < 0
    assert rejection_gain(np.ones(30), error) == pytest.approx(0, abs=1e-12)
    assert rejection_gain(error, np.ones(30)) == 0


def test_the_temperature_that_was_applied_is_found() -> None:
    random = np.random.default_rng(0)
    honest = random.dirichlet((1, 1, 1), 4000)
    labels = np.array([random.choice(3, p=row) for row in honest])
    assert temperature(labels, tempered(honest, 0.4)) == pytest.approx(1 / 0.4, rel=0.06)
    assert temperature(labels, honest) == pytest.approx(1, rel=0.06)


@given(st.integers(0, 10_000), st.floats(0.5, 2))
def test_a_temperature_keeps_the_ranking_and_can_be_undone(seed: int, heat: float) -> None:
    rows = np.random.default_rng(seed).dirichlet((3, 3, 3), 5)
    changed = tempered(rows, heat)
    assert (changed.argmax(1) == rows.argmax(1)).all()
    assert tempered(changed, 1 / heat) == pytest.approx(rows, rel=1e-6)


def test_likelihood_of_even_guesses_is_log_k() -> None:
    assert negative_log_likelihood([0, 1, 2], np.full((3, 3), 1 / 3)) == pytest.approx(np.log(3))


def test_refusals() -> None:
    with pytest.raises(BadInputError, match="n 2 or more"):
        rejection_curve([1.0], [1.0])
    with pytest.raises(BadInputError, match="must be \\(n,\\) and \\(n, K\\)"):
        temperature([0, 1], [0.5, 0.5])
    with pytest.raises(BadInputError, match="labels reach to 2 of 2"):
        negative_log_likelihood([0, 2], np.full((2, 2), 0.5))
    with pytest.raises(BadInputError, match="models, n, classes"):
        split_entropy([[0.5, 0.5]])
    with pytest.raises(BadInputError, match="from 0"):
        split_variance([1.0], [-1.0])
