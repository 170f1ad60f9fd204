import numpy as np

from cancergan.cohort.dicom.belonging import with_belongings
from cancergan.cohort.dicom.scan import scan
from cancergan.cohort.dicom.series import images_of
from tests.cohort.dicom.files import (
    write_dose,
    write_segmentation,
    write_series,
    write_structures,
)

GEOMETRY = {"FrameOfReferenceUID": "1.2.9"}
DOSE = np.full((3, 3, 4), 1000, np.uint16)
SQUARE = np.array([(10, 20, 30), (10.6, 20, 30), (10.6, 22, 30), (10, 22, 30)], float)


def opened(folder):
    found = scan(folder)
    return with_belongings(images_of(found), found), found


def names(source):
    return tuple(source.pixels().arrays)


def segmentation(path, name="Tumour", **attributes):
    frame = (1, (10.0, 20.0, 30.0), np.eye(3, 4))
    return write_segmentation(path, [frame], (name,), **attributes)


def test_objects_go_to_the_images_of_their_coordinates(tmp_path):
    write_series(tmp_path / "ct", 3, **GEOMETRY)
    write_series(tmp_path / "other", 3, SeriesInstanceUID="1.2.5", FrameOfReferenceUID="1.2.10")
    segmentation(tmp_path / "seg.dcm")
    write_structures(tmp_path / "rt.dcm", {"Organ": [SQUARE]})
    write_dose(tmp_path / "dose.dcm", DOSE)
    (mine, other), _ = opened(tmp_path)
    assert names(mine) == ("structures", "dose")
    assert mine.codes == {"Organ": 1, "Tumour": 2}
    assert names(other) == ()


def test_an_object_made_for_a_series_needs_no_common_coordinates(tmp_path):
    from pydicom import Dataset

    write_series(tmp_path / "ct", 3)
    referenced = Dataset()
    referenced.SeriesInstanceUID = "1.2.3.4"
    segmentation(tmp_path / "seg.dcm", ReferencedSeriesSequence=[referenced])
    (mine,), _ = opened(tmp_path)
    assert names(mine) == ("structures",)


def test_what_belongs_to_no_image_or_to_another_patient_is_left_out(tmp_path):
    write_series(tmp_path / "ct", 3, **GEOMETRY)
    segmentation(tmp_path / "a.dcm", FrameOfReferenceUID="1.2.77")
    segmentation(tmp_path / "b.dcm", PatientID="P2")
    (mine,), found = opened(tmp_path)
    assert names(mine) == ()
    assert found.left_out == [
        ("a.dcm", "SEG that belongs to no image here"),
        ("b.dcm", "SEG that belongs to no image here"),
    ]
    assert found.taken() == {"CT image files": 3}


def test_beams_add_up_a_plan_wins_and_two_plans_are_left_to_the_user(tmp_path):
    write_series(tmp_path / "ct", 3, **GEOMETRY)
    for n in (1, 2):
        write_dose(tmp_path / f"beam{n}.dcm", DOSE * n, DoseSummationType="BEAM")
    (mine,), _ = opened(tmp_path)
    assert len(mine.doses) == 2
    write_dose(tmp_path / "plan.dcm", DOSE)
    (mine,), _ = opened(tmp_path)
    assert [dose.file.name for dose in mine.doses] == ["plan.dcm"]
    write_dose(tmp_path / "plan2.dcm", DOSE)
    (mine,), found = opened(tmp_path)
    assert mine.doses == ()
    assert "several doses of one image: none is taken" in found.notes[0][1]
