import json

import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.data import blobs


@pytest.fixture
def saved(tmp_path):
    blobs(4).save(tmp_path / "cohort")
    return tmp_path / "cohort"


def test_the_table_stands_for_its_folder(saved):
    assert Cohort.open(saved / "cohort.csv").fingerprint == Cohort.open(saved).fingerprint
    assert Cohort.open(saved / "cohort.csv").unit_is_known


def test_another_version_is_refused(saved):
    record = json.loads((saved / "cohort.json").read_text())
    (saved / "cohort.json").write_text(json.dumps(record | {"version": 99}))
    with pytest.raises(BadInputError, match=r"cohort.json: is not of version 1"):
        Cohort.open(saved)


def test_a_damaged_record_is_named(saved):
    (saved / "cohort.json").write_text("{")
    with pytest.raises(BadInputError, match=r"cohort.json: is not JSON"):
        Cohort.open(saved)


def test_a_lost_image_names_its_row(saved):
    (saved / "images/s0_0002.npy").unlink()
    with pytest.raises(BadInputError, match=r'cohort.csv, row 3: image "images/s0_0002.npy"'):
        Cohort.open(saved)


def test_a_cohort_moves_with_its_folder(saved, tmp_path):
    before = Cohort.open(saved).fingerprint
    saved.rename(tmp_path / "elsewhere")
    assert Cohort.open(tmp_path / "elsewhere").fingerprint == before
