import numpy as np
import pytest
from scipy import ndimage
from scipy.special import polygamma

from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from tests.cohort.phantoms.contract import check_phantom, share_within

NAME = "oct"
FLUID = {"prevalence": 0.0, "normal": 0.0}


def test_it_keeps_the_contract():
    check_phantom(NAME, size=64)


def test_classes_come_in_their_shares():
    labels = phantom(NAME, 120, size=48, prevalence=0.5, normal=0.3).table["label"]
    for name, share in {"tumour": 0.5, "normal": 0.3, "fluid": 0.2}.items():
        assert share_within((labels == name).sum(), 120, share)


def test_the_mask_tells_fluid_from_tumour_and_normal_has_none():
    values = {"normal": 0, "fluid": 1, "tumour": 2}
    for case in phantom(NAME, 20):
        assert case.mask.max() == values[case.attributes["label"]]


@pytest.mark.parametrize(("prevalence", "deep"), [(0.0, 1.0), (1.0, 1.7)])
def test_a_lesion_has_the_height_and_width_that_the_row_names(prevalence, deep):
    for case in phantom(NAME, 10, prevalence=prevalence, normal=0.0):
        inside = case.mask > 0
        height = inside.sum(axis=0).max() * case.spacing[0] * 1000
        assert height == pytest.approx(deep * case.attributes["lesion_height_um"], abs=16)
        radius = case.attributes["lesion_radius_mm"]
        # The area of a dome (1 - x^2)^1.5 is 3 pi / 8 of its height times its half width.
        area = inside.sum() * case.spacing[0] * case.spacing[1]
        expected = deep * case.attributes["lesion_height_um"] / 1000 * radius * 3 * np.pi / 8
        assert area == pytest.approx(expected, rel=0.1)


def test_contrast_is_decibels_below_the_outer_segments():
    near, far = (phantom(NAME, 6, contrast=c, **FLUID) for c in (4.0, 10.0))
    for bright, dark in zip(near, far, strict=True):
        inside = ndimage.binary_erosion(bright.mask > 0, iterations=4)
        inside &= (dark.image[0] > 0) & (bright.image[0] < 255)
        lost = (bright.image[0] - dark.image[0])[inside] * 45 / 255
        assert np.median(lost) == pytest.approx(6.0, abs=0.1)


@pytest.mark.parametrize("looks", [1, 4])
def test_averaging_frames_calms_the_speckle(looks):
    # The logarithm of a mean of L exponential intensities varies by trigamma(L).
    spreads = []
    for case in phantom(NAME, 12, contrast=4.0, looks=looks, **FLUID):
        inside = ndimage.binary_erosion(case.mask > 0, iterations=3)
        spreads.append(case.image[0][inside].std() * 45 / 255)
    expected = 10 / np.log(10) * np.sqrt(polygamma(1, looks))
    assert np.mean(spreads) == pytest.approx(expected, rel=0.1)


def test_layers_have_their_order_and_thickness():
    for case in phantom(NAME, 8, prevalence=0.0, normal=1.0):
        assert 230 < case.attributes["retina_um"] < 320
        columns = ndimage.uniform_filter(case.image[0], (1, 9))[:, 10:-10]
        brightest = columns.argmax(axis=0)
        vitreous, choroid = columns[:20].mean(), columns[90:100].mean()
        assert np.median(columns.max(axis=0)) > 1.8 * max(vitreous, choroid)
        # Of the layers of the retina the pigment epithelium is the brightest, and the lowest.
        top = (columns > 60).argmax(axis=0)
        below = (brightest - top) * case.spacing[0] * 1000
        assert np.median(below) == pytest.approx(case.attributes["retina_um"], abs=40)


def test_the_fovea_is_a_pit():
    for case in phantom(NAME, 6, prevalence=0.0, normal=1.0):
        smooth = ndimage.gaussian_filter(case.image[0], (1, 1.5))
        top = (smooth > 60).argmax(axis=0) * case.spacing[0] * 1000
        line = np.polyval(np.polyfit(np.arange(112), top, 2), np.arange(112))
        assert (top - line)[20:-20].max() > 40


def test_no_frame_is_refused():
    with pytest.raises(BadInputError, match="looks is 0"):
        phantom(NAME, 1, looks=0)
