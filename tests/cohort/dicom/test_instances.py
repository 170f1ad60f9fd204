import numpy as np
import pytest

from cancergan.cohort.dicom.dose import Dose
from cancergan.cohort.dicom.instances import read_instance
from cancergan.cohort.dicom.structure_set import StructureSet
from tests.cohort.dicom.files import write_dose, write_slice, write_structures


def test_an_image_says_whose_it_is_and_where(tmp_path):
    file = write_slice(tmp_path / "a.dcm", np.zeros((2, 3), np.uint16), FrameOfReferenceUID="1.7")
    found = read_instance(file)
    assert (found.patient, found.series, found.frame_of_reference) == ("P1", "1.2.3.4", "1.7")
    assert found.belonging is None
    assert found.frames[0].shape == (1, 2, 3)


def test_objects_are_read_by_their_modality(tmp_path):
    dose = read_instance(write_dose(tmp_path / "d.dcm", np.zeros((2, 2, 2), np.uint16)))
    assert isinstance(dose.belonging, Dose)
    triangle = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0)], float)
    structures = read_instance(write_structures(tmp_path / "s.dcm", {"A": [triangle]}))
    assert isinstance(structures.belonging, StructureSet)
    assert structures.frame_of_reference == "1.2.9"
    assert structures.frames == ()


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"Modality": "SR"}, "SR object, not an image"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localiser"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.6"}, "whole-slide image"),
        ({"SOPClassUID": "1.2.840.10008.1.3.10"}, "a DICOMDIR"),
    ],
)
def test_what_is_no_slice_has_a_reason(tmp_path, attributes, reason):
    file = write_slice(tmp_path / "a.dcm", np.zeros((2, 2), np.uint16), **attributes)
    assert read_instance(file).startswith(reason)


def test_unknown_private_tags_do_not_matter(tmp_path):
    import pydicom

    file = write_slice(tmp_path / "a.dcm", np.full((2, 2), 7, np.uint16))
    dataset = pydicom.dcmread(file)
    block = dataset.private_block(0x0041, "UNKNOWN MAKER", create=True)
    block.add_new(0x01, "UN", b"\x00\xff" * 50)
    block.add_new(0x02, "SQ", [pydicom.Dataset()])
    dataset.save_as(file)
    assert read_instance(file).frames[0].shape == (1, 2, 2)
