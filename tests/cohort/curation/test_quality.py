import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cancergan.cohort import Cohort
from cancergan.cohort.curation.quality import flags, measured, sharpness
from tests.cohort.curation.plants import case
from tests.data import shared

NOISE = np.random.default_rng(0).uniform(10, 200, (1, 48, 48))


def kinds(image):
    return [flag.kind for flag in flags([measured(case(image))])]


def test_a_sound_image_has_no_flag():
    assert kinds(NOISE) == []


def test_each_fault_is_named_with_its_reason():
    broken = NOISE.copy()
    broken[0, 0, :3] = np.nan
    assert kinds(broken) == ["not finite"]
    assert kinds(np.full((1, 48, 48), 3.0)) == ["empty"]
    assert kinds(np.full((1, 48, 48), np.nan)) == ["not finite", "empty"]
    assert kinds(NOISE[:, :20]) == ["tiny"]
    assert kinds(np.minimum(NOISE, 150)) == ["saturated"]
    assert kinds(np.maximum(NOISE, 150)) == ["mostly background"]
    (flag,) = flags([measured(case(np.minimum(NOISE, 150)))])
    assert (
        flag.reason == f"{100 * (NOISE >= 150).mean():.0f} % of the pixels have the largest value"
    )


def test_sharpness_falls_with_blur():
    image = np.random.default_rng(0).normal(size=(1, 64, 64))
    values = [sharpness(case(gaussian_filter(image, (0, s, s)))) for s in (0, 1, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 50 * values[2]


@pytest.mark.parametrize("name", ["monuseg", "isic_uda1"])
def test_blurred_and_faded_images_are_found_among_real_ones(name):
    cohort = Cohort.open(shared(name))
    images = [cohort[i].image for i in range(60)]
    before = flags([measured(case(image)) for image in images])
    untouched = {flag.position for flag in before if flag.kind in ("blurred", "low contrast")}
    assert len(untouched) <= 3
    for i in range(5):
        images[i] = gaussian_filter(images[i], (0, 6, 6))
        images[10 + i] = images[10 + i] * 0.03 + 100
    found = flags([measured(case(image)) for image in images])
    assert {f.position for f in found if f.kind == "blurred"} >= set(range(5))
    assert {f.position for f in found if f.kind == "low contrast"} >= set(range(10, 15))


def test_few_images_are_not_compared():
    blurred = gaussian_filter(NOISE, (0, 5, 5))
    assert flags([measured(case(NOISE))] * 10 + [measured(case(blurred))]) == []
