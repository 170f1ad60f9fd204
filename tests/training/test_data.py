"""The order of cases: complete, reproducible from any point, shared out over processes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.training.data import CaseOrder, Drawn, TrainingData

NATURAL = [[2, 3, 0, 1, 4], [6, 5, 0, 3, 1], [2, 4, 6, 5, 5]]
BALANCED = [[0, 4, 7, 0, 8, 7], [3, 5, 4, 7, 6, 8]]


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


def test_draws_are_those_of_the_first_version():
    """Numbers written down before the order was made faster: runs must resume bit-equal."""
    natural = CaseOrder(7, 3)
    assert [natural.indices(draw, 5).tolist() for draw in range(3)] == NATURAL
    balanced = CaseOrder(9, 3, "class_balanced", np.array([0, 1, 0, 2, 1, 0, 0, 2, 1]))
    assert [balanced.indices(draw, 6).tolist() for draw in range(2)] == BALANCED


@pytest.fixture
def mapped(tmp_path) -> TrainingData:
    np.save(tmp_path / "images.npy", np.arange(40.0).reshape(20, 2))
    images = np.load(tmp_path / "images.npy", mmap_mode="r")
    return TrainingData((Drawn({"image": images}, CaseOrder(20, 0)),))


def test_what_is_read_ahead_is_what_would_have_been_read(mapped):
    plain = TrainingData(
        (Drawn({"image": np.array(mapped.columns["image"])}, mapped.parts[0].order),)
    )
    # In order, again, with a jump, and for another process.
    for draw, rank in ((0, 0), (1, 0), (2, 0), (2, 0), (7, 0), (8, 1), (9, 1)):
        a, b = (data.batch(draw, 6, rank=rank, processes=2) for data in (mapped, plain))
        assert a["image"].tobytes() == b["image"].tobytes()


def test_the_next_batch_is_read_while_the_caller_computes(mapped, monkeypatch):
    mapped.batch(0, 4)
    ahead = mapped._ahead[(1, 4, 0, 1)].result()
    monkeypatch.setattr(TrainingData, "_read", lambda *_: pytest.fail("read twice"))
    monkeypatch.setattr(mapped._reader, "submit", lambda *_: None)
    assert mapped.batch(1, 4) is ahead


def test_data_travels_to_other_processes_without_its_thread(mapped):
    mapped.batch(0, 4)
    again = TrainingData(**mapped.__getstate__())
    assert again.batch(1, 4)["image"].tobytes() == mapped.batch(1, 4)["image"].tobytes()
