import gzip

import numpy as np
import pytest

from cancergan.cohort.readers.sparse_csv import sparse_array, table_named, voxel_sizes
from cancergan.core.errors import BadInputError


def test_indices_count_in_c_order_and_values_default_to_one(tmp_path):
    (tmp_path / "a.csv").write_text(",data\n1,0.5\n5,2\n")
    expected = np.zeros((2, 3))
    expected[0, 1], expected[1, 2] = 0.5, 2
    assert np.array_equal(sparse_array(tmp_path / "a.csv", (2, 3)), expected)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b",data\n1,\n5,\n"))
    found = sparse_array(table_named(tmp_path, "b"), (2, 3))
    assert np.array_equal(found, expected > 0)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (",data\n6,1\n", "row 1: no index within"),
        (",data\n0,1\n-1,1\n", "row 2: no index within"),
        (",data\n0.5,1\n", "row 1: no index within"),
        (",data\nx,1\n", "row 1: no index within"),
        (",data\n1,1\n1,2\n", "an index is there twice"),
        (",data\n1,1\n2,x\n", "row 2: no number"),
        (",data\n1,inf\n", "row 1: no number"),
        ("data\n1\n", "has 1 columns"),
        ("", "cannot be read"),
    ],
)
def test_broken_tables_are_named(tmp_path, text, wrong):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(BadInputError, match=rf"a\.csv.*{wrong}"):
        sparse_array(tmp_path / "a.csv", (2, 3))


def test_voxel_sizes_are_three_positive_numbers(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("3.9\n3.9\n2.5\n")
    assert voxel_sizes(path) == (3.9, 3.9, 2.5)
    for text in ("1\n2\n", "1\n2\n-3\n", "1\n2\nx\n"):
        path.write_text(text)
        with pytest.raises(BadInputError, match=r"v\.csv"):
            voxel_sizes(path)
    with pytest.raises(BadInputError, match=r"has no ct\.csv"):
        table_named(tmp_path, "ct")
