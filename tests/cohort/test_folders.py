import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.folders import files_within, refuse_links_out
from cancergan.core.errors import BadInputError


@pytest.fixture
def tree(tmp_path):
    for name in ("root/b/2.txt", "root/a/1.txt", "root/.hidden/x", "root/.x", "outside/o.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def test_visible_files_come_in_order(tree):
    root = tree / "root"
    assert [str(p.relative_to(root)) for p in files_within(root)] == ["a/1.txt", "b/2.txt"]


@pytest.mark.parametrize(
    ("link", "target", "wrong"),
    [
        ("c.txt", "outside/o.txt", "link out of the folder"),
        ("c", "outside", "link out of the folder"),
        ("c.txt", "root/nowhere", "link to nothing"),
    ],
)
def test_links_that_lead_out_or_nowhere_are_refused(tree, link, target, wrong):
    (tree / "root" / link).symlink_to(tree / target)
    with pytest.raises(BadInputError, match=wrong):
        list(files_within(tree / "root"))


def test_links_within_are_followed(tree):
    (tree / "root/c.txt").symlink_to(tree / "root/a/1.txt")
    assert len(list(files_within(tree / "root"))) == 3


def test_a_folder_that_is_a_link_out_is_found_from_its_files(tree):
    root = tree / "root"
    (root / "c").symlink_to(tree / "outside")
    refuse_links_out([root / "a/1.txt"], root)
    with pytest.raises(BadInputError, match=r"c: is a link out of the folder"):
        refuse_links_out([root / "c/o.txt"], root)


@pytest.mark.parametrize("layout", ["{}", "benign/{}", "images/{}", "train/benign/{}"])
def test_no_layout_of_pictures_follows_a_link_out(tmp_path, layout):
    import numpy as np
    from PIL import Image

    picture, root = tmp_path / "outside.png", tmp_path / "root"
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(picture)
    for name in ("1.png", "2.png"):
        target = root / layout.format(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(picture.read_bytes())
    assert len(Cohort.open(root)) == 2
    (root / layout.format("3.png")).symlink_to(picture)
    with pytest.raises(BadInputError, match=r"3\.png: is a link out of the folder"):
        Cohort.open(root)
