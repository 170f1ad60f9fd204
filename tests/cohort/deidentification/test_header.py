from datetime import datetime

import pydicom
import pytest
from pydicom import Dataset

from cancergan.cohort.deidentification.header import clean_header
from cancergan.cohort.deidentification.profile import Action, Profile
from cancergan.cohort.deidentification.secret import Secret
from tests.cohort.deidentification.patients import write_patient

SECRET = Secret(bytes(range(32)))


def cleaned(tmp_path, profile=None, **attributes):
    dataset = pydicom.dcmread(write_patient(tmp_path / "p.dcm", **attributes))
    return dataset, clean_header(dataset, SECRET, profile or Profile())


def test_every_change_is_listed_with_its_place(tmp_path):
    dataset, changes = cleaned(tmp_path)
    listed = {(one.place, one.keyword, one.action) for one in changes}
    assert ("(0010,0010)", "PatientName", Action.PSEUDONYM) in listed
    assert ("(0008,103E)", "SeriesDescription", Action.REMOVE) not in listed
    assert ("(0029,1001)", "private", Action.REMOVE) in listed
    assert ("(0008,0018)", "SOPInstanceUID", Action.UID) in listed
    assert dataset.PatientID == SECRET.pseudonym("KIS-4711-0815")
    assert not dataset.AccessionNumber
    assert dataset.Manufacturer == "SIEMENS"
    assert "RequestAttributesSequence" not in dataset


def test_dates_keep_their_distance(tmp_path):
    dataset, _ = cleaned(tmp_path, AcquisitionDateTime="20240229235959.5+0100")
    before = datetime.strptime("20240301", "%Y%m%d") - datetime.strptime(
        dataset.StudyDate, "%Y%m%d"
    )
    assert before.days == SECRET.days("KIS-4711-0815")
    gap = datetime.strptime(dataset.ContentDate, "%Y%m%d") - datetime.strptime(
        dataset.StudyDate, "%Y%m%d"
    )
    assert gap.days == 1
    assert dataset.AcquisitionDateTime.endswith("235959.5+0100")
    assert dataset.StudyTime == "101530"
    assert not dataset.PatientBirthDate


def test_dates_can_go(tmp_path):
    dataset, _ = cleaned(tmp_path, Profile(dates="remove"))
    assert not dataset.StudyDate
    assert not dataset.StudyTime
    assert dataset.ContentDate == "19000101"


@pytest.mark.parametrize(("age", "kept"), [("059Y", "059Y"), ("093Y", "090Y"), ("011M", "011M")])
def test_high_ages_are_cut(tmp_path, age, kept):
    dataset, _ = cleaned(tmp_path, Profile(keep_characteristics=True), PatientAge=age)
    assert (dataset.PatientAge, dataset.PatientSex) == (kept, "F")


def test_identifiers_of_the_standard_stay_and_references_hold(tmp_path):
    item = Dataset()
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    item.ReferencedSOPInstanceUID = "1.2.840.999.77"
    dataset, _ = cleaned(tmp_path, ReferencedImageSequence=[item], SOPInstanceUID="1.2.840.999.77")
    reference = dataset.ReferencedImageSequence[0]
    assert reference.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert (
        reference.ReferencedSOPInstanceUID == dataset.SOPInstanceUID == SECRET.uid("1.2.840.999.77")
    )


@pytest.mark.filterwarnings("ignore:Invalid value for VR DA")
def test_half_dates_are_emptied(tmp_path):
    dataset, _ = cleaned(tmp_path, AcquisitionDateTime="2024", ContentDate="2024.03.02")
    assert dataset.AcquisitionDateTime == ""
    assert len(dataset.ContentDate) == 8


def test_a_file_without_a_patient_gets_one_of_its_study(tmp_path):
    dataset, _ = cleaned(tmp_path, PatientID="", PatientName="")
    assert dataset.PatientID == SECRET.pseudonym("1.2.840.999.1")
    study = dataset.StudyInstanceUID
    del dataset.PatientID, dataset.PatientName
    clean_header(dataset, SECRET, Profile())
    assert dataset.PatientID == SECRET.pseudonym(study)
