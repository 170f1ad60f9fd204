import numpy as np
import pytest

from cancergan.cohort.formats.numpy_array import read_header, read_image, read_labels
from cancergan.core.errors import BadInputError


@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 4, 5, 6), (4, 5)])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float32])
def test_arrays_come_back_in_their_type(tmp_path, shape, dtype):
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    np.save(tmp_path / "a.npy", array)
    image = read_image(tmp_path / "a.npy").image
    assert np.array_equal(image, array[None] if len(shape) == 2 else array)
    assert image.dtype == dtype
    header = read_header(tmp_path / "a.npy")
    assert (header.shape, header.dtype) == (image.shape, dtype)


def test_a_mask_is_as_stored(tmp_path):
    np.save(tmp_path / "m.npy", np.eye(3, dtype=np.int32))
    assert np.array_equal(read_labels(tmp_path / "m.npy"), np.eye(3))


def test_a_shape_that_is_no_image_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(4))
    with pytest.raises(BadInputError, match=r"a.npy: has shape \(4,\)"):
        read_header(tmp_path / "a.npy")


def test_pickles_and_archives_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(BadInputError, match=r"a.npy: cannot be read"):
        read_image(tmp_path / "a.npy")
    np.savez(tmp_path / "b.npz", np.zeros((2, 2)))
    (tmp_path / "b.npz").rename(tmp_path / "b.npy")
    with pytest.raises(BadInputError, match=r"b.npy: is not a .npy file"):
        read_image(tmp_path / "b.npy")


def test_a_truncated_file_is_named(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((1, 8, 8)))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadInputError, match=r"a.npy: cannot be read"):
        read_image(path)
