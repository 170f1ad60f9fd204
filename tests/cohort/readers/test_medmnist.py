import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError

random = np.random.default_rng(0)


def archive(path, shape, labels=1):
    arrays = {}
    for part, n in (("train", 4), ("val", 2), ("test", 3)):
        arrays[f"{part}_images"] = random.integers(0, 256, (n, *shape), dtype=np.uint8)
        arrays[f"{part}_labels"] = np.arange(n * labels).reshape(n, labels) % 2
    np.savez_compressed(path, **arrays)
    return arrays


@pytest.mark.parametrize(
    ("shape", "ours"),
    [((28, 28), (1, 28, 28)), ((28, 28, 3), (3, 28, 28)), ((9, 9, 9), (1, 9, 9, 9))],
)
def test_images_labels_and_splits(tmp_path, shape, ours):
    arrays = archive(tmp_path / "pathmnist.npz", shape)
    cohort = Cohort.open(tmp_path / "pathmnist.npz")
    table = cohort.table
    assert table["split"].tolist() == ["train"] * 4 + ["validation"] * 2 + ["test"] * 3
    assert table["label"].tolist() == list("0101") + list("01") + list("010")
    assert table["case_id"].iloc[5] == "val_000001"
    assert cohort.header(0).shape == cohort[0].image.shape == ours
    stored = arrays["test_images"][1]
    expected = np.moveaxis(stored, -1, 0) if shape == (28, 28, 3) else stored[None]
    assert np.array_equal(cohort[7].image, expected)


def test_several_labels_are_columns(tmp_path):
    archive(tmp_path / "chest.npz", (5, 5), labels=3)
    cohort = Cohort.open(tmp_path)
    assert {"label_0", "label_1", "label_2"} <= set(cohort.table.columns)
    assert cohort.classes == ()


def test_another_archive_names_its_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", ct=np.zeros(3), dose=np.zeros(3))
    with pytest.raises(
        BadInputError, match=r"a.npz: has the arrays ct, dose; needed: train_images"
    ):
        Cohort.open(tmp_path / "a.npz")


def test_fewer_labels_than_images_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", train_images=np.zeros((3, 4, 4)), train_labels=np.zeros((2, 1)))
    with pytest.raises(BadInputError, match="3 train_images but 2 train_labels"):
        Cohort.open(tmp_path / "a.npz")


def test_a_damaged_archive_is_named(tmp_path):
    archive(tmp_path / "a.npz", (8, 8))
    data = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(data[: len(data) // 2])
    with pytest.raises(BadInputError, match=r"a.npz: cannot be read"):
        Cohort.open(tmp_path / "a.npz")
