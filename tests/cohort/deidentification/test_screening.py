import pydicom
import pytest
from pydicom import Dataset

from cancergan.cohort.deidentification.screening import reason_to_hold_back
from tests.cohort.deidentification.patients import write_patient

SCREEN = "1.2.840.10008.5.1.4.1.1.7"
US = "1.2.840.10008.5.1.4.1.1.6.1"


def reason(tmp_path, *, cleaned=False, trusted=False, **attributes):
    dataset = pydicom.dcmread(write_patient(tmp_path / "p.dcm", **attributes))
    return reason_to_hold_back(dataset, pixels_cleaned=cleaned, pixels_trusted=trusted)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, None),
        ({"BurnedInAnnotation": "YES"}, "text is burned"),
        ({"SOPClassUID": SCREEN}, "secondary capture"),
        ({"SOPClassUID": SCREEN, "BurnedInAnnotation": "NO"}, None),
        ({"SOPClassUID": US, "Modality": "US"}, "ultrasound that does not say"),
        ({"SOPClassUID": US, "Modality": "US", "BurnedInAnnotation": "NO"}, None),
    ],
)
def test_text_in_the_pixels_holds_a_file_back(tmp_path, attributes, expected):
    found = reason(tmp_path, **attributes)
    assert (found is None) if expected is None else (expected in found)
    assert reason(tmp_path, cleaned=True, **attributes) is None
    assert reason(tmp_path, trusted=True, **attributes) is None


def test_a_face_holds_it_back_whatever_is_said(tmp_path):
    face = {"RecognizableVisualFeatures": "YES"}
    assert "deface" in reason(tmp_path, trusted=True, cleaned=True, **face)


@pytest.mark.parametrize(
    ("sop_class", "goes"),
    [
        ("1.2.840.10008.5.1.4.1.1.88.11", False),  # structured report
        ("1.2.840.10008.5.1.4.1.1.104.1", False),  # encapsulated PDF
        ("1.2.840.10008.5.1.4.1.1.481.3", True),  # structure set
    ],
)
def test_objects_of_free_text_do_not_go(sop_class, goes):
    dataset = Dataset()
    dataset.SOPClassUID, dataset.Modality = sop_class, "SR"
    found = reason_to_hold_back(dataset, pixels_cleaned=True, pixels_trusted=True)
    assert (found is None) == goes
