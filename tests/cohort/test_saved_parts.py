"""A folder that ``cancergan cohort split`` wrote opens whole, its patients and labels with it."""

import pytest
from pydicom import dcmread

from cancergan.cohort import Cohort
from cancergan.cohort.phantoms import phantom
from tests.data import blobs


def test_parts_keep_patients_labels_and_masks(tmp_path):
    cohort = blobs(24)
    parts = cohort.split({"train": 0.7, "validation": 0.1, "test": 0.2}, seed=0)
    for name, part in parts.items():
        part.save(tmp_path / "parts" / name)
    opened = Cohort.open(tmp_path / "parts")
    assert len(opened) == 24
    assert opened.has_masks
    assert opened.classes == cohort.classes
    assert opened.unit_is_known
    before = cohort.table.set_index("case_id")
    for _, row in opened.table.iterrows():
        assert row["patient_id"] == before.loc[row["case_id"], "patient_id"]
        assert row["label"] == before.loc[row["case_id"], "label"]
        assert row["case_id"] in set(parts[row["split"]].table["case_id"])
    assert opened.table.groupby("patient_id")["split"].nunique().max() == 1


@pytest.mark.parametrize("name", ["train", "val"])
def test_a_single_part_is_named_by_its_folder(tmp_path, name):
    blobs(6).save(tmp_path / "parts" / name)
    [split] = set(Cohort.open(tmp_path / "parts").table["split"])
    assert split == {"train": "train", "val": "validation"}[name]


def test_phantoms_in_parts_are_still_written_as_made_up_patients(tmp_path):
    made = phantom("breast_ultrasound", 8, seed=0, size=64)
    for name, part in made.split({"train": 0.5, "test": 0.5}, seed=0).items():
        part.save(tmp_path / "parts" / name)
    Cohort.open(tmp_path / "parts").save(tmp_path / "dicom", "dicom")
    files = sorted((tmp_path / "dicom").rglob("*.dcm"))
    assert files
    for file in files:
        assert str(dcmread(file).PatientID).startswith("SYNTHETIC")
