import numpy as np
import pytest
import torch

from cancergan.core.errors import BadInputError
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
