import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.data import get_testdata_file

from cancergan.cohort.deidentification.pixels import Rectangle, blank, ultrasound_regions
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import write_slice

BOX = Rectangle(2, 1, 6, 3)
random = np.random.default_rng(0)


def hidden(shape):
    inside = np.zeros(shape[:2], bool)
    inside[1:3, 2:6] = True
    return inside


@pytest.mark.parametrize(
    ("photometric", "dtype", "black"),
    [("MONOCHROME2", np.uint16, 7), ("MONOCHROME1", np.uint8, 200), ("MONOCHROME2", np.int16, 7)],
)
def test_only_the_rectangle_changes(tmp_path, photometric, dtype, black):
    pixels = random.integers(8, 200, (9, 11)).astype(dtype)
    pixels[8, 10], pixels[8, 9] = 7, 200
    dataset = pydicom.dcmread(write_slice(tmp_path / "x.dcm", pixels, photometric=photometric))
    assert blank(dataset, [BOX]) == 8
    inside = hidden(pixels.shape)
    assert (dataset.pixel_array[inside] == black).all()
    assert np.array_equal(dataset.pixel_array[~inside], pixels[~inside])


def test_colour_is_blackened_whole(tmp_path):
    pixels = random.integers(1, 255, (9, 11, 3), dtype=np.uint8)
    path = write_slice(tmp_path / "x.dcm", pixels, photometric="RGB", position=None)
    dataset = pydicom.dcmread(path)
    blank(dataset, [BOX])
    inside = hidden(pixels.shape)
    assert not dataset.pixel_array[inside].any()
    assert np.array_equal(dataset.pixel_array[~inside], pixels[~inside])


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "JPEG2000.dcm"])
def test_compressed_pixels_are_decompressed_first(name, tmp_path):
    dataset = pydicom.dcmread(get_testdata_file(name))
    before = dataset.pixel_array.copy()
    blank(dataset, [BOX])
    assert not dataset.file_meta.TransferSyntaxUID.is_compressed
    dataset.save_as(tmp_path / "y.dcm", enforce_file_format=True)
    after, inside = pydicom.dcmread(tmp_path / "y.dcm").pixel_array, hidden(before.shape)
    assert (after[inside] == before.min()).all()
    assert np.array_equal(after[~inside], before[~inside])


def test_every_frame_gets_its_own_boxes():
    dataset = pydicom.dcmread(get_testdata_file("rtdose.dcm"))
    before = dataset.pixel_array.copy()
    seen = []

    def finder(frame):
        seen.append(frame.shape)
        return [Rectangle(0, 0, len(seen) % 2, 1)] if len(seen) % 2 else []

    assert blank(dataset, finder=finder) == (len(before) + 1) // 2
    assert seen == [before.shape[1:]] * len(before)
    assert np.array_equal(dataset.pixel_array[:, 1:], before[:, 1:])


def test_of_a_screen_only_the_regions_stay(tmp_path):
    pixels = random.integers(1, 255, (9, 11), dtype=np.uint8)
    dataset = pydicom.dcmread(write_slice(tmp_path / "x.dcm", pixels))
    region = Dataset()
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 2, 1
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 5, 2
    dataset.SequenceOfUltrasoundRegions = [region]
    assert ultrasound_regions(dataset) == [BOX]
    blank(dataset, outside=ultrasound_regions(dataset))
    inside = hidden(pixels.shape)
    assert np.array_equal(dataset.pixel_array[inside], pixels[inside])
    assert (dataset.pixel_array[~inside] == pixels.min()).all()


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "5,0,5,9", "-1,0,5,5", "0,9,5,1"])
def test_what_is_no_rectangle_is_shown(text):
    with pytest.raises(BadInputError, match=f'rectangle "{text}"'):
        Rectangle.parse(text)


def test_pixels_that_cannot_be_decoded_are_said(tmp_path):
    dataset = pydicom.dcmread(write_slice(tmp_path / "x.dcm", np.eye(9, dtype=np.uint16)))
    dataset.PixelData = dataset.PixelData[:-10]
    with pytest.raises(BadInputError, match="cannot be decoded"):
        blank(dataset, [BOX])
