import nibabel
import numpy as np
import pytest

from cancergan.cohort.formats.nifti import (
    read_header,
    read_image,
    read_labels,
    write_image,
    write_mask,
)
from cancergan.cohort.pixels import Pixels
from cancergan.core.errors import BadInputError
from tests.data import shared

random = np.random.default_rng(0)
AFFINE = np.array(
    [[-0.8, 0.1, 0.0, 120.0], [0.1, 0.8, 0.0, -90.5], [0.0, 0.0, 2.5, 33.25], [0, 0, 0, 1]]
)


@pytest.mark.parametrize("shape", [(1, 4, 5, 6), (2, 4, 5, 6), (1, 4, 5), (3, 4, 5), (2, 4, 5, 1)])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_images_come_back_bit_for_bit_with_their_place(tmp_path, shape, suffix):
    path, image = tmp_path / f"a{suffix}", random.normal(size=shape).astype(np.float32)
    spacing = (0.8, 0.7, 2.5)[: len(shape) - 1]
    write_image(path, Pixels(image, spacing=spacing, affine=AFFINE))
    again, header = read_image(path), read_header(path)
    assert np.array_equal(again.image, image)
    assert np.allclose(again.affine, AFFINE, atol=1e-5)
    assert np.allclose(again.spacing, spacing, atol=1e-6)
    assert (header.shape, header.dtype, header.spacing) == (shape, np.float32, again.spacing)


def test_without_a_place_there_is_no_affine_but_the_spacing_stays(tmp_path):
    path = tmp_path / "a.nii.gz"
    write_image(path, Pixels(np.zeros((1, 3, 3, 3), np.float32), spacing=(2.0, 3.0, 4.0)))
    again = read_image(path)
    assert again.affine is None
    assert again.spacing == (2.0, 3.0, 4.0)


def test_masks_come_back(tmp_path):
    mask = random.integers(0, 5, (4, 5, 6)).astype(np.uint8)
    pixels = Pixels(np.zeros((1, 4, 5, 6)), mask, (1.0, 1.0, 1.0), AFFINE)
    write_mask(tmp_path / "m.nii.gz", pixels)
    assert np.array_equal(read_labels(tmp_path / "m.nii.gz"), mask)


def test_slope_and_intercept_are_applied(tmp_path):
    image = nibabel.Nifti1Image(np.arange(8, dtype=np.int16).reshape(2, 2, 2), np.eye(4))
    image.header.set_slope_inter(2.0, -1000.0)
    nibabel.save(image, tmp_path / "a.nii")
    raw = np.asanyarray(nibabel.load(tmp_path / "a.nii").dataobj)
    assert np.array_equal(read_image(tmp_path / "a.nii").image[0], raw.astype(np.float32))
    assert read_header(tmp_path / "a.nii").dtype == read_image(tmp_path / "a.nii").image.dtype


def test_a_time_series_of_channels_is_refused(tmp_path):
    nibabel.save(nibabel.Nifti1Image(np.zeros((2, 2, 2, 3, 2)), np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(BadInputError, match=r"a.nii: has shape \(2, 2, 2, 3, 2\)"):
        read_image(tmp_path / "a.nii")
    nibabel.save(nibabel.Nifti1Image(np.zeros((2, 2, 2, 3)), np.eye(4)), tmp_path / "m.nii")
    with pytest.raises(BadInputError, match=r"m.nii: the mask has 3 channels"):
        read_labels(tmp_path / "m.nii")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_truncated_file_is_named(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_image(path, Pixels(random.normal(size=(1, 9, 9, 9)), spacing=(1.0,) * 3))
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(BadInputError, match=rf"a{suffix}: (cannot be read|is cut off)") as caught:
        read_image(path)
    assert "\n" not in str(caught.value)


def test_the_radiomics_phantom_has_its_published_mean():
    folder = shared("ibsi_phantom")
    phantom = read_image(folder / "phantom.nii.gz")
    inside = phantom.image[0][read_labels(folder / "mask.nii.gz") > 0]
    assert (phantom.image.shape, phantom.spacing) == ((1, 5, 4, 4), (2.0, 2.0, 2.0))
    assert (inside.size, round(float(inside.mean()), 2)) == (74, 2.15)
    assert round(float(inside.var()), 2) == 3.05
    assert np.array_equal(phantom.affine, np.diag([-2.0, -2.0, 2.0, 1.0]))
