import numpy as np
import pytest
from scipy import ndimage

from cancergan.cohort import Cohort
from cancergan.cohort.phantoms import phantom
from tests.cohort.phantoms.contract import check_phantom, check_shapes, mask_radius, share_within

NAME = "brain_mri"
T1, FLAIR, CONTRAST = range(3)


def test_it_keeps_the_contract():
    check_phantom(NAME, size=64)
    check_shapes(NAME)


def test_classes_and_grades_come_in_their_shares():
    table = phantom(NAME, 80, size=48, prevalence=0.5, normal=0.2).table
    for name, share in {"high_grade": 0.5, "normal": 0.2, "low_grade": 0.3}.items():
        assert share_within((table["label"] == name).sum(), 80, share)
    grades = table.groupby("label")["grade"].unique()
    assert grades["normal"].tolist() == [0]
    assert grades["low_grade"].tolist() == [2]
    assert set(grades["high_grade"]) == {3, 4}


def test_the_tumour_without_oedema_has_the_volume_of_the_radius_that_the_row_names():
    options = {"normal": 0.0, "lesion_radius": (12.0, 18.0), "dimensions": 3, "size": 56}
    for case in phantom(NAME, 4, **options):
        tumour = np.isin(case.mask, (1, 3))
        volume = tumour.sum() * np.prod(case.spacing)
        radius = np.cbrt(volume * 3 / (4 * np.pi))
        assert radius == pytest.approx(case.attributes["lesion_radius_mm"], rel=0.08)


def test_oedema_is_bright_on_flair_and_the_rim_takes_up_contrast():
    seen = 0
    for case in phantom(NAME, 8, size=128, normal=0.0, prevalence=1.0, noise=1.0):
        rim = ndimage.binary_erosion(case.mask == 3)
        oedema = ndimage.binary_erosion(case.mask == 2, iterations=2)
        if case.attributes["grade"] != 4 or rim.sum() < 5 or oedema.sum() < 5:
            continue
        seen += 1
        ratio = case.image[CONTRAST] / np.maximum(case.image[T1], 1)
        assert np.median(ratio[rim]) > 1.6
        assert np.median(ratio[oedema]) == pytest.approx(1.0, abs=0.05)
        plain = ndimage.binary_dilation(case.mask > 0, iterations=12) & (case.mask == 0)
        assert np.median(case.image[FLAIR][oedema]) > 1.2 * np.median(case.image[FLAIR][plain])
    assert seen >= 2


def test_low_grade_gliomas_do_not_enhance_and_enhancement_scales():
    low = phantom(NAME, 4, size=64, normal=0.0, prevalence=0.0)
    assert all((case.mask != 3).all() for case in low)
    options = {"size": 64, "normal": 0.0, "prevalence": 1.0, "noise": 0.5}
    none, full = (phantom(NAME, 4, enhancement=e, **options) for e in (0.0, 1.0))
    for plain, bright in zip(none, full, strict=True):
        assert plain.image[CONTRAST] == pytest.approx(plain.image[T1], abs=6)
        assert bright.image[CONTRAST].max() > bright.image[T1].max() - 1


def test_mass_effect_moves_the_brain_but_not_the_skull():
    options = {"size": 96, "normal": 0.0, "prevalence": 0.0, "lesion_radius": (18.0, 20.0)}
    still, moved = (phantom(NAME, 3, mass_effect=m, noise=0.1, **options) for m in (0.0, 0.9))
    for one, two in zip(still, moved, strict=True):
        changed = np.abs(one.image[T1] - two.image[T1]) > 15
        bright = one.image[T1] > 0.8 * one.image[T1].max()
        assert changed[one.mask == 0].mean() > 0.01
        assert changed[bright & (one.mask == 0)].mean() < 0.01


def test_it_survives_a_file(tmp_path):
    cohort = phantom(NAME, 2, size=32, dimensions=3, seed=5)
    cohort.save(tmp_path / "heads", format="nifti")
    again = Cohort.open(tmp_path / "heads")
    assert again[1].affine == pytest.approx(cohort[1].affine, abs=1e-4)
    assert mask_radius(again[1]) == pytest.approx(mask_radius(cohort[1]), rel=1e-5)
