import shutil
import subprocess
import warnings

import numpy as np
import pandas as pd
import pydicom
import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError, CancerganWarning
from tests.data import blobs, shared

random = np.random.default_rng(0)
TURN = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
AFFINE = np.eye(4)
AFFINE[:3, :3] = TURN * [0.7, 0.8, 2.5]
AFFINE[:3, 3] = (-120.5, 33.3333333, 1000.125)


def round_trip(cohort, folder, format_name="dicom"):
    cohort.save(folder / format_name, format_name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CancerganWarning)
        return Cohort.open(folder / format_name)


def right_handed(case):
    """Planes of DICOM have no order but that of their normal: voxels keep their place alone."""
    if np.linalg.det(case.affine[:3, :3]) > 0:
        return case.image, case.affine
    last = case.image.shape[-1] - 1
    turned = case.affine @ np.array(
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, last], [0, 0, 0, 1]], float
    )
    return case.image[..., ::-1], turned


def files(folder):
    return [pydicom.dcmread(file) for file in sorted(folder.rglob("*.dcm"))]


@pytest.mark.parametrize("shape", [(1, 5, 6, 4), (1, 5, 6), (3, 5, 6), (3, 5, 6, 4)])
def test_whole_numbers_come_back_in_their_place(tmp_path, shape):
    images = random.integers(0, 255, (2, *shape), dtype=np.uint8)
    cohort = Cohort.from_arrays(images, affine=AFFINE)
    for one, two in zip(cohort, round_trip(cohort, tmp_path), strict=True):
        assert np.array_equal(one.image, two.image)
        # One slice has no third direction in DICOM, only a thickness.
        known = [0, 1, 3] if len(shape) == 3 else [0, 1, 2, 3]
        assert np.allclose(one.affine[:, known], two.affine[:, known], rtol=0, atol=1e-8)
        assert np.linalg.norm(two.affine[:3, 2]) == pytest.approx(2.5)
        assert np.allclose(one.spacing, two.spacing, rtol=0, atol=1e-8)


@pytest.mark.parametrize("name", ["dicom_ct_seg", "volumes_nrrd"])
def test_real_volumes_survive_every_way_to_the_last_bit(tmp_path, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CancerganWarning)
        first = Cohort.open(shared(name))
    through_dicom = round_trip(first, tmp_path)
    for other in (through_dicom, round_trip(through_dicom, tmp_path, "nifti")):
        assert len(other) == len(first)
        for one, two in zip(first, other, strict=True):
            image, affine = right_handed(one)
            assert np.array_equal(image, two.image)
            assert np.abs(affine - two.affine).max() < 1e-5
            assert np.allclose(one.spacing, two.spacing, rtol=0, atol=1e-5)


def test_fractions_come_back_as_the_note_says(tmp_path):
    dose = random.uniform(0, 70, (1, 1, 5, 6, 4)).astype(np.float32)
    with pytest.warns(CancerganWarning, match=r"1 of 1 cases is rounded .* by up to 0\.0005"):
        again = round_trip(Cohort.from_arrays(dose), tmp_path)
    assert np.abs(again[0].image - dose[0]).max() <= 0.5 * 70 / 65534
    assert "rounded by up to 0.0005" in files(tmp_path)[0].DerivationDescription


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
    cohort = Cohort.from_arrays(
        np.zeros((1, 1, 4, 4, 2)), table, masks=np.ones((1, 4, 4, 2)), provenance={"who": "Muster"}
    )
    cohort.save(tmp_path / "c", "dicom")
    written = sorted((tmp_path / "c").rglob("*.dcm"))
    assert len(written) == 3
    for file in written:
        assert b"Muster" not in file.read_bytes()
        assert b"Charite" not in file.read_bytes()
    assert "Muster" not in str(written)


def test_files_say_what_they_are(tmp_path):
    cohort = Cohort.from_arrays(np.zeros((1, 1, 4, 4)), pd.DataFrame({"label": ["benign"]}))
    cohort.save(tmp_path / "real", "dicom")
    cohort.with_column("synthetic", [True]).save(tmp_path / "synthetic", "dicom")
    real, synthetic = files(tmp_path)
    for dataset in (real, synthetic):
        assert list(dataset.ImageType) == ["DERIVED", "SECONDARY"]
        assert dataset.ContentQualification == "RESEARCH"
        assert (dataset.PatientSex, dataset.PatientBirthDate) == ("", "")
        assert "PatientAge" not in dataset
        assert dataset.SeriesDescription == "benign"
        equipment = dataset.ContributingEquipmentSequence[0]
        assert (equipment.Manufacturer, equipment.SoftwareVersions) == ("cancergan", "0.1.0")
    assert synthetic.PatientID.startswith("SYNTHETIC-")
    assert str(synthetic.PatientName).startswith("SYNTHETIC^")
    assert (synthetic.ConversionType, real.ConversionType) == ("SYN", "WSD")
    assert synthetic.BurnedInAnnotation == "NO"
    assert "BurnedInAnnotation" not in real
    assert "PatientIdentityRemoved" not in synthetic
    assert real.PatientID.startswith("DERIVED-")
    assert real.PatientIdentityRemoved == "YES"
    assert "attributes are made anew" in real.DeidentificationMethod


def test_patients_keep_their_cases_and_their_order(tmp_path):
    table = pd.DataFrame({"patient_id": ["b", "a", "b"], "label": ["x", "y", "z"]})
    cohort = Cohort.from_arrays(np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1), table)
    again = round_trip(cohort, tmp_path)
    assert [int(case.image.max()) for case in again] == [0, 2, 1]
    assert again.table["patient_id"].nunique() == 2
    datasets = files(tmp_path)
    assert len({dataset.StudyInstanceUID for dataset in datasets}) == 2
    assert len({dataset.SeriesInstanceUID for dataset in datasets}) == 3


def test_identifiers_are_those_of_the_content(tmp_path):
    cohort = blobs(4, shape=(4, 4, 3))
    for name in ("a", "again"):
        cohort.save(tmp_path / name, "dicom")
    blobs(4, shape=(4, 4, 3), seed=1).save(tmp_path / "other", "dicom")
    a, again, other = (
        {dataset.SOPInstanceUID for dataset in files(tmp_path / name)}
        for name in ("a", "again", "other")
    )
    assert a == again
    assert len(a) == 4 * (3 + 1)
    assert not a & other


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


@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="dciodvfy (dicom3tools) not installed")
@pytest.mark.parametrize("synthetic", [True, False])
@pytest.mark.parametrize(
    ("modality", "channels", "dtype", "depth"),
    [
        ("CT", 1, np.int16, None), ("CT", 1, np.int16, 3), ("CT", 1, np.float32, None),
        ("MR", 1, np.int16, None), ("MR", 1, np.uint16, 3), ("US", 1, np.uint8, None),
        (None, 3, np.uint8, None), ("PT", 1, np.float32, 3),
    ],
)  # fmt: skip
def test_an_independent_validator_finds_no_error(
    tmp_path, modality, channels, dtype, depth, synthetic
):
    shape = (1, channels, 8, 9) + (() if depth is None else (depth,))
    images = random.uniform(0, 200, shape).astype(dtype)
    masks = random.integers(0, 3, (1, *shape[2:]))
    table = pd.DataFrame({"modality": [modality], "synthetic": [synthetic]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CancerganWarning)
        Cohort.from_arrays(images, table, masks=masks).save(tmp_path / "c", "dicom")
    written = sorted((tmp_path / "c").rglob("*.dcm"))
    assert len(written) == (depth or 1) + 1
    for file in (written[0], written[-1]):
        told = subprocess.run(["dciodvfy", file], capture_output=True, text=True, check=False)
        assert [line for line in told.stderr.splitlines() if line.startswith("Error")] == []
        assert told.returncode == 0
