import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    from PIL import Image

    Image.fromarray(np.full((3, 4), 7, np.uint8)).save(path)


def test_images_in_folders_within_folders_are_taken_with_an_account(tmp_path):
    picture(tmp_path / "site/p1/a.png")
    picture(tmp_path / "site/p1/a_mask.png")
    picture(tmp_path / "site/p2/images/b.png")
    picture(tmp_path / "site/p2/masks/b.png")
    np.save(tmp_path / "site/p1/c.npy", np.zeros((1, 2, 2, 2)))
    (tmp_path / "site/ä.pdf").write_text("x")
    cohort = Cohort.open(tmp_path)
    assert cohort.table["case_id"].tolist() == ["a", "c", "b"]
    assert cohort.table["folder"].tolist() == ["site/p1", "site/p1", "site/p2/images"]
    assert [case.mask is not None for case in cohort] == [True, False, True]
    assert cohort.account.taken == {
        ".npy image files": 1,
        ".png image files": 2,
        ".png mask files": 2,
    }
    assert cohort.account.left_out == (("site/ä.pdf", "not an image"),)


def test_an_empty_image_is_named(tmp_path):
    picture(tmp_path / "a/b/c/x.png")
    (tmp_path / "a/b/c/y.png").touch()
    with pytest.raises(BadInputError, match=r"y\.png: is empty"):
        Cohort.open(tmp_path)


def test_a_folder_without_any_image_is_nothing(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    with pytest.raises(BadInputError, match="holds nothing that a cohort opens from"):
        Cohort.open(tmp_path)
