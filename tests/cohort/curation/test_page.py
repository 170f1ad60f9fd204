import json

import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.curation.description import full_description
from cancergan.cohort.curation.page import render_page, save_description
from cancergan.core.errors import BadInputError
from tests.cohort.curation.test_description import faulty
from tests.data import blobs


def test_the_page_holds_all_sections_and_fetches_nothing():
    cohort = faulty()
    page = render_page(full_description(cohort), cohort)
    for heading in ("What to act on", "Some of the cases", "There twice", "Doubtful quality",
                    "Intensity and size", "Who is in it", "The figures"):  # fmt: skip
        assert f"<h2>{heading}</h2>" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
    assert "data:image/png;base64," in page


def test_text_of_the_data_is_escaped():
    cohort = blobs(4).with_column("label", ["<b>x</b>", "y", "y", "<b>x</b>"])
    page = render_page(full_description(cohort), cohort)
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_table_alone_has_a_page():
    cohort = Cohort.from_arrays(None, pd.DataFrame({"sex": ["F", "M"], "age": [40, 50]}))
    page = render_page(full_description(cohort), cohort)
    assert "Cases by sex and age" in page
    assert "There twice" not in page


def test_curation_is_told():
    cohort = blobs(3).curated(["crop:to=mask:margin=2"])
    assert "crop, to mask, margin 2.0" in render_page(full_description(cohort), cohort)


def test_both_files_are_written_whole_and_never_over_others(tmp_path):
    cohort = blobs(3)
    found = full_description(cohort)
    save_description(found, cohort, tmp_path / "d")
    assert {path.name for path in (tmp_path / "d").iterdir()} == {
        "description.html",
        "describe.json",
    }
    assert json.loads((tmp_path / "d/describe.json").read_text())["cases"] == 3
    with pytest.raises(BadInputError, match="exists already"):
        save_description(found, cohort, tmp_path / "d")
