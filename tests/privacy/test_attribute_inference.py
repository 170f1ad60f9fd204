"""Attributes are read off copies of members, and off nothing where nobody was copied."""

import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.privacy.attribute_inference import (
    Categories,
    area_of,
    members_beyond_others,
    read_attribute,
)

CLASSES = 2


def people(count, seed):
    """Return images (n, 1, 8, 8) of noise, and an attribute that a coin chose."""
    random = np.random.default_rng(seed)
    images = random.uniform(-1, 1, (count, 1, 8, 8)).astype(np.float32)
    return images, random.permutation(count) % CLASSES


def flat(images):
    return images.reshape(len(images), -1).astype(np.float64)


def rows(chances, codes, sides):
    return np.concatenate([sides[:, None], codes[:, None], chances], axis=1)


@pytest.mark.parametrize("copied", [True, False])
def test_a_copy_tells_the_attribute_and_a_stranger_does_not(copied):
    (known, of_known), (inside, of_inside), (outside, of_outside) = (
        people(200, seed) for seed in range(3)
    )
    made, of_made = (inside + 0.01, of_inside) if copied else people(200, 3)
    asked = np.concatenate([inside, outside])
    truth = np.concatenate([of_inside, of_outside])
    found = read_attribute(flat, known, of_known, made, of_made, asked, classes=CLASSES)
    sides = np.repeat([1.0, 0.0], 200)
    public, released = (rows(c, truth, sides) for c in (found.public, found.released))
    assert area_of(public, side=1) == pytest.approx(0.5, abs=0.15)
    assert area_of(released, side=0) == pytest.approx(0.5, abs=0.15)
    if copied:
        assert area_of(released, side=1) > 0.99
        assert members_beyond_others(released) > 0.35
    else:
        assert abs(members_beyond_others(released)) < 0.2


def test_what_images_tell_of_everybody_is_no_leak():
    """The attribute is brightness: the public model knows it of all, the release adds nothing."""
    random = np.random.default_rng(0)
    codes = np.arange(120) % CLASSES
    drawn = [
        (codes - 0.5)[:, None, None, None] + random.normal(0, 0.1, (120, 1, 8, 8)) for _ in range(3)
    ]
    known, made, asked = (part.astype(np.float32) for part in drawn)
    sides = np.repeat([1.0, 0.0], 60)
    for of_made in (codes, None):
        found = read_attribute(flat, known, codes, made, of_made, asked, classes=CLASSES)
        assert area_of(rows(found.public, codes, sides), side=1) > 0.99
        assert members_beyond_others(rows(found.released, codes, sides)) == pytest.approx(0)


def test_numbers_become_bands_and_names_stay():
    ages = Categories.of(list(range(30, 90)), bands=3)
    assert len(ages.names) == 3
    assert np.bincount(ages.codes(list(range(30, 90)))).tolist() == [20, 20, 20]
    assert ages.codes([20, None, 99]).tolist() == [0, -1, 2]
    sexes = Categories.of(["male", "female", None])
    assert sexes.codes(["female", "male", None, "other"]).tolist() == [0, 1, -1, -1]
    with pytest.raises(BadInputError, match="1 categories"):
        Categories.of(["male", "male"])
