import shutil

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.fileset import FileSet

from cancergan.cohort.dicom.scan import is_dicom, scan
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import write_series, write_slice


def test_files_are_known_by_their_beginning_whatever_their_name(tmp_path):
    write_slice(tmp_path / "1.2.840.55", np.zeros((2, 2), np.uint16))
    write_slice(tmp_path / "Bilder ä/IM0001", np.zeros((2, 2), np.uint16))
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "empty").touch()
    (tmp_path / "scan.png").write_bytes(b"x")
    found = scan(tmp_path)
    assert [found.name(one.file) for one in found.instances] == ["1.2.840.55", "Bilder ä/IM0001"]
    assert dict(found.left_out) == {
        "notes.txt": "not an image",
        "empty": "empty (0 bytes)",
        "scan.png": "an image file among DICOM: open it by itself",
    }
    assert found.taken() == {"CT image files": 2}
    assert not is_dicom(tmp_path / "scan.png")


def test_a_copy_is_left_out_and_a_double_that_differs_refused(tmp_path):
    one = write_slice(tmp_path / "a/1.dcm", np.zeros((2, 2), np.uint16))
    shutil.copy(one, tmp_path / "a/2.dcm")
    found = scan(tmp_path)
    assert len(found.instances) == 1
    assert found.left_out == [("a/2.dcm", "copy of a/1.dcm")]
    dataset = pydicom.dcmread(one)
    dataset.PixelData = b"\1" * 8
    dataset.save_as(tmp_path / "a/2.dcm")
    with pytest.raises(BadInputError, match=r"2\.dcm and .*1\.dcm: have one SOPInstanceUID and"):
        scan(tmp_path)


def test_links_out_of_the_folder_are_refused(tmp_path):
    write_slice(tmp_path / "in/a.dcm", np.zeros((2, 2), np.uint16))
    (tmp_path / "in/b.dcm").symlink_to(tmp_path / "in/a.dcm")
    outside = write_slice(tmp_path / "out/c.dcm", np.zeros((2, 2), np.uint16))
    assert scan(tmp_path / "in").left_out == [("b.dcm", "copy of a.dcm")]
    (tmp_path / "in/d.dcm").symlink_to(outside)
    with pytest.raises(BadInputError, match=r"d\.dcm: is a link out of the folder"):
        scan(tmp_path / "in")


def test_what_a_dicomdir_lists_and_is_not_there_is_noted(tmp_path):
    write_series(tmp_path / "raw", 3, SOPClassUID=pydicom.uid.CTImageStorage)
    files = FileSet()
    for number, file in enumerate(sorted((tmp_path / "raw").iterdir())):
        dataset = pydicom.dcmread(file)
        dataset.StudyDate, dataset.StudyTime, dataset.StudyID = "20200101", "120000", "1"
        dataset.SeriesNumber, dataset.InstanceNumber, dataset.PatientName = 1, number, "X"
        dataset.AccessionNumber = ""
        files.add(dataset)
    files.write(tmp_path / "disc")
    assert scan(tmp_path / "disc").notes == []
    listed = sorted(p for p in (tmp_path / "disc").rglob("*") if p.is_file())
    listed[-1].unlink()
    (found,) = scan(tmp_path / "disc").notes
    assert found[0] == "DICOMDIR"
    assert found[1].startswith("1 files that it lists are missing: PT000000/")


def test_a_real_export_with_a_dicomdir_opens():
    import pathlib

    root = pathlib.Path(get_testdata_file("DICOMDIR", download=False)).parent
    found = scan(root)
    assert found.taken()["MR image files"] == 17
    assert ("DICOMDIR", "a DICOMDIR: the files themselves are read") in found.left_out
    assert ("98892001/CT2N/6293", "localiser, not a slice of the volume") in found.left_out
