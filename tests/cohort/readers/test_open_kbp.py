import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.data import shared


def write_patient(folder, roi="Larynx"):
    folder.mkdir(parents=True)
    (folder / "ct.csv").write_text(",data\n0,810\n129,-20\n")
    (folder / "dose.csv").write_text(",data\n129,55.25\n")
    (folder / f"{roi}.csv").write_text(",data\n129,\n")
    (folder / "possible_dose_mask.csv").write_text(",data\n0,\n129,\n")
    (folder / "voxel_dimensions.csv").write_text("3.5\n3.5\n2\n")


def test_folders_of_patients_share_the_numbers_of_their_structures(tmp_path):
    write_patient(tmp_path / "pt_1", "PTV70")
    write_patient(tmp_path / "pt_2", "Larynx")
    cohort = Cohort.open(tmp_path)
    assert cohort.table["patient_id"].tolist() == ["pt_1", "pt_2"]
    assert cohort.provenance["structures"] == ["Larynx", "PTV70"]
    first, second = cohort
    assert first.spacing == cohort.header(0).spacing == (3.5, 3.5, 2.0)
    assert first.image[0, 0, 1, 1] == -20
    assert np.argwhere(first.mask == 2).tolist() == [[0, 1, 1]]
    assert np.argwhere(second.mask == 1).tolist() == [[0, 1, 1]]
    assert first.arrays["dose"].flat[129] == np.float32(55.25)
    assert first.arrays["structures"].sum(axis=(1, 2, 3)).tolist() == [0, 1]
    assert first.arrays["region"].sum() == 2


def test_raw_files_and_archive_of_one_real_patient_are_equal():
    folder = shared("openkbp")
    raw, packed = Cohort.open(folder / "raw_csv"), Cohort.open(folder / "validation_pt_201.npz")
    assert raw.provenance == packed.provenance
    one, other = raw[0], packed[0]
    assert np.array_equal(one.image, other.image)
    assert np.array_equal(one.mask, other.mask)
    assert one.spacing == other.spacing
    for name in ("structures", "region"):
        assert np.array_equal(one.arrays[name], other.arrays[name])
    # The archive keeps hundredths of a gray.
    assert np.abs(one.arrays["dose"] - other.arrays["dose"]).max() <= 0.00501
    assert other.arrays["dose"].max() > 70


def test_archives_know_split_and_patient():
    table = Cohort.open(shared("openkbp") / "train_pt_10.npz").table
    assert table.iloc[0].to_dict() == {
        "case_id": "train_pt_10", "patient_id": "pt_10", "split": "train",
    }  # fmt: skip


def test_a_missing_or_broken_file_is_named(tmp_path):
    write_patient(tmp_path / "pt_1")
    (tmp_path / "pt_1/dose.csv").unlink()
    with pytest.raises(BadInputError, match=r"pt_1: has no dose\.csv"):
        Cohort.open(tmp_path)[0].arrays["dose"]
    (tmp_path / "pt_1/ct.csv").write_text(",data\n9999999,1\n")
    with pytest.raises(BadInputError, match=r"ct\.csv, row 1: no index within"):
        Cohort.open(tmp_path)[0]
