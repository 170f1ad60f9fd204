import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score

from cancergan.core.errors import BadInputError
from cancergan.metrics.classification import (
    accuracy,
    auc,
    average_precision,
    balanced_accuracy,
    expected_calibration_error,
)


def predictions(seed: int, n: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, n)])
    # Rounded, so that ties occur.
    return labels, (random.dirichlet(np.ones(classes), len(labels)) * 8).round() / 8


@given(st.integers(0, 10_000), st.integers(5, 60))
def test_binary_auc_is_scikit_learns(seed: int, n: int) -> None:
    labels, probabilities = predictions(seed, n, 2)
    expected = pytest.approx(roc_auc_score(labels, probabilities[:, 1]))
    assert auc(labels, probabilities) == expected
    assert auc(labels, probabilities[:, 1]) == expected


@given(st.integers(0, 10_000))
def test_macro_auc_and_balanced_accuracy_are_scikit_learns(seed: int) -> None:
    labels, _ = predictions(seed, 40, 3)
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(3), len(labels))
    expected = roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
    assert auc(labels, probabilities) == pytest.approx(expected)
    expected = balanced_accuracy_score(labels, probabilities.argmax(1))
    assert balanced_accuracy(labels, probabilities) == pytest.approx(expected)


def test_average_precision_by_hand_and_macro() -> None:
    # Ranked 1, 0, 1: precision 1 at recall 1/2, 2/3 at recall 1.
    assert average_precision([1, 0, 1], [0.9, 0.8, 0.7]) == pytest.approx((1 + 2 / 3) / 2)
    labels, probabilities = predictions(3, 40, 3)
    expected = average_precision_score(np.eye(3)[labels], probabilities, average="macro")
    assert average_precision(labels, probabilities) == pytest.approx(expected)
    with pytest.raises(BadInputError, match="class 1 has 2 of 2"):
        average_precision([1, 1], [0.2, 0.4])


def test_accuracy_is_balanced_or_not() -> None:
    labels = [0, 0, 0, 1]
    always_zero = np.tile([0.9, 0.1], (4, 1))
    assert accuracy(labels, always_zero) == 0.75
    assert balanced_accuracy(labels, always_zero) == 0.5


def test_calibration_error_by_hand() -> None:
    # Confidence .8 is right 3 times of 4 (gap .05); confidence .6 is right 0 of 4 (gap .6).
    probabilities = np.array([[0.2, 0.8]] * 4 + [[0.6, 0.4]] * 4)
    labels = [1, 1, 1, 0, 1, 1, 1, 1]
    assert expected_calibration_error(labels, probabilities) == pytest.approx((0.05 + 0.6) / 2)
    assert expected_calibration_error([1, 0], [1.0, 0.0]) == 0


def test_refusals() -> None:
    with pytest.raises(BadInputError, match="class 1 has 0 of 3"):
        auc([0, 0, 0], [0.1, 0.2, 0.3])
    with pytest.raises(BadInputError, match="class 2 has 0 of 2"):
        auc([0, 1], np.full((2, 3), 1 / 3))
    with pytest.raises(BadInputError, match="Number the classes from 0"):
        accuracy([1, 2], np.full((2, 2), 0.5))
    with pytest.raises(BadInputError, match=r"must be \(n,\) and \(n, K\)"):
        accuracy([1, 0, 1], np.full((2, 2), 0.5))
