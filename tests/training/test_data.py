"""The order of cases: complete, reproducible from any point, shared out over processes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.training.data import CaseOrder, Drawn, TrainingData


@given(cases=st.integers(1, 40), batch=st.integers(1, 17), seed=st.integers(0, 9))
def test_natural_order_visits_every_case_once_an_epoch(cases, batch, seed):
    order = CaseOrder(cases, seed)
    drawn = np.concatenate([order.indices(draw, batch) for draw in range(2 * cases)])
    for epoch in range(len(drawn) // cases):
        assert sorted(drawn[epoch * cases : (epoch + 1) * cases]) == list(range(cases))


def test_any_draw_can_be_repeated_without_the_ones_before():
    order = CaseOrder(13, 0)
    in_order = [order.indices(draw, 4) for draw in range(9)]
    assert np.array_equal(CaseOrder(13, 0).indices(8, 4), in_order[8])
    assert not np.array_equal(CaseOrder(13, 1).indices(8, 4), in_order[8])


def test_balanced_batches_hold_equal_shares_of_rare_and_common_classes():
    labels = np.array([0] * 95 + [1] * 3 + [2] * 2)
    order = CaseOrder(100, 0, "class_balanced", labels)
    for draw in range(20):
        counts = np.bincount(labels[order.indices(draw, 12)], minlength=3)
        assert counts.tolist() == [4, 4, 4]


@pytest.mark.parametrize("sampling", ["natural", "class_balanced"])
def test_processes_share_one_batch_without_overlap(sampling):
    labels = np.arange(10) % 2
    data = TrainingData((Drawn({"place": np.arange(10)}, CaseOrder(10, 0, sampling, labels)),))
    whole = data.batch(3, 8)["place"]
    parts = [data.batch(3, 8, rank=rank, processes=2)["place"] for rank in range(2)]
    assert sorted(np.concatenate(parts)) == sorted(whole)
    assert [len(part) for part in parts] == [4, 4]
