import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.cohort import Cohort
from cancergan.cohort.splitting import split_positions
from cancergan.core.errors import BadInputError
from tests.data import shared

PARTS = {"train": 0.7, "validation": 0.1, "test": 0.2}


def split(table, parts=PARTS, by="patient_id", seed=0, order="random"):
    return split_positions(table, parts, by=by, seed=seed, order=order, origin="table")


@st.composite
def tables(draw):
    patients = draw(st.lists(st.integers(0, 14), min_size=8, max_size=60))
    patients += [100, 101, 102]
    labels = [draw(st.sampled_from(["a", "b", "c"])) for _ in patients]
    names = [f"P{patient}" for patient in patients]
    centres = [draw(st.integers(0, 40)) for _ in patients]
    return pd.DataFrame({"patient_id": names, "label": labels, "centre": centres})


@given(tables(), st.sampled_from(["random", "contiguous"]), st.integers(0, 5))
def test_parts_are_disjoint_complete_and_keep_patients_whole(table, order, seed):
    positions = split(table, seed=seed, order=order)
    every = np.concatenate(list(positions.values()))
    assert sorted(every) == list(range(len(table)))
    patients = [set(table["patient_id"].iloc[rows]) for rows in positions.values()]
    assert sum(map(len, patients)) == len(set.union(*patients))
    assert all(len(rows) for rows in positions.values())


@given(tables(), st.integers(0, 5))
def test_the_same_seed_gives_the_same_parts_whatever_the_order_of_rows(table, seed):
    shuffled = table.sample(frac=1, random_state=1).reset_index(drop=True)
    for one, two in zip(split(table, seed=seed).values(), split(shuffled, seed=seed).values(),
                        strict=True):  # fmt: skip
        assert set(table["patient_id"].iloc[one]) == set(shuffled["patient_id"].iloc[two])


def test_another_seed_gives_other_parts():
    table = pd.DataFrame({"patient_id": [f"P{i}" for i in range(100)]})
    assert not np.array_equal(split(table, seed=0)["test"], split(table, seed=1)["test"])


@given(st.integers(10, 80), st.integers(10, 80), st.integers(0, 3))
def test_labels_are_spread_as_evenly_as_whole_patients_allow(a, b, seed):
    table = pd.DataFrame({"patient_id": [f"P{i}" for i in range(a + b)]})
    table["label"] = ["a"] * a + ["b"] * b
    for name, rows in split(table, seed=seed).items():
        counts = table["label"].iloc[rows].value_counts()
        for label, total in (("a", a), ("b", b)):
            assert abs(counts.get(label, 0) - PARTS[name] * total) < 2


def test_contiguous_keeps_neighbours_of_a_class_together():
    number = [*range(1, 21), *range(1, 11)]
    table = pd.DataFrame({"patient_id": [f"c{i}" for i in range(30)], "number": number})
    table["label"] = ["benign"] * 20 + ["malignant"] * 10
    positions = split(table, by="number", order="contiguous")
    for label, last in (("benign", 20), ("malignant", 10)):
        numbers = [
            sorted(table["number"].iloc[rows][table["label"].iloc[rows] == label])
            for rows in positions.values()
        ]
        assert [n for part in numbers for n in part] == list(range(1, last + 1))


def test_contiguous_counts_as_people_do():
    table = pd.DataFrame({"patient_id": [f"scan {i}" for i in range(1, 21)]})
    positions = split(table, {"train": 0.5, "test": 0.5}, order="contiguous")
    assert positions["train"].tolist() == list(range(10))


def test_a_coarser_unit_is_kept_whole_together_with_its_patients():
    table = pd.DataFrame(
        {
            "patient_id": ["p", "p", "q", "r", "s", "t"],
            "centre": ["A", "B", "B", "C", "D", "E"],
        }
    )
    positions = split(table, {"train": 0.5, "test": 0.5}, by="centre")
    part_of = {row: name for name, rows in positions.items() for row in rows}
    assert part_of[0] == part_of[1] == part_of[2]


def test_real_ultrasound_is_cut_by_number_block():
    table = Cohort.open(shared("busi")).table
    positions = split(table, by="number", order="contiguous")
    for _, rows in table.groupby("label"):
        ends = []
        for part in positions.values():
            numbers = rows["number"][rows.index.isin(part)]
            ends += [numbers.min(), numbers.max()]
        assert ends == sorted(ends)


@pytest.mark.parametrize(
    "parts", [{}, {"train": 0.5}, {"train": 0.7, "test": 0.7}, {"train": 1.2, "test": -0.2}]
)
def test_fractions_that_are_no_partition_are_refused(parts):
    with pytest.raises(BadInputError, match="must be positive and add up to 1"):
        split(pd.DataFrame({"patient_id": ["a", "b", "c"]}), parts)


def test_too_few_patients_are_refused():
    table = pd.DataFrame({"patient_id": ["a", "a", "b"]})
    with pytest.raises(BadInputError, match="2 units of patient_id cannot fill 3 parts"):
        split(table)


def test_an_unknown_or_incomplete_column_is_refused():
    table = pd.DataFrame({"patient_id": ["a", "b", "c"], "centre": ["x", None, "y"]})
    table.index = pd.RangeIndex(1, 4)
    with pytest.raises(BadInputError, match='unknown column "center"; did you mean "centre"'):
        split(table, by="center")
    with pytest.raises(BadInputError, match="table, row 2: no centre"):
        split(table, by="centre")
    with pytest.raises(BadInputError, match='unknown order "sorted"'):
        split(table, order="sorted")
