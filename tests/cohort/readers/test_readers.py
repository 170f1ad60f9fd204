import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.data import blobs


def test_nothing_there_nothing_in_it_and_nothing_known(tmp_path):
    with pytest.raises(BadInputError, match=r"absent: not found. Check the path"):
        Cohort.open(tmp_path / "absent")
    with pytest.raises(
        BadInputError, match=r"holds nothing that a cohort opens from. Known: a fol"
    ):
        Cohort.open(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(BadInputError, match=r"notes.txt: holds nothing"):
        Cohort.open(tmp_path / "notes.txt")
    (tmp_path / "labels.csv").touch()
    with pytest.raises(BadInputError, match=r"labels.csv: is empty \(0 bytes\)"):
        Cohort.open(tmp_path / "labels.csv")


def test_a_path_may_be_text(tmp_path):
    blobs(2).save(str(tmp_path / "c"))
    assert len(Cohort.open(str(tmp_path / "c"))) == 2
