import numpy as np
import pytest
from scipy import ndimage

from cancergan.cohort.phantoms import phantom
from cancergan.cohort.phantoms.abdomen_petct import counted, recovery
from cancergan.cohort.phantoms.space import volume
from cancergan.core.errors import BadInputError
from tests.cohort.phantoms.contract import check_phantom, check_shapes, mask_radius, share_within

NAME = "abdomen_petct"
GRID = volume((48, 48, 48), (96.0, 96.0, 96.0))


def test_it_keeps_the_contract():
    check_phantom(NAME, size=48)
    check_shapes(NAME)


def test_classes_come_in_their_shares():
    labels = phantom(NAME, 40, size=24, dimensions=3, prevalence=0.5, normal=0.2).table["label"]
    for name, share in {"malignant": 0.5, "normal": 0.2, "benign": 0.3}.items():
        assert share_within((labels == name).sum(), 40, share)


@pytest.mark.parametrize("radius", [6.0, 10.0, 18.0])
def test_the_middle_of_a_ball_recovers_what_theory_says(radius):
    ball = (np.sqrt((GRID.positions**2).sum(axis=0)) < radius).astype(float)
    seen = counted(ball, GRID, np.random.default_rng(0), resolution=10.0, counts=None)
    assert seen[23:25, 23:25, 23:25].mean() == pytest.approx(recovery(radius, 10.0), abs=0.04)


def test_recovery_is_1_for_large_and_0_for_small_lesions():
    assert recovery(40.0, 6.0) == pytest.approx(1.0)
    assert recovery(0.5, 6.0) < 0.01


def test_counts_follow_poisson():
    flat = np.full(GRID.shape, 2.0)
    millilitre = 0.008
    seen = counted(flat, GRID, np.random.default_rng(0), resolution=1e-6, counts=500.0)
    assert seen.mean() == pytest.approx(2.0, rel=0.01)
    assert seen.var() == pytest.approx(2.0 / (500.0 * millilitre), rel=0.03)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_round_metastasis_loses_uptake_as_partial_volume_says(dimensions):
    size = (96, 80, 60) if dimensions == 3 else 112
    options = {"lesion_radius": (7.0, 9.0), "irregularity": 0.0, "resolution": 8.0, "counts": None}
    cohort = phantom(
        NAME, 2, size=size, dimensions=dimensions, prevalence=1.0, normal=0.0, **options
    )
    for case in cohort:
        row, liver = case.attributes, 2.2
        share = recovery(row["lesion_radius_mm"], 8.0)
        expected = liver + share * (row["suv"] - liver)
        assert row["suv_max"] == pytest.approx(expected, rel=0.12)
        assert row["suv_max"] < 0.97 * row["suv"]
        assert case.image[1][case.mask == 1].max() == pytest.approx(row["suv_max"], rel=2e-3)


def test_the_mask_is_the_lesion():
    options = {"prevalence": 0.5, "normal": 0.0, "lesion_radius": (12.0, 16.0), "noise": 1.0}
    for case in phantom(NAME, 3, size=(72, 60, 40), dimensions=3, **options):
        assert mask_radius(case) == pytest.approx(case.attributes["lesion_radius_mm"], rel=0.06)
        inside = ndimage.binary_erosion(case.mask > 0, iterations=1)
        expected = {"benign": 8.0, "malignant": 68.0}[case.attributes["label"]]
        assert np.median(case.image[0][inside]) == pytest.approx(expected, abs=12)


def test_a_resolution_of_nothing_is_refused():
    with pytest.raises(BadInputError, match="resolution is 0"):
        phantom(NAME, 1, resolution=0)
