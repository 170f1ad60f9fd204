import nrrd
import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import write_series, write_slice
from tests.data import shared


def test_each_series_is_a_case_of_its_patient(tmp_path):
    write_series(tmp_path / "x", 3, PatientID="B", SeriesInstanceUID="1.2", PatientAge="063Y")
    write_series(tmp_path / "y", 2, PatientID="A", SeriesInstanceUID="1.3", PatientSex="F")
    write_series(tmp_path / "y/z", 2, PatientID="B", SeriesInstanceUID="1.4", Manufacturer="M")
    cohort = Cohort.open(tmp_path)
    table = cohort.table
    assert table["case_id"].tolist() == ["A", "B_1", "B_2"]
    assert table["patient_id"].tolist() == ["A", "B", "B"]
    assert table["age"].iloc[1] == 63.0
    assert table["sex"].iloc[0] == "female"
    assert table["scanner"].iloc[2] == "M"
    assert table["modality"].tolist() == ["CT"] * 3
    assert cohort.unit_is_known
    assert [case.image.shape[-1] for case in cohort] == [2, 3, 2]


def test_files_need_no_suffix(tmp_path):
    write_slice(tmp_path / "IM0001", np.zeros((2, 2), np.uint16))
    (tmp_path / "notes").write_text("nothing")
    assert len(Cohort.open(tmp_path)) == 1


def test_a_single_file_is_a_case(tmp_path):
    file = write_slice(tmp_path / "a.dcm", np.ones((2, 2), np.uint16))
    assert Cohort.open(file)[0].image.tolist() == [[[1, 1], [1, 1]]]


@pytest.mark.parametrize(("age", "years"), [("006M", 0.5), ("010D", 10 / 365.25), ("", None)])
def test_ages_are_years(tmp_path, age, years):
    write_slice(tmp_path / "a.dcm", np.zeros((2, 2), np.uint16), PatientAge=age)
    assert Cohort.open(tmp_path)[0].attributes.get("age") == years


def test_anonymous_files_are_kept_apart_by_study(tmp_path):
    for study in ("1.5", "1.6"):
        write_series(
            tmp_path / study,
            2,
            PatientID="",
            StudyInstanceUID=study,
            SeriesInstanceUID=study + ".1",
        )
    assert Cohort.open(tmp_path).table["patient_id"].tolist() == ["1.5", "1.6"]


def test_what_makes_no_case_is_left_out_with_an_account(tmp_path):
    write_series(tmp_path / "good", 3, SeriesInstanceUID="1.1")
    write_series(tmp_path / "bad", 4, SeriesInstanceUID="1.2")
    (tmp_path / "bad/002.dcm").unlink()
    write_slice(tmp_path / "plan.dcm", np.zeros((2, 2), np.uint16), Modality="RTPLAN")
    with pytest.warns(UserWarning, match="left out 2: plan.dcm .RTPLAN object, not an image"):
        cohort = Cohort.open(tmp_path)
    assert len(cohort) == 1
    assert cohort.account.left_out == (
        ("plan.dcm", "RTPLAN object, not an image"),
        ("bad/000.dcm", "1 slice is missing, at 34.00 mm along the normal (3 files)"),
    )
    assert cohort.account.taken == {"CT image files": 3}


def test_no_usable_series_is_an_error_with_its_reason(tmp_path):
    write_series(tmp_path, 4)
    (tmp_path / "002.dcm").unlink()
    with pytest.raises(BadInputError, match=r"no DICOM image can be used .*1 slice is missing"):
        Cohort.open(tmp_path)


def test_a_damaged_file_is_named(tmp_path):
    write_series(tmp_path, 3)
    (tmp_path / "broken.dcm").write_bytes(b"broken" * 50)
    with pytest.raises(BadInputError, match=r"broken.dcm: cannot be read"):
        Cohort.open(tmp_path)


def test_a_real_series_is_in_hounsfield_units_with_its_segmentations():
    with pytest.warns(UserWarning, match=r"liver_seg.nrrd \(an image file among DICOM"):
        cohort = Cohort.open(shared("dicom_ct_seg"))
    case = cohort[0]
    assert case.image.shape == (1, 512, 512, 3)
    assert case.spacing == pytest.approx((0.810547, 0.810547, 1.0))
    assert np.allclose(case.affine @ [0, 0, 0, 1], [235.199997, 226.800003, -128.690002, 1])
    assert case.image.min() == -3024
    assert case.attributes["age"] == 60.0
    assert cohort.account.taken == {"CT image files": 3, "SEG object files": 2}
    names = cohort.provenance["structures"]
    liver, _ = nrrd.read(str(shared("dicom_ct_seg") / "liver_seg.nrrd"))
    assert np.array_equal(case.arrays["structures"][names.index("Liver")], liver)
