import numpy as np
import pytest

from cancergan.cohort.readers.pairing import paired_sources
from cancergan.core.errors import BadInputError


def files(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        np.save(folder / name, np.zeros((2, 2)))


def names(folder):
    return [
        ([path.name for path in source.images], [path.name for path in source.masks])
        for source in paired_sources(folder)
    ]


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("scan.npy", "scan_mask.npy"),
        ("scan.npy", "scan-seg.npy"),
        ("scan.npy", "scan_Segmentation.npy"),
        ("scan_image.npy", "scan_label.npy"),
    ],
)
def test_a_mask_is_known_by_its_name(tmp_path, image, mask):
    files(tmp_path, image, mask)
    assert names(tmp_path) == [([image], [mask])]


def test_a_name_like_a_mask_without_its_image_is_an_image(tmp_path):
    files(tmp_path, "gauze_mask.npy", "face.npy")
    assert names(tmp_path) == [(["face.npy"], []), (["gauze_mask.npy"], [])]


def test_a_mask_folder_may_have_gaps_but_no_strangers(tmp_path):
    files(tmp_path, "images/a.npy", "images/b.npy", "masks/b.npy")
    assert names(tmp_path) == [(["a.npy"], []), (["b.npy"], ["b.npy"])]
    files(tmp_path, "masks/c.npy")
    with pytest.raises(BadInputError, match=r"masks/c.npy: belongs to no image"):
        names(tmp_path)
