from urllib.parse import unquote

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from cancergan.cohort import Cohort
from cancergan.cohort.writers.folder import file_name


@given(st.text(min_size=1))
def test_file_names_are_safe_and_reversible(case_id):
    name = file_name(case_id)
    assert not set(name) & set('/\\:*?"<>|\x00\n')
    assert name not in (".", "..")
    assert not name.startswith(".")
    assert unquote(name) == case_id or "%" not in name


def test_hostile_and_foreign_ids_stay_in_the_folder(tmp_path):
    ids = ["../evil", "a/b", ".hidden", "Zürich 良性", "50%", "con:1", "trailing."]
    images = np.arange(len(ids), dtype=np.uint8).reshape(-1, 1, 1, 1)
    cohort = Cohort.from_arrays(images, pd.DataFrame({"case_id": ids}))
    cohort.save(tmp_path / "saved")
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]
    again = Cohort.open(tmp_path / "saved")
    assert again.table["case_id"].tolist() == ids
    assert [int(case.image.max()) for case in again] == list(range(len(ids)))


def test_a_table_alone_needs_no_folders(tmp_path):
    Cohort.from_arrays(None, pd.DataFrame({"age": [1]})).save(tmp_path / "saved")
    names = sorted(path.name for path in (tmp_path / "saved").iterdir())
    assert names == ["cohort.csv", "cohort.json"]
