import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.data import blobs


def test_the_arrays_are_those_of_medmnist(tmp_path):
    splits = ["train", "validation", "test", "train"]
    cohort = blobs(4, channels=3).with_column("split", splits)
    cohort.save(tmp_path / "c.npz", "npz")
    with np.load(tmp_path / "c.npz", allow_pickle=False) as arrays:
        assert arrays["train_images"].shape == (2, 16, 16, 3)
        assert arrays["val_labels"].tolist() == [[0]]
        assert arrays["test_labels"].tolist() == [[1]]
        assert np.array_equal(arrays["train_images"][1], np.moveaxis(cohort[3].image, 0, -1))
    again = Cohort.open(tmp_path / "c.npz")
    assert again.fingerprint == cohort.fingerprint
    assert again.table["case_id"].tolist() == cohort.table["case_id"].tolist()


def test_what_an_archive_cannot_hold_is_named(tmp_path):
    unequal = Cohort.from_arrays([np.zeros((1, 4, 4)), np.zeros((1, 4, 5))])
    with pytest.raises(BadInputError, match=r'"case_00000" has shape .* case "case_00001"'):
        unequal.save(tmp_path / "c.npz", "npz")
    half = Cohort.from_arrays(np.zeros((2, 1, 4, 4)), masks=[None, np.zeros((4, 4))])
    with pytest.raises(BadInputError, match="masks for all or none"):
        half.save(tmp_path / "c.npz", "npz")
    with pytest.raises(BadInputError, match="a table without images"):
        Cohort.from_arrays(None, pd.DataFrame({"age": [1]})).save(tmp_path / "c.npz", "npz")


def test_a_file_is_not_overwritten(tmp_path):
    blobs(2).save(tmp_path / "c.npz", "npz")
    with pytest.raises(BadInputError, match="exists already"):
        blobs(2).save(tmp_path / "c.npz", "npz")
