from pathlib import Path

import numpy as np
import pytest

from cancergan.cohort.formats import (
    image_suffix,
    is_image,
    read_header,
    read_image,
    read_mask,
    stem,
)
from cancergan.core.errors import BadInputError


@pytest.mark.parametrize(
    ("name", "name_stem", "suffix"),
    [
        ("scan.PNG", "scan", ".png"),
        ("a.b.nii.gz", "a.b", ".nii.gz"),
        ("a.nii", "a", ".nii"),
        ("notes.txt", "notes.txt", ""),
    ],
)
def test_suffixes_of_two_parts_count_as_one(name, name_stem, suffix):
    assert (stem(Path(name)), image_suffix(Path(name))) == (name_stem, suffix)


def test_hidden_files_and_folders_are_no_images(tmp_path):
    (tmp_path / "._scan.png").touch()
    (tmp_path / "folder.png").mkdir()
    assert not is_image(tmp_path / "._scan.png")
    assert not is_image(tmp_path / "folder.png")


@pytest.mark.parametrize("read", [read_header, read_image, read_mask])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".npy", ".nii", ".nii.gz", ".nrrd"])
class TestBadFiles:
    def test_empty(self, read, suffix, tmp_path):
        path = tmp_path / f"scan{suffix}"
        path.touch()
        with pytest.raises(BadInputError, match=rf"scan{suffix}: is empty \(0 bytes\)"):
            read(path)

    def test_missing(self, read, suffix, tmp_path):
        with pytest.raises(BadInputError, match=f"scan{suffix}: not found"):
            read(tmp_path / f"scan{suffix}")

    def test_corrupt(self, read, suffix, tmp_path):
        path = tmp_path / f"scan{suffix}"
        path.write_bytes(b"this is no image at all" * 40)
        with pytest.raises(BadInputError, match=f"scan{suffix}: cannot be read") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_an_unknown_kind_names_the_known_ones(tmp_path):
    (tmp_path / "scan.xyz").write_bytes(b"x")
    with pytest.raises(BadInputError, match=r"scan.xyz: unknown kind of image file. Known: .png"):
        read_image(tmp_path / "scan.xyz")


def test_a_mask_with_fractions_is_named(tmp_path):
    np.save(tmp_path / "m.npy", np.full((2, 2), 0.5))
    with pytest.raises(BadInputError, match=r"m.npy: the mask does not hold whole numbers"):
        read_mask(tmp_path / "m.npy")
