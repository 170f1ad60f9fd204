import numpy as np
import pytest
from PIL import Image

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError


def picture(path, level=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 5), level, np.uint8)).save(path)


def test_the_folder_is_the_label(tmp_path):
    for i, name in enumerate(("benign/1.png", "benign/2.png", "malignant/3.tif")):
        picture(tmp_path / name, i)
    np.save(tmp_path / "malignant/4.npy", np.full((4, 5), 3, np.uint8))
    (tmp_path / "benign/Thumbs.db").touch()
    cohort = Cohort.open(tmp_path)
    assert cohort.table["label"].tolist() == ["benign"] * 2 + ["malignant"] * 2
    assert cohort.table["case_id"].tolist() == ["1", "2", "3", "4"]
    assert [case.image.max() for case in cohort] == [0, 1, 2, 3]
    assert not cohort.unit_is_known


def test_equal_names_in_two_classes_stay_apart(tmp_path):
    picture(tmp_path / "a/1.png")
    picture(tmp_path / "b/1.png")
    assert Cohort.open(tmp_path).table["case_id"].tolist() == ["a_1", "b_1"]


def test_masks_in_folders_and_beside_their_images(tmp_path):
    picture(tmp_path / "a/images/1.png")
    picture(tmp_path / "a/masks/1.png", 7)
    picture(tmp_path / "b/x (1).png")
    picture(tmp_path / "b/x (1)_mask.png", 8)
    picture(tmp_path / "b/x (1)_mask_1.png", 9)
    cohort = Cohort.open(tmp_path)
    assert len(cohort) == 2
    assert [int(case.mask.max()) for case in cohort] == [7, 9]


def test_an_empty_class_is_named(tmp_path):
    picture(tmp_path / "a/1.png")
    (tmp_path / "b").mkdir()
    with pytest.raises(BadInputError, match=r"/b: holds no image. Add some or remove the folder"):
        Cohort.open(tmp_path)


def test_an_empty_file_is_named_on_opening(tmp_path):
    picture(tmp_path / "a/1.png")
    (tmp_path / "a/2.png").touch()
    with pytest.raises(BadInputError, match=r"2.png: is empty \(0 bytes\)"):
        Cohort.open(tmp_path)
