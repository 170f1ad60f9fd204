import pandas as pd
import pytest
from pydicom import Dataset

from cancergan.cohort.dicom.attributes import attributes_of, patient_of, with_timepoints


def header(**values):
    dataset = Dataset()
    for name, value in values.items():
        setattr(dataset, name, value)
    return dataset


def test_a_header_becomes_the_columns_of_a_row():
    found = attributes_of(
        header(
            PatientID="P7 ",
            PatientSex="F",
            PatientAge="006M",
            InstitutionName="Zürich",
            Manufacturer="Maker",
            ManufacturerModelName="One",
            Modality="MR",
        )
    )
    assert found["patient_id"] == "P7"
    assert (found["sex"], found["age"], found["modality"]) == ("female", 0.5, "MR")
    assert (found["centre"], found["scanner"]) == ("Zürich", "Maker One")
    assert found["series_description"] is None


def test_age_follows_from_dates_where_it_is_not_stated():
    dates = {"PatientBirthDate": "19500701", "StudyDate": "20100701"}
    assert attributes_of(header(**dates))["age"] == pytest.approx(60, abs=0.01)
    assert attributes_of(header(**dates, PatientAge="061Y"))["age"] == 61
    assert attributes_of(header(PatientBirthDate="20200101", StudyDate="20100101"))["age"] is None
    assert attributes_of(header(StudyDate="20101301"))["study"] is None


def test_a_patient_without_an_id_is_told_by_study_or_series():
    assert patient_of(header(PatientID="", StudyInstanceUID="1.2")) == "1.2"
    assert patient_of(header(SeriesInstanceUID="1.3")) == "1.3"
    assert patient_of(header()) == "unknown"


def test_timepoints_count_the_studies_of_each_patient():
    table = pd.DataFrame(
        {"patient_id": ["A", "B", "A", "A"], "study": [730_010, 730_000, 730_000, 730_010]}
    )
    found = with_timepoints(table)
    assert found["timepoint"].tolist() == [1, 0, 0, 1]
    assert found["days"].tolist() == [10, 0, 0, 10]
    assert "study" not in found
    assert "timepoint" not in with_timepoints(table.assign(study=None))
