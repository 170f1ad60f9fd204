import numpy as np
import pytest

from cancergan.cohort import Cohort
from tests.cohort.dicom.files import (
    write_dose,
    write_segmentation,
    write_series,
    write_slice,
    write_structures,
)

# write_series: 3 rows of 0.5 mm, 4 columns of 0.25 mm from (10, 20), slices from z = 30 by 2 mm.
ORGAN = np.array([(9.9, 19.9), (10.6, 19.9), (10.6, 21.1), (9.9, 21.1)])


def contour(z):
    return np.column_stack([ORGAN, np.full(4, z)])


@pytest.fixture
def planned(tmp_path):
    write_series(tmp_path / "ct", 3, FrameOfReferenceUID="1.2.9")
    write_structures(tmp_path / "rt.dcm", {"Organ": [contour(30.0), contour(32.0)]})
    tumour = np.zeros((3, 4))
    tumour[1, 2] = 1
    write_segmentation(tmp_path / "seg.dcm", [(1, (10.0, 20.0, 32.0), tumour)], ("Tumour",))
    stored = np.full((3, 3, 4), 2000, np.uint16)
    stored[1] = 4000
    write_dose(tmp_path / "dose.dcm", stored, position=(10.0, 20.0, 30.0))
    return tmp_path


def test_mask_structures_and_dose_lie_on_the_image(planned):
    cohort = Cohort.open(planned)
    (case,) = cohort
    assert cohort.provenance["structures"] == ["Organ", "Tumour"]
    organ = np.zeros((4, 3, 3), bool)
    organ[:3, :, :2] = True
    assert np.array_equal(case.arrays["structures"][0], organ)
    assert np.argwhere(case.arrays["structures"][1]).tolist() == [[2, 1, 1]]
    # The tumour has fewer voxels than the organ around it: it lies on top.
    expected = organ.astype(int)
    expected[2, 1, 1] = 2
    assert np.array_equal(case.mask, expected)
    assert case.arrays["dose"].dtype == np.float32
    assert np.allclose(case.arrays["dose"][0], np.broadcast_to([2.0, 4.0, 2.0], (4, 3, 3)))


def test_a_single_slice_gets_its_mask_in_row_and_column(tmp_path):
    stored = np.zeros((3, 4), np.uint16)
    place = {"position": (10.0, 20.0, 30.0), "FrameOfReferenceUID": "1.2.9"}
    write_slice(tmp_path / "a.dcm", stored, **place)
    tumour = np.zeros((3, 4))
    tumour[0, 3] = tumour[2, 1] = 1
    write_segmentation(tmp_path / "seg.dcm", [(1, (10.0, 20.0, 30.0), tumour)], ("Tumour",))
    write_structures(tmp_path / "rt.dcm", {"Organ": [contour(30.0)]})
    case = Cohort.open(tmp_path)[0]
    assert np.array_equal(case.arrays["structures"][1], tumour)
    assert np.array_equal(case.arrays["structures"][0], [[1, 1, 1, 0]] * 3)


def test_require_looks_for_the_arrays(planned):
    cohort = Cohort.open(planned)
    cohort.require("image", "mask", "dose", "structures")
    from cancergan.core.errors import BadInputError

    with pytest.raises(BadInputError, match="has no target"):
        cohort.require("target")


def test_the_arrays_are_saved_with_the_cohort(planned, tmp_path_factory):
    cohort, out = Cohort.open(planned), tmp_path_factory.mktemp("out") / "c"
    cohort.save(out)
    again = Cohort.open(out)
    assert again.fingerprint == cohort.fingerprint
    assert set(again[0].arrays) == {"dose", "structures"}
    with pytest.warns(UserWarning, match="dose is left out"):
        cohort.save(out.parent / "nifti", "nifti")
