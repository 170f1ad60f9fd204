import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cancergan.cohort import Cohort
from cancergan.cohort.readers.manifest import detects, unique_names
from cancergan.core.errors import BadInputError


@pytest.fixture
def folder(tmp_path):
    for name, level in (("images/a.png", 10), ("images/b.png", 20), ("masks/a.png", 1)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((4, 5), level, np.uint8)).save(tmp_path / name)
    return tmp_path


def write(folder, text, name="labels.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_rows_become_cases_with_all_their_columns(folder):
    path = write(
        folder, "image,mask,label,age\nimages/b.png,,benign,50\nimages/a.png,masks/a.png,malig,60\n"
    )
    cohort = Cohort.open(path)
    assert cohort.table["case_id"].tolist() == ["b", "a"]
    assert cohort.classes == ("benign", "malig")
    assert (cohort[0].mask, cohort[1].mask.max()) == (None, 1)
    assert cohort[1].image.max() == 10
    assert cohort[1].attributes["age"] == 60
    assert Cohort.open(folder).fingerprint == cohort.fingerprint


def test_pixels_are_read_only_when_asked_for(folder):
    (folder / "images/b.png").write_bytes(b"no picture")
    cohort = Cohort.open(write(folder, "image\na\nb\n"))
    assert cohort[0].image.max() == 10
    with pytest.raises(BadInputError, match=r"b.png: cannot be read"):
        cohort[1]


def test_a_missing_label_is_named_when_it_is_needed(folder):
    cohort = Cohort.open(write(folder, "image,label\na,x\nb,\n"))
    with pytest.raises(BadInputError, match=r"labels.csv, row 2: no label \(case b\)"):
        cohort.require("label")


def test_a_missing_file_is_named_on_opening(folder):
    with pytest.raises(BadInputError, match=r'labels.csv, row 2: image "c.png" not found'):
        Cohort.open(write(folder, "image\na.png\nc.png\n"))


def test_a_table_without_images_is_a_cohort(folder):
    cohort = Cohort.open(write(folder, "treatment,outcome\n0,1.5\n1,2.5\n"))
    assert not cohort.has_images
    assert cohort.table["outcome"].tolist() == [1.5, 2.5]


def test_a_misnamed_column_is_told(folder):
    with pytest.raises(BadInputError, match=r'has no column `image`, but "filename". Rename it'):
        Cohort.open(write(folder, "filename,label\na.png,x\n"))


def test_a_folder_needs_just_one_table_of_images(folder):
    write(folder, "image\na\n")
    assert detects(folder)
    write(folder, "image\nb\n", "more.csv")
    assert not detects(folder)


def test_equal_names_in_different_folders_stay_apart(tmp_path):
    paths = [tmp_path / "x/1.png", tmp_path / "y/1.png"]
    assert unique_names(paths, tmp_path) == ["x_1", "y_1"]
    assert unique_names([tmp_path / "1.png", tmp_path / "1.jpg"], tmp_path) == ["1.png", "1.jpg"]


def test_a_table_of_a_spreadsheet_opens(folder):
    frame = pd.DataFrame({"image": ["a", "b"], "class": ["ja", "nein"]})
    frame.to_csv(folder / "labels.csv", index=False, encoding="utf-8-sig")
    assert Cohort.open(folder).classes == ("ja", "nein")
