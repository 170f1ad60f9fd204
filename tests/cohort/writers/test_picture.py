import json

import numpy as np
import pytest
from PIL import Image

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError

random = np.random.default_rng(0)


def saved(tmp_path, images):
    cohort = Cohort.from_arrays(images)
    cohort.save(tmp_path / "c", "png")
    return Image.open(tmp_path / "c/images/case_00000.png"), Cohort.open(tmp_path / "c")


@pytest.mark.parametrize(("dtype", "low", "high"), [(np.uint16, 0, 65535), (np.int16, -1024, 3071)])
def test_whole_numbers_are_kept_exactly_in_sixteen_bit(tmp_path, dtype, low, high):
    images = random.integers(low, high, (2, 1, 6, 7), endpoint=True).astype(dtype)
    picture, again = saved(tmp_path, images)
    assert picture.mode == "I;16"
    assert np.array_equal(np.stack([case.image for case in again]), images)


def test_fractions_are_scaled_to_sixteen_bit_and_back(tmp_path):
    images = random.normal(0, 300, (3, 1, 8, 8)).astype(np.float32)
    picture, again = saved(tmp_path, images)
    step = (images.max() - images.min()) / 65535
    assert picture.mode == "I;16"
    assert np.abs(np.stack([case.image for case in again]) - images).max() <= 0.51 * step
    scale = json.loads((tmp_path / "c/cohort.json").read_text())["scale"]
    assert scale["slope"] == pytest.approx(step)


def test_synthetic_colour_is_rounded_to_eight_bit(tmp_path):
    images = random.uniform(0, 255, (2, 3, 8, 8)).astype(np.float32)
    picture, again = saved(tmp_path, images)
    assert picture.mode == "RGB"
    assert np.array_equal(again[1].image, np.rint(images[1]))


def test_colour_beyond_eight_bit_is_scaled(tmp_path):
    images = random.uniform(-1, 1, (2, 3, 8, 8)).astype(np.float32)
    _, again = saved(tmp_path, images)
    assert np.abs(again[0].image - images[0]).max() <= 0.51 * 2 / 255


def test_masks_of_many_numbers_take_sixteen_bit(tmp_path):
    mask = np.arange(16).reshape(1, 4, 4) * 1000
    Cohort.from_arrays(np.zeros((1, 1, 4, 4), np.uint8), masks=mask).save(tmp_path / "c", "png")
    assert np.array_equal(Cohort.open(tmp_path / "c")[0].mask, mask[0])


def test_what_a_picture_cannot_hold_is_named(tmp_path):
    for images, message in (
        (np.zeros((1, 1, 4, 4, 4)), r'"case_00000": shape \(1, 4, 4, 4\) does not fit a PNG'),
        (np.zeros((1, 2, 4, 4)), "does not fit a PNG"),
        (np.full((1, 1, 4, 4), np.nan), "NaN or infinite"),
    ):
        with pytest.raises(BadInputError, match=message):
            Cohort.from_arrays(images).save(tmp_path / "c", "png")
    negative = Cohort.from_arrays(np.zeros((1, 1, 2, 2), np.uint8), masks=-np.ones((1, 2, 2)))
    with pytest.raises(BadInputError, match="mask numbers do not fit 16 bit"):
        negative.save(tmp_path / "c", "png")
    assert list(tmp_path.iterdir()) == []
