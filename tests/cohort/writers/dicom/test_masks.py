import numpy as np
import pytest
from highdicom.seg import Segmentation

from cancergan.cohort.pixels import Pixels
from cancergan.cohort.writers.dicom.identity import Identity
from cancergan.cohort.writers.dicom.images import images_of
from cancergan.cohort.writers.dicom.masks import segmentation_of
from cancergan.core.errors import BadInputError

IDENTITY = Identity("0123456789abcdef", (1,), (False,))
random = np.random.default_rng(0)


def written(mask, modality=None, channels=1):
    image = np.zeros((channels, *mask.shape), np.uint8)
    pixels = Pixels(image, spacing=(0.5, 0.7, 2.0)[: mask.ndim])
    images, _ = images_of(pixels, IDENTITY, 0, label=None, modality=modality)
    return images, segmentation_of(mask, images, IDENTITY, 0)


def read_back(segmentation, images):
    """Return (plane, row, column) numbers through highdicom's own reading."""
    found = Segmentation.from_dataset(segmentation)
    uids = [image.SOPInstanceUID for image in images]
    return found.get_pixels_by_source_instance(
        uids, combine_segments=True, assert_missing_frames_are_empty=True
    )


@pytest.mark.parametrize(("modality", "channels"), [("CT", 1), ("MR", 1), (None, 3), ("US", 1)])
def test_numbers_of_a_picture_come_back(modality, channels):
    mask = random.choice([0, 1, 4], (6, 7)).astype(np.uint8)
    images, segmentation = written(mask, modality, channels)
    assert np.array_equal(read_back(segmentation, images)[0], mask)
    assert [segment.SegmentNumber for segment in segmentation.SegmentSequence] == [1, 2, 3, 4]


def test_numbers_of_a_volume_come_back_on_their_planes():
    mask = np.zeros((5, 6, 4), np.int32)
    mask[1:3, 2, 1], mask[4, 5, 3] = 1, 2
    images, segmentation = written(mask, "CT")
    found = read_back(segmentation, images)
    assert np.array_equal(np.moveaxis(found, 0, -1).swapaxes(0, 1), mask)
    assert segmentation.NumberOfFrames == 2


def test_a_mask_is_marked_like_its_image():
    images, segmentation = written(np.ones((4, 4), np.uint8))
    for keyword in ("PatientID", "StudyInstanceUID", "ContentQualification", "PatientComments",
                    "PatientIdentityRemoved", "ContributingEquipmentSequence"):  # fmt: skip
        assert segmentation[keyword] == images[0][keyword]
    assert segmentation.SeriesInstanceUID != images[0].SeriesInstanceUID
    assert segmentation.SegmentSequence[0].SegmentAlgorithmType == "MANUAL"


def test_background_alone_needs_no_file():
    assert written(np.zeros((4, 4), np.uint8))[1] is None


@pytest.mark.parametrize("number", [-1, 256])
def test_numbers_beyond_a_segmentation_are_refused(number):
    with pytest.raises(BadInputError, match=f"{number}.*takes 0 to 255"):
        written(np.array([[0, number]]))
