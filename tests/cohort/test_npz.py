import numpy as np
import pandas as pd
import pytest

from cancergan.cohort.npz import member, member_header, member_names, places, split_of_part
from cancergan.core.errors import BadInputError


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, train_images=np.arange(12, dtype=np.uint8).reshape(3, 2, 2))
    return path


def test_names_headers_and_arrays(archive):
    assert member_names(archive) == ["train_images"]
    assert member_header(archive, "train_images") == ((3, 2, 2), np.uint8)
    assert member(archive, "train_images")[2].tolist() == [[8, 9], [10, 11]]


def test_a_rewritten_archive_is_read_again(archive):
    member(archive, "train_images")
    np.savez(archive, train_images=np.ones((1, 2, 2)))
    import os

    os.utime(archive, ns=(1, 1))
    assert member(archive, "train_images").shape == (1, 2, 2)


def test_rows_find_their_arrays():
    table = pd.DataFrame({"split": ["test", "train", "validation", "test", None]})
    assert places(table) == [("test", 0), ("train", 0), ("val", 0), ("test", 1), ("unassigned", 0)]
    assert places(pd.DataFrame({"age": [1, 2]})) == [("train", 0), ("train", 1)]
    assert split_of_part("val") == "validation"


def test_damaged_archives_and_pickles_are_refused(archive, tmp_path):
    cut = tmp_path / "cut.npz"
    cut.write_bytes(archive.read_bytes()[:60])
    with pytest.raises(BadInputError, match=r"cut.npz: cannot be read"):
        member_names(cut)
    np.savez(tmp_path / "p.npz", train_images=np.array([{}], dtype=object))
    with pytest.raises(BadInputError, match=r"p.npz: cannot be read"):
        member(tmp_path / "p.npz", "train_images")
