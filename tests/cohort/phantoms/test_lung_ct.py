import numpy as np
import pytest
from scipy import ndimage, stats

from cancergan.cohort.phantoms import phantom
from cancergan.cohort.phantoms.lung_ct import malignancy
from tests.cohort.phantoms.contract import check_phantom, check_shapes, mask_radius, share_within

NAME = "lung_ct"


def test_it_keeps_the_contract():
    check_phantom(NAME, size=64)
    check_shapes(NAME)


def test_classes_come_in_their_shares():
    labels = phantom(NAME, 40, size=48, prevalence=0.5, normal=0.2).table["label"]
    for name, share in {"malignant": 0.5, "normal": 0.2, "benign": 0.3}.items():
        assert share_within((labels == name).sum(), 40, share)


def test_a_volume_holds_nodules_of_the_radius_that_the_row_names():
    options = {"normal": 0.0, "lesion_radius": (9.0, 15.0), "dimensions": 3, "size": (72, 58, 44)}
    for case in phantom(NAME, 3, **options):
        assert mask_radius(case) == pytest.approx(case.attributes["lesion_radius_mm"], rel=0.06)


def test_hounsfield_units_are_those_of_the_tissues():
    for case in phantom(NAME, 4, size=160, prevalence=0.0, normal=1.0, noise=5.0):
        image = case.image[0]
        assert (image.min(), image.max()) >= (-1024, 300)
        assert np.median(image[:8]) == pytest.approx(-1000, abs=3)
        lung = image[(image > -930) & (image < -700)]
        assert np.median(lung) == pytest.approx(-850, abs=50)
        assert (image > 300).mean() > 0.01
        middle = image[:, 80]
        assert (np.abs(middle + 100) < 25).any()


def test_solid_nodules_are_soft_tissue_and_ground_glass_is_haze():
    levels = {"solid": [], "ground_glass": []}
    options = {"normal": 0.0, "prevalence": 0.0, "noise": 1.0, "lesion_radius": (9.0, 12.0)}
    for case in phantom(NAME, 30, size=112, **options):
        inside = ndimage.binary_erosion(case.mask > 0)
        if case.attributes["kind"] in levels and inside.any():
            levels[case.attributes["kind"]].append(np.median(case.image[0][inside]))
    assert np.median(levels["solid"]) == pytest.approx(35, abs=15)
    assert np.median(levels["ground_glass"]) == pytest.approx(-620, abs=40)


def test_the_grade_rises_with_size_and_spiculation_and_with_the_class():
    assert [malignancy(d, 0.4) for d in (4, 13, 30)] == [1, 3, 5]
    assert malignancy(13, 0.0) < malignancy(13, 0.4) < malignancy(13, 1.0)
    table = phantom(NAME, 40, size=48, normal=0.0).table
    for row in table.itertuples():
        assert row.grade == malignancy(2 * row.lesion_radius_mm, row.spiculation)
    malignant = table["label"] == "malignant"
    test = stats.mannwhitneyu(table["grade"][malignant], table["grade"][~malignant])
    assert test.pvalue < 1e-4


def test_noise_is_as_asked():
    quiet, loud = (
        phantom(NAME, 2, size=64, prevalence=0.0, normal=1.0, noise=n) for n in (10.0, 40.0)
    )
    for one, two in zip(quiet, loud, strict=True):
        added = two.image[0] - one.image[0]
        soft = (one.image[0] > -800) & (one.image[0] < 400)
        assert added[soft].std() == pytest.approx(30.0, rel=0.1)
