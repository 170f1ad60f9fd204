"""Through the cohort and back: equal to the last bit of a pixel and to 1e-5 mm."""

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from cancergan.cohort import Cohort
from tests.data import shared

BUNDLED = ("CT_small.dcm", "MR_small.dcm", "SC_rgb_rle_2frame.dcm", "examples_palette.dcm")


def check_equal(cohort, again):
    assert len(cohort) == len(again) > 0
    for one, other in zip(cohort, again, strict=True):
        assert np.array_equal(one.image, other.image)
        if one.mask is not None:
            assert np.array_equal(one.mask, other.mask)
        assert one.spacing == pytest.approx(other.spacing, abs=1e-6)
        if one.affine is not None and one.image.ndim == 4:
            corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(one.image.shape[1:]) - 1)
            corners = np.column_stack([corners, np.ones(8)])
            moved = corners @ (one.affine - other.affine).T
            assert np.abs(moved).max() < 1e-5


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["dicom_ct_seg", "volumes_nrrd", "ibsi_phantom"])
@pytest.mark.parametrize("format_name", ["native", "nifti"])
def test_real_volumes_come_back(tmp_path, name, format_name):
    cohort = Cohort.open(shared(name))
    cohort.save(tmp_path / "out", format_name)
    check_equal(cohort, Cohort.open(tmp_path / "out"))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_real_ct_comes_back_through_dicom(tmp_path):
    cohort = Cohort.open(shared("dicom_ct_seg"))
    cohort.save(tmp_path / "out", "dicom")
    again = Cohort.open(tmp_path / "out")
    (one,), (other,) = cohort, again
    assert np.array_equal(one.image, other.image)
    assert np.abs(one.affine - other.affine).max() < 1e-5


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_files_come_back(tmp_path, name):
    cohort = Cohort.open(get_testdata_file(name, download=False))
    cohort.save(tmp_path / "out")
    again = Cohort.open(tmp_path / "out")
    check_equal(cohort, again)
    assert again.pixels(0).image.dtype == cohort.pixels(0).image.dtype
    if cohort[0].affine is not None:
        assert np.array_equal(cohort[0].affine, again[0].affine)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_openkbp_comes_back(tmp_path):
    cohort = Cohort.open(shared("openkbp") / "train_pt_10.npz")
    cohort.save(tmp_path / "out")
    check_equal(cohort, Cohort.open(tmp_path / "out"))


@pytest.mark.filterwarnings("ignore::cancergan.core.errors.CancerganWarning")
def test_masks_whose_frames_do_not_fill_bytes_come_back(tmp_path):
    """63 bits a frame: the second begins in the middle of a byte."""
    draw = np.random.default_rng(0)
    images = draw.integers(0, 99, (2, 1, 7, 9, 4)).astype(np.int16)
    masks = draw.integers(0, 3, (2, 7, 9, 4))
    cohort = Cohort.from_arrays(images, masks=masks, spacing=(0.7, 0.8, 2.5))
    cohort.save(tmp_path / "dicom", "dicom")
    for case in Cohort.open(tmp_path / "dicom"):
        assert any(np.array_equal(case.mask, mask) for mask in masks)
