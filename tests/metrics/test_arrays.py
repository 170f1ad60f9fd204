import numpy as np
import pytest
import torch

from cancergan.core.errors import BadInputError, CancerganWarning
from cancergan.metrics.arrays import feature_pair, features


def test_torch_tensors_become_float64() -> None:
    array = features(torch.tensor([[1, 2], [3, 4]], dtype=torch.float16), "x")
    assert array.dtype == np.float64
    assert array.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("shape", [(4,), (4, 0), (2, 2, 2)])
def test_only_cases_by_features(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInputError, match="must be \\(cases, features\\)"):
        features(np.zeros(shape), "x")


def test_the_unequal_and_the_infinite_are_named() -> None:
    with pytest.raises(BadInputError, match="3 dimensions, synthetic ones 2"):
        feature_pair(np.zeros((4, 3)), np.zeros((4, 2)))
    with pytest.raises(BadInputError, match="synthetic features, row 1"):
        feature_pair(np.zeros((4, 1)), np.array([[0.0], [np.inf]]))


def test_tensors_with_gradients_are_read() -> None:
    assert features(torch.ones(2, 2, requires_grad=True), "x").tolist() == [[1, 1], [1, 1]]


def test_a_constant_side_is_pointed_out() -> None:
    with pytest.warns(CancerganWarning, match="the 4 synthetic cases have the same features"):
        feature_pair(np.arange(8.0).reshape(4, 2), np.ones((4, 2)))
