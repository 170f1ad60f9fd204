import gzip
import zipfile

import nibabel
import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.limits import MAX_VALUES, excess, refuse_excess, refuse_short
from cancergan.core.errors import BadInputError


def test_the_limit_is_the_last_shape_that_passes():
    assert excess((1024, 1024, 1024)) is None
    assert "the limit of one image is 1,073,741,824" in excess((1024, 1024, 1025))
    assert "empty shape" in excess((3, 0))
    assert "empty shape" in excess((-3, -4))
    with pytest.raises(BadInputError, match=r"a\.nii: declares 1,073,741,825 values"):
        refuse_excess((MAX_VALUES + 1,), "a.nii")


def test_a_file_must_hold_what_it_declares(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"x" * 10)
    refuse_short(file, 10, packed=False)
    refuse_short(file, 10_320, packed=True)
    with pytest.raises(BadInputError, match="cut off: its header declares 11 bytes"):
        refuse_short(file, 11, packed=False)
    with pytest.raises(BadInputError, match="declares 10,321 bytes of pixels, it can hold 10,320"):
        refuse_short(file, 10_321, packed=True)


def nifti(shape):
    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.uint8)
    header["dim"] = [len(shape), *shape, *[1] * (7 - len(shape))]
    header["vox_offset"], header["magic"] = 352, b"n+1"
    return bytes(header.binaryblock) + b"\0" * 100


@pytest.mark.parametrize("shape", [(32767, 32767, 32767), (1000, 1000, 1000)])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_nifti_bomb_is_refused_before_allocation(tmp_path, shape, suffix):
    path = tmp_path / f"a{suffix}"
    content = nifti(shape)
    path.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    with pytest.raises(BadInputError, match=r"(the limit of one image|is cut off|cannot be read)"):
        Cohort.open(path).pixels(0)


def test_an_nrrd_bomb_is_refused_before_allocation(tmp_path):
    path = tmp_path / "a.nrrd"
    for sizes, wrong in (
        ("99999 99999 99999", "limit of one image"),
        ("999 999 999", "is cut off"),
    ):
        head = (
            f"NRRD0004\ntype: float\ndimension: 3\nsizes: {sizes}\nencoding: raw\nendian: little\n"
        )
        path.write_text(f"{head}\nxxxx")
        with pytest.raises(BadInputError, match=wrong):
            Cohort.open(path).pixels(0)


def test_a_npy_bomb_is_refused_before_allocation(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((1, 4, 4), np.uint8))
    path.write_bytes(path.read_bytes().replace(b"(1, 4, 4)", b"(1, 9999999, 9999999)"))
    with pytest.raises(BadInputError, match=r"a\.npy: cannot be read"):
        Cohort.open(path)[0]


def test_an_archive_bomb_is_refused_before_allocation(tmp_path):
    path, array = tmp_path / "a.npz", tmp_path / "train_images.npy"
    np.save(array, np.zeros((2, 4, 4), np.uint8))
    bomb = array.read_bytes().replace(b"(2, 4, 4), }" + b" " * 12, b"(2, 999999, 999999), }  ")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train_images.npy", bomb)
    with pytest.raises(BadInputError, match=r"train_images declares 1,999,996,000,002 bytes"):
        Cohort.open(path)[0]
