import numpy as np
import pytest
from PIL import Image

from cancergan.cohort.sources import FileSource
from cancergan.core.errors import BadInputError


def picture(path, array):
    Image.fromarray(np.asarray(array)).save(path)
    return path


def test_files_of_one_case_become_its_channels(tmp_path):
    files = tuple(picture(tmp_path / f"{i}.png", np.full((4, 5), i, np.uint8)) for i in range(3))
    source = FileSource(files)
    assert source.header().shape == source.pixels().image.shape == (3, 4, 5)
    assert source.pixels().image[:, 0, 0].tolist() == [0, 1, 2]


def test_several_masks_are_united(tmp_path):
    image = picture(tmp_path / "image.png", np.zeros((2, 2), np.uint8))
    one = picture(tmp_path / "one.png", np.array([[1, 0], [0, 0]], np.uint8))
    two = picture(tmp_path / "two.png", np.array([[2, 2], [0, 0]], np.uint8))
    assert FileSource((image,), (one, two)).pixels().mask.tolist() == [[2, 2], [0, 0]]


def test_stored_numbers_are_rescaled_and_whole_ones_stay_whole(tmp_path):
    file = picture(tmp_path / "ct.png", np.array([[0, 4000]], np.uint16))
    hounsfield = FileSource((file,), slope=1.0, intercept=-1024.0).pixels().image
    assert (hounsfield.dtype, hounsfield.tolist()) == (np.int16, [[[-1024, 2976]]])
    dose = FileSource((file,), slope=0.5, intercept=1.0).pixels().image
    assert (dose.dtype, dose.tolist()) == (np.float32, [[[1.0, 2001.0]]])


def test_stated_geometry_replaces_that_of_the_file(tmp_path):
    file = picture(tmp_path / "a.png", np.zeros((2, 2), np.uint8))
    source = FileSource((file,), spacing=(0.5, 0.25), affine=np.eye(4))
    assert source.header().spacing == source.pixels().spacing == (0.5, 0.25)
    assert np.array_equal(source.pixels().affine, np.eye(4))


def test_unequal_files_of_one_case_are_named(tmp_path):
    image = picture(tmp_path / "a.png", np.zeros((2, 2), np.uint8))
    other = picture(tmp_path / "b.png", np.zeros((2, 3), np.uint8))
    for source in (FileSource((image, other)), FileSource((image,), (other,))):
        with pytest.raises(BadInputError, match=r"b.png: has shape .*\(2, 3\), but a.png has"):
            source.pixels()
