import numpy as np
import pytest
import torch
from torch import nn

from cancergan.downstream.optimisation import minimise


def test_one_step_for_each_batch_and_down_the_hill() -> None:
    parameter = nn.Parameter(torch.tensor([1.0]))
    seen = []

    def loss(rows: np.ndarray) -> torch.Tensor:
        seen.append(rows.tolist())
        return (parameter**2).sum()

    rows = np.arange(800).reshape(400, 2)
    assert minimise(loss, [parameter], rows) == 400
    assert seen == rows.tolist()
    assert abs(parameter.item()) < 0.5


def test_no_batches_no_change() -> None:
    parameter = nn.Parameter(torch.tensor([1.0]))
    assert minimise(lambda rows: parameter.sum(), [parameter], np.zeros((0, 4), dtype=int)) == 0
    assert parameter.item() == pytest.approx(1)
