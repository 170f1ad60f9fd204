import numpy as np
import pytest
from scipy import ndimage

from cancergan.cohort.phantoms import phantom
from tests.cohort.phantoms.contract import check_phantom, mask_radius, share_within

NAME = "endoscopy"


def redness(case, where):
    """Median of red over green where neither clips: what light and shade leave alone."""
    kept = where & (case.image.max(axis=0) < 250) & (case.image.min(axis=0) > 20)
    return float(np.median(case.image[0][kept] / case.image[1][kept]))


def test_it_keeps_the_contract():
    check_phantom(NAME, size=64)


def test_classes_come_in_their_shares():
    labels = phantom(NAME, 100, size=48, prevalence=0.5, normal=0.2).table["label"]
    for name, share in {"adenoma": 0.5, "normal": 0.2, "hyperplastic": 0.3}.items():
        assert share_within((labels == name).sum(), 100, share)


def test_the_mask_has_the_area_of_the_radius_that_the_row_names():
    for case in phantom(NAME, 16, normal=0.0):
        assert mask_radius(case) == pytest.approx(case.attributes["lesion_radius_mm"], rel=0.08)


def test_adenomas_are_higher_than_hyperplastic_polyps():
    table = phantom(NAME, 40, size=48, normal=0.0).table
    ratio = table["lesion_height_mm"] / table["lesion_radius_mm"]
    assert ratio[table["label"] == "adenoma"].between(0.6, 0.9).all()
    assert ratio[table["label"] == "hyperplastic"].between(0.3, 0.45).all()


@pytest.mark.parametrize(("label", "sign"), [("adenoma", 1), ("hyperplastic", -1)])
def test_contrast_is_the_colour_that_tells_a_polyp_from_the_wall(label, sign):
    options = {"prevalence": float(label == "adenoma"), "normal": 0.0}
    gains = []
    for plain, case in zip(
        phantom(NAME, 6, contrast=0.0, **options), phantom(NAME, 6, **options), strict=True
    ):
        inside = ndimage.binary_erosion(case.mask > 0, iterations=3)
        gains.append(np.log(redness(case, inside) / redness(plain, inside)))
        assert plain.image[:, case.mask == 0] == pytest.approx(case.image[:, case.mask == 0])
    # Blood absorbs 0.85 of green and 0.10 of red: 0.75 of what is added shows in the ratio.
    expected = 0.75 * (0.2 if label == "adenoma" else -0.18)
    assert np.sign(gains).tolist() == [sign] * 6
    assert np.mean(gains) == pytest.approx(expected, rel=0.35)


def test_the_corners_are_dark_and_wet_mucosa_shines():
    for case in phantom(NAME, 6):
        corners = case.image[:, [0, 0, -1, -1], [0, -1, 0, -1]]
        assert corners.max() < 12
        assert case.image.min(axis=0).max() > 200


def test_the_lumen_is_darker_than_the_wall():
    for case in phantom(NAME, 6, prevalence=0.0, normal=1.0):
        dark = ndimage.gaussian_filter(case.image.mean(axis=0), 4)[20:-20, 20:-20].min()
        assert dark < 0.4 * np.median(case.image.mean(axis=0))
