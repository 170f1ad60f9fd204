import numpy as np
import pytest

from cancergan.cohort.pixels import Pixels
from cancergan.cohort.shifts import manifestations
from cancergan.cohort.shifts.manifestation import LookChange
from cancergan.cohort.shifts.source import Subject
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from tests.cohort.shifts.test_annotation import disc, radius_of

SUBJECT = Subject("c", "p", "malignant")


def lesion(radius: float = 10, level: float = 60.0) -> Pixels:
    mask = disc(radius)
    texture = numpy_generator(0, "tissue").normal(100, 5, mask.shape)
    return Pixels((texture + (level - 100) * mask)[None].astype(np.float32), mask, (0.5, 0.5))


def changed(mechanism: str, pixels: Pixels, strength: float = 0.5, **more: str) -> Pixels:
    return LookChange(mechanism, strength, seed=1, **more).pixels(pixels, SUBJECT)


@pytest.mark.parametrize(("name", "margin"), [("contrast", 5), ("texture", 0)])
def test_outside_the_mask_not_a_bit_changes(name, margin):
    before = lesion()
    after = changed(name, before)
    outside = disc(10 + margin) == 0
    np.testing.assert_array_equal(after.image[0][outside], before.image[0][outside])
    assert np.array_equal(after.mask, before.mask)
    assert not np.array_equal(after.image, before.image)


@pytest.mark.parametrize("strength", [0.25, 1.0])
def test_contrast_fades_in_proportion(strength):
    before = lesion()
    after = changed("contrast", before, strength)
    core = disc(8) > 0
    step = after.image[0][core].mean() - before.image[0][core].mean()
    assert step == pytest.approx(40 * strength, abs=0.5)


def test_a_soft_edge_fades_where_it_lies():
    mask = disc(10)
    distance = np.sqrt(((np.indices(mask.shape) - 32) ** 2).sum(axis=0))
    soft = (100 - 40 / (1 + np.exp(distance - 10)))[None].astype(np.float32)
    after = changed("contrast", Pixels(soft, mask), 0.5).image[0]
    np.testing.assert_allclose(100 - after, (100 - soft[0]) / 2, atol=1.5)


def test_texture_adds_the_stated_deviation():
    before = lesion()
    core = disc(8) > 0
    added = (changed("texture", before, 0.5).image - before.image)[0][core]
    assert added.std() == pytest.approx(0.75 * before.image.std(), rel=0.2)


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_a_lesion_grows_by_the_stated_factor_with_its_mask(strength):
    after = changed("size", lesion(6), strength)
    assert radius_of(after.mask) == pytest.approx(6 * (1 + strength), rel=0.07)
    dark = after.image[0] < 80
    assert radius_of(dark) == pytest.approx(radius_of(after.mask), rel=0.07)


def test_far_from_a_growing_lesion_nothing_moves():
    before = lesion(4)
    after = changed("size", before, 0.5)
    far = disc(4.5 * 1.5 * 2.5 + 1) == 0
    np.testing.assert_array_equal(after.image[0][far], before.image[0][far])


def test_volumes_grow_too():
    mask = disc(5, 31, 3)
    pixels = Pixels((100.0 - 50 * mask)[None].astype(np.float32), mask)
    grown = changed("size", pixels, 0.5).mask
    assert grown is not None
    assert grown.sum() / mask.sum() == pytest.approx(1.5**3, rel=0.15)


def test_only_the_class_asked_for_changes():
    before = lesion()
    assert changed("contrast", before, label="benign") is before
    assert changed("contrast", before, label="malignant") is not before


def test_a_class_changes_without_a_mask_and_keeps_its_mean():
    before = Pixels(lesion().image)
    after = changed("class", before, 0.5, label="malignant")
    assert after.mask is None
    assert after.image.std() > 1.3 * before.image.std()
    assert after.image.mean() == pytest.approx(before.image.mean(), rel=0.01)


@pytest.mark.parametrize("name", sorted(manifestations))
def test_whole_numbers_stay_whole(name):
    pixels = lesion()
    grey = Pixels(np.clip(pixels.image, 0, 255).astype(np.uint8), pixels.mask)
    assert changed(name, grey).image.dtype == np.uint8


def test_too_many_lesions_are_refused():
    speckled = np.zeros((200, 200), np.uint8)
    speckled[::2, ::2] = 1
    with pytest.raises(BadInputError, match="separate lesions"):
        changed("size", Pixels(np.zeros((1, 200, 200), np.float32), speckled))
