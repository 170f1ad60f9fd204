"""IHDP and Twins open as cohorts whose outcomes under both treatments are known."""

import gzip

import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.data import shared


def test_ihdp_has_its_published_size_and_effect():
    table = Cohort.open(shared("ihdp") / "ihdp_npci_1.csv").table
    assert len(table) == 747
    assert int(table["treatment"].sum()) == 139
    assert [f"x{i}" in table for i in (1, 25)] == [True, True]
    assert (table["outcome_1"] - table["outcome_0"]).mean() == pytest.approx(4.016, abs=0.05)
    assert "unseen_outcome" not in table


def test_what_is_seen_of_twins_is_one_of_both_and_always_the_same():
    one, two = (Cohort.open(shared("twins")) for _ in range(2))
    table = one.table
    assert one.fingerprint == two.fingerprint
    outcomes = table[["outcome_0", "outcome_1"]].to_numpy()
    assert np.array_equal(outcomes[np.arange(len(table)), table["treatment"]], table["outcome"])
    assert 0.45 < table["treatment"].mean() < 0.55


def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path):
    (tmp_path / "ihdp_npci_1.csv").write_text("1,2,3\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"ihdp_npci_1\.csv"):
        Cohort.open(tmp_path / "ihdp_npci_1.csv")
    (tmp_path / "Twin_data.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(BadInputError, match=r"Twin_data\.csv\.gz: is damaged"):
        Cohort.open(tmp_path / "Twin_data.csv.gz")
    with gzip.open(tmp_path / "Twin_data.csv.gz", "wt") as file:
        file.write("a,b\n1,2\n")
    with pytest.raises(BadInputError, match="is not Twins"):
        Cohort.open(tmp_path / "Twin_data.csv.gz")
