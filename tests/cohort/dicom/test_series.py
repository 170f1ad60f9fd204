from cancergan.cohort.dicom.scan import scan
from cancergan.cohort.dicom.series import images_of
from tests.cohort.dicom.files import write_series, write_slice


def test_series_are_images_ordered_by_patient(tmp_path):
    write_series(tmp_path / "a", 3, PatientID="Q", SeriesInstanceUID="1.1")
    write_series(tmp_path / "b", 2, PatientID="P", SeriesInstanceUID="1.2")
    found = images_of(scan(tmp_path))
    assert [one.speaker.patient for one in found] == ["P", "Q"]
    assert [one.image.header().shape[-1] for one in found] == [2, 3]


def test_a_series_of_two_echoes_is_cut_with_a_note(tmp_path):
    for echo in (1.5, 3.0):
        write_series(tmp_path / str(echo), 3, EchoTime=echo)
    found = scan(tmp_path)
    images = images_of(found)
    assert [one.part for one in images] == ["echo time 1.5", "echo time 3.0"]
    note = "its series was cut into: echo time 1.5; echo time 3.0"
    assert found.notes == [("1.5/000.dcm", note)]
    assert found.left_out == []


def test_a_part_that_makes_no_volume_is_left_out_and_the_others_stay(tmp_path):
    for echo in (1.5, 3.0):
        write_series(tmp_path / str(echo), 4, EchoTime=echo)
    (tmp_path / "3.0/002.dcm").unlink()
    found = scan(tmp_path)
    assert [one.part for one in images_of(found)] == ["echo time 1.5"]
    assert found.left_out[0][1].startswith("1 slice is missing")
    assert len(found.instances) == 4


def test_slices_without_a_place_among_others_spoil_their_series(tmp_path):
    import numpy as np

    write_series(tmp_path, 3)
    write_slice(tmp_path / "lost.dcm", np.zeros((3, 4), np.uint16), position=None)
    found = scan(tmp_path)
    assert images_of(found) == []
    assert found.left_out == [("000.dcm", "1 of 4 slices have no position (4 files)")]
