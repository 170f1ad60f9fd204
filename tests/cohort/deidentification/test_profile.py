import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword

from cancergan.cohort.deidentification.profile import Action, Profile

BASIC, LONGITUDINAL = Profile(dates="remove"), Profile()


def action(profile, keyword):
    tag = tag_for_keyword(keyword)
    return profile.action((tag >> 16, tag & 0xFFFF), dictionary_VR(tag))


# Read off table E.1-1 of PS3.15, where X/Z, X/D and X/Z/D leave the choice.
@pytest.mark.parametrize(
    ("keyword", "expected"),
    [
        ("PatientBirthDate", Action.EMPTY), ("PatientSex", Action.EMPTY),
        ("PatientAge", Action.REMOVE), ("AccessionNumber", Action.EMPTY),
        ("InstitutionName", Action.DUMMY), ("InstitutionAddress", Action.REMOVE),
        ("SeriesDescription", Action.REMOVE), ("StudyDescription", Action.REMOVE),
        ("ImageComments", Action.REMOVE), ("StudyDate", Action.EMPTY),
        ("SOPInstanceUID", Action.UID), ("FrameOfReferenceUID", Action.UID),
        ("ReferringPhysicianName", Action.EMPTY), ("DeviceSerialNumber", Action.DUMMY),
        ("ReferencedImageSequence", Action.KEEP), ("Rows", Action.KEEP),
        ("OtherPatientIDs", Action.REMOVE), ("ROIName", Action.EMPTY),
        ("EvaluatorName", Action.EMPTY), ("PatientName", Action.PSEUDONYM),
        ("ContentSequence", Action.REMOVE),
        # Beyond the table: free text that it does not list.
        ("ContentDescription", Action.EMPTY), ("ContentLabel", Action.DUMMY),
        ("SegmentDescription", Action.REMOVE), ("RetrieveURL", Action.REMOVE),
    ],
)  # fmt: skip
def test_the_basic_profile(keyword, expected):
    assert action(BASIC, keyword) is expected


def test_dates_are_shifted_but_those_of_birth():
    assert action(LONGITUDINAL, "StudyDate") is Action.SHIFT
    assert action(LONGITUDINAL, "AcquisitionDateTime") is Action.SHIFT
    assert action(LONGITUDINAL, "StudyTime") is Action.KEEP
    assert action(LONGITUDINAL, "PatientBirthDate") is Action.EMPTY
    assert action(LONGITUDINAL, "PatientBirthTime") is Action.REMOVE


def test_characteristics_stay_where_that_is_asked_for():
    kept = Profile(keep_characteristics=True)
    for keyword in ("PatientSex", "PatientAge", "PatientSize", "PatientWeight"):
        assert action(kept, keyword) is Action.KEEP
    assert action(kept, "EthnicGroup") is Action.REMOVE


@pytest.mark.parametrize(
    ("tag", "known"), [((0x0029, 0x1001), False), ((0x6000, 0x3000), False), ((0x0018, 1), False)]
)
def test_what_is_private_or_unknown_goes(tag, known):
    assert BASIC.action(tag, "LO", known=known) is Action.REMOVE


def test_the_codes_say_which_options_were_taken():
    def values(**done):
        return [code for code, _ in Profile(**done).codes(pixels_cleaned=True)]

    assert values() == ["113100", "113101", "113107"]
    assert values(dates="remove", keep_characteristics=True) == ["113100", "113101", "113108"]
