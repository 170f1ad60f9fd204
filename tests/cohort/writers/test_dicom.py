import numpy as np
import pandas as pd
import pydicom
import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.data import blobs

random = np.random.default_rng(0)
TURN = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
AFFINE = np.eye(4)
AFFINE[:3, :3] = TURN * [0.7, 0.8, 2.5]
AFFINE[:3, 3] = (-120.5, 33.3333333, 1000.125)


def round_trip(cohort, tmp_path):
    cohort.save(tmp_path / "c", "dicom")
    return Cohort.open(tmp_path / "c")


@pytest.mark.parametrize("shape", [(1, 5, 6, 4), (1, 5, 6), (3, 5, 6), (3, 5, 6, 4)])
def test_whole_numbers_come_back_in_their_place(tmp_path, shape):
    images = random.integers(0, 255, (2, *shape), dtype=np.uint8)
    cohort = Cohort.from_arrays(images, affine=AFFINE)
    for one, two in zip(cohort, round_trip(cohort, tmp_path), strict=True):
        assert np.array_equal(one.image, two.image)
        # One slice has no third direction in DICOM, only a thickness.
        known = [0, 1, 3] if len(shape) == 3 else [0, 1, 2, 3]
        assert np.allclose(one.affine[:, known], two.affine[:, known], atol=1e-5)
        assert np.linalg.norm(two.affine[:3, 2]) == pytest.approx(2.5)
        assert np.allclose(one.spacing, two.spacing, atol=1e-5)


def test_hounsfield_units_are_exact_and_fractions_nearly(tmp_path):
    hounsfield = random.integers(-1024, 3072, (1, 1, 5, 6, 4)).astype(np.int16)
    again = round_trip(Cohort.from_arrays(hounsfield), tmp_path / "ct")
    assert np.array_equal(again[0].image, hounsfield[0])
    dose = random.uniform(0, 70, (1, 1, 5, 6, 4)).astype(np.float32)
    again = round_trip(Cohort.from_arrays(dose), tmp_path / "dose")
    assert np.abs(again[0].image - dose[0]).max() < 70 / 65535


def test_nothing_of_a_real_patient_is_written(tmp_path):
    table = pd.DataFrame(
        {
            "case_id": ["Mustermann_1"],
            "patient_id": ["Mustermann"],
            "age": [63],
            "sex": ["female"],
            "centre": ["Charite"],
            "label": ["benign"],
        }
    )
    cohort = Cohort.from_arrays(np.zeros((1, 1, 4, 4, 2)), table, provenance={"who": "Mustermann"})
    cohort.save(tmp_path / "c", "dicom")
    files = sorted((tmp_path / "c").rglob("*.dcm"))
    assert len(files) == 2
    for file in files:
        assert b"Mustermann" not in file.read_bytes()
        assert b"Charite" not in file.read_bytes()
        dataset = pydicom.dcmread(file)
        assert list(dataset.ImageType) == ["DERIVED", "SECONDARY"]
        assert dataset.PatientID == "SYNTHETIC-000001"
        assert (dataset.PatientSex, dataset.PatientBirthDate) == ("", "")
        assert "PatientAge" not in dataset
        assert dataset.SeriesDescription == "benign"
    assert "Mustermann" not in str([path.name for path in (tmp_path / "c").rglob("*")])


def test_identifiers_are_new_and_unique(tmp_path):
    with pytest.warns(UserWarning, match="4 masks are not in the DICOM files"):
        blobs(4, shape=(4, 4, 3)).save(tmp_path / "a", "dicom")
    with pytest.warns(UserWarning, match="4 masks"):
        blobs(4, shape=(4, 4, 3)).save(tmp_path / "b", "dicom")
    slices = [pydicom.dcmread(file) for file in tmp_path.rglob("*.dcm")]
    assert len({one.SOPInstanceUID for one in slices}) == len(slices) == 24
    assert len({one.SeriesInstanceUID for one in slices}) == 8
    assert len({one.StudyInstanceUID for one in slices}) == 2


def test_what_dicom_cannot_hold_is_named(tmp_path):
    sheared = np.eye(4)
    sheared[0, 1] = 0.5
    for images, affine, message in (
        (np.zeros((1, 2, 4, 4)), None, "1 or 3 channels"),
        (np.full((1, 1, 4, 4), np.inf), None, "finite numbers"),
        (np.full((1, 3, 4, 4), 300.0), None, "within 0 and 255"),
        (np.zeros((1, 1, 4, 4, 4)), sheared, "not at right angles"),
    ):
        with pytest.raises(BadInputError, match=f'case "case_00000": .*{message}'):
            Cohort.from_arrays(images, affine=affine).save(tmp_path / "c", "dicom")
    assert list(tmp_path.iterdir()) == []
