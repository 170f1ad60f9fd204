import numpy as np

from cancergan.cohort import Cohort


def files(folder, *names):
    for i, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        np.save(folder / name, np.full((1, 2, 2), i, np.uint8))


def test_the_outer_folder_is_the_split_and_the_inner_the_label(tmp_path):
    files(tmp_path, "train/a/1.npy", "train/b/2.npy", "val/a/1.npy", "test/b/9.npy")
    cohort = Cohort.open(tmp_path)
    table = cohort.table.set_index("case_id")
    assert table["split"].to_dict() == {
        "test_9": "test", "train_1": "train", "train_2": "train", "validation_1": "validation",
    }  # fmt: skip
    assert table["label"].to_dict()["validation_1"] == "a"
    assert {case.case_id: int(case.image.max()) for case in cohort} == {
        "test_9": 3, "train_1": 0, "train_2": 1, "validation_1": 2,
    }  # fmt: skip
    assert (table["patient_id"] == table.index).all()
    assert not cohort.unit_is_known


def test_splits_without_classes(tmp_path):
    files(tmp_path, "train/1.npy", "test/2.npy")
    assert Cohort.open(tmp_path).table["split"].tolist() == ["test", "train"]


def test_classes_named_like_splits_need_company(tmp_path):
    files(tmp_path, "train/1.npy", "plane/2.npy")
    assert Cohort.open(tmp_path).classes == ("plane", "train")
