import json

import numpy as np
import pytest

from cancergan.cohort import Cohort


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float32])
def test_arrays_keep_their_own_type(tmp_path, dtype):
    images = np.arange(16, dtype=dtype).reshape(1, 1, 4, 4)
    Cohort.from_arrays(images, masks=np.ones((1, 4, 4), np.uint8)).save(tmp_path / "c")
    assert np.load(tmp_path / "c/images/case_00000.npy").dtype == dtype
    assert np.load(tmp_path / "c/masks/case_00000.npy").dtype == np.uint8
    assert Cohort.open(tmp_path / "c").header(0).dtype == dtype


def test_geometry_is_kept_to_the_last_bit(tmp_path):
    affine = np.random.default_rng(0).normal(size=(4, 4))
    cohort = Cohort.from_arrays(np.zeros((1, 1, 2, 2, 2)), spacing=(0.1, 1 / 3, 7), affine=affine)
    cohort.save(tmp_path / "c")
    case = Cohort.open(tmp_path / "c")[0]
    assert case.spacing == (0.1, 1 / 3, 7.0)
    assert np.array_equal(case.affine, affine)


def test_the_files_hold_no_path_of_this_machine(tmp_path):
    Cohort.from_arrays(np.zeros((1, 1, 2, 2)), provenance={"run": "r"}).save(tmp_path / "c")
    assert str(tmp_path) not in (tmp_path / "c/cohort.csv").read_text()
    assert str(tmp_path) not in (tmp_path / "c/cohort.json").read_text()
    assert json.loads((tmp_path / "c/cohort.json").read_text())["provenance"] == {"run": "r"}
