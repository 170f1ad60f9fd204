import numpy as np
import pytest

from cancergan.cohort.pixels import Pixels
from cancergan.cohort.writers.dicom.identity import Identity
from cancergan.cohort.writers.dicom.images import images_of

IDENTITY = Identity("0123456789abcdef", (1,), (True,))


def made(pixels, modality=None):
    return images_of(pixels, IDENTITY, 0, label="benign", modality=modality)[0]


def test_planes_are_cut_along_z_with_x_along_a_row():
    numbers = np.arange(24, dtype=np.int16).reshape(1, 2, 3, 4)
    images = made(Pixels(numbers, spacing=(1.0, 2.0, 5.0)), "CT")
    assert [image.InstanceNumber for image in images] == [1, 2, 3, 4]
    assert [float(image.ImagePositionPatient[2]) for image in images] == [0, 5, 10, 15]
    assert (images[1].Rows, images[1].Columns) == (3, 2)
    assert np.array_equal(images[1].pixel_array, numbers[0, :, :, 1].T)
    assert list(images[0].PixelSpacing) == [2.0, 1.0]
    assert len({image.SOPInstanceUID for image in images}) == 4
    assert len({image.SeriesInstanceUID for image in images}) == 1


def test_a_picture_without_a_place_gets_none():
    image = made(Pixels(np.zeros((3, 4, 5), np.uint8), spacing=(1.0, 1.0)))[0]
    for keyword in ("ImagePositionPatient", "FrameOfReferenceUID", "PixelSpacing"):
        assert keyword not in image
    spaced = made(Pixels(np.zeros((1, 4, 5), np.uint8), spacing=(0.5, 0.25)))[0]
    assert list(spaced.PixelSpacing) == [0.5, 0.25]


def test_rescale_is_stated_for_ct_and_where_it_is_needed():
    plain = np.full((1, 2, 2), -1000, np.int16)
    ct, mr = made(Pixels(plain), "CT")[0], made(Pixels(plain), "MR")[0]
    assert (ct.RescaleSlope, ct.RescaleIntercept, ct.RescaleType) == (1, 0, "HU")
    assert "RescaleSlope" not in mr
    dose = made(Pixels(np.array([[[0.0, 0.25, 0.5]]], np.float32)))[0]
    assert (dose.RescaleSlope, dose.RescaleType) == (0.25, "US")


@pytest.mark.parametrize("word", ["Synthesised by a computer", "values are exact"])
def test_the_derivation_is_told(word):
    assert word in made(Pixels(np.zeros((1, 2, 2), np.uint8)))[0].DerivationDescription
