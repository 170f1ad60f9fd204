import numpy as np

from cancergan.cohort import Cohort
from tests.data import shared


def test_images_without_labels_are_sorted_by_name(tmp_path):
    for name in ("b.npy", "a.npy"):
        np.save(tmp_path / name, np.zeros((1, 4, 4), np.float32))
    (tmp_path / "README.md").write_text("x")
    cohort = Cohort.open(tmp_path)
    assert cohort.table["case_id"].tolist() == ["a", "b"]
    assert cohort.classes == ()


def test_images_beside_masks(tmp_path):
    for folder, value in (("images", 1), ("masks", 2)):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "a.npy", np.full((4, 4), value, np.uint8))
    assert Cohort.open(tmp_path)[0].mask.max() == 2


def test_real_volumes_find_their_labels():
    cohort = Cohort.open(shared("volumes_nrrd"))
    brain, breast = cohort
    assert brain.image.shape == (1, 256, 256, 25)
    assert set(np.unique(brain.mask)) == {0, 1}
    assert breast.mask.shape == breast.image.shape[1:]
