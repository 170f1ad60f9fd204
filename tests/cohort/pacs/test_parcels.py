import numpy as np
import pytest

from cancergan.cohort.pacs.parcels import parcels_of
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import write_slice
from tests.data import blobs

PIXELS = np.eye(4, dtype=np.uint16)


def test_any_cohort_becomes_dicom_named_by_its_cases(tmp_path):
    blobs(3).save(tmp_path / "c", "png")
    with parcels_of(tmp_path / "c") as parcels:
        assert [parcel.name for parcel in parcels] == ["s0_0000", "s0_0001", "s0_0002"]
        assert [len(parcel.files) for parcel in parcels] == [2, 2, 2]
        files = [file for parcel in parcels for file in parcel.files]
        assert all(file.exists() for file in files)
    assert not any(file.exists() for file in files)


def test_dicom_that_we_wrote_goes_as_it_is(tmp_path):
    blobs(2).with_column("synthetic", [True, True]).save(tmp_path / "c", "dicom")
    with parcels_of(tmp_path / "c") as parcels:
        files = sorted(file for parcel in parcels for file in parcel.files)
    assert files == sorted((tmp_path / "c").rglob("*.dcm"))


def test_a_patient_who_can_be_recognised_is_not_sent_by_accident(tmp_path):
    write_slice(tmp_path / "c/1.dcm", PIXELS, PatientIdentityRemoved="YES")
    write_slice(tmp_path / "c/2.dcm", PIXELS, ContentQualification="RESEARCH")
    with (
        pytest.raises(BadInputError, match=r"2.dcm: does not say .* identity is removed"),
        parcels_of(tmp_path / "c"),
    ):
        pass
    with parcels_of(tmp_path / "c", identified=True) as parcels:
        assert [len(parcel.files) for parcel in parcels] == [2]


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c/1.dcm").write_bytes(bytes(128) + b"DICM" + b"\x02\x00\x00\x00UL\xff")
    with (
        pytest.raises(BadInputError, match=r"1.dcm: (cannot be read|does not say)"),
        parcels_of(tmp_path / "c"),
    ):
        pass
