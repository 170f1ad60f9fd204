import numpy as np
import pytest
from scipy import ndimage, stats

from cancergan.cohort.phantoms import phantom
from tests.cohort.phantoms.contract import check_phantom, mask_radius, share_within

NAME = "breast_ultrasound"


def interior(case, margin):
    return ndimage.binary_erosion(case.mask > 0, iterations=margin)


def test_it_keeps_the_contract():
    check_phantom(NAME, size=64)


def test_classes_come_in_their_shares():
    labels = phantom(NAME, 100, size=48, prevalence=0.5, normal=0.3).table["label"]
    for name, share in {"malignant": 0.5, "normal": 0.3, "benign": 0.2}.items():
        assert share_within((labels == name).sum(), 100, share)


def test_the_mask_has_the_area_of_the_radius_that_the_row_names():
    for case in phantom(NAME, 12, normal=0.0):
        assert mask_radius(case) == pytest.approx(case.attributes["lesion_radius_mm"], rel=0.06)


def test_the_envelope_within_a_lesion_follows_rayleigh():
    cohort = phantom(NAME, 16, prevalence=0.0, normal=0.0, attenuation=0.0, log_compression=False)
    apart = []
    for case in cohort:
        envelope = case.image[0][interior(case, 5)]
        grid = np.zeros(case.mask.shape, bool)
        grid[::4, ::6] = True
        apart.append(case.image[0][interior(case, 5) & grid] / np.sqrt((envelope**2).mean()))
    pooled = np.concatenate(apart)
    assert len(pooled) > 200
    assert stats.kstest(pooled, stats.rayleigh(scale=1 / np.sqrt(2)).cdf).pvalue > 0.01


def test_contrast_is_decibels_below_gland():
    options = {"prevalence": 0.0, "normal": 0.0, "log_compression": False}
    near, far = (phantom(NAME, 6, contrast=c, **options) for c in (5.0, 15.0))
    for bright, dark in zip(near, far, strict=True):
        ratio = bright.image[0][interior(bright, 5)] / dark.image[0][interior(dark, 5)]
        assert 20 * np.log10(ratio) == pytest.approx(np.full(ratio.shape, 10.0), abs=0.1)


def test_grey_levels_are_the_logarithm_of_the_envelope():
    grey, envelope = (phantom(NAME, 2, log_compression=c) for c in (True, False))
    for shown, measured in zip(grey, envelope, strict=True):
        level = np.clip(255 * (1 + 20 * np.log10(measured.image) / 60), 0, 255)
        assert shown.image == pytest.approx(level, abs=0.01)


def test_a_benign_lesion_brightens_what_lies_behind_and_a_malignant_one_shadows_it():
    behind = {"benign": [], "malignant": []}
    for case in phantom(NAME, 40, normal=0.0, attenuation=0.0):
        rows, columns = np.nonzero(case.mask)
        middle, below = round(columns.mean()), rows.max() + 4
        strip = case.image[0, below : below + 8]
        far = np.abs(np.arange(strip.shape[1]) - middle) > 0.8 * np.ptp(columns)
        if below + 8 < len(case.mask) and far.any():
            at = strip[:, middle - 3 : middle + 4].mean()
            behind[case.attributes["label"]].append(at - strip[:, far].mean())
    assert np.mean(behind["benign"]) > 10
    assert np.mean(behind["malignant"]) < -25


def test_benign_lesions_are_wider_than_tall_and_malignant_ones_less_so():
    wide = {"benign": [], "malignant": []}
    for case in phantom(NAME, 40, normal=0.0):
        rows, columns = np.nonzero(case.mask)
        wide[case.attributes["label"]].append(columns.std() / rows.std())
    assert np.mean(wide["benign"]) == pytest.approx(1.5, abs=0.15)
    assert np.mean(wide["malignant"]) == pytest.approx(0.9, abs=0.15)


def test_attenuation_darkens_with_depth():
    options = {"prevalence": 0.0, "normal": 1.0, "log_compression": False}
    none, some = (phantom(NAME, 2, attenuation=a, **options) for a in (0.0, 0.5))
    for plain, dimmed in zip(none, some, strict=True):
        lost = np.median(20 * np.log10(plain.image[0] / dimmed.image[0]), axis=1)
        assert np.polyfit(np.arange(112) * 36 / 112, lost, 1)[0] == pytest.approx(0.5, rel=0.02)
