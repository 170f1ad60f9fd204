import numpy as np
import pytest

from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from tests.cohort.phantoms.contract import check_phantom, mask_radius, share_within

NAME = "mammography_view"


def pairs(cohort):
    cases = list(cohort)
    return list(zip(cases[::2], cases[1::2], strict=True))


def difference(left, right):
    """Left minus mirrored right, within the breast."""
    mirrored = right.image[0][:, ::-1]
    return (left.image[0] - mirrored)[(left.image[0] > 0) & (mirrored > 0)]


def test_it_keeps_the_contract():
    check_phantom(NAME, size=64)


def test_two_views_are_of_one_patient_and_mirror_each_other():
    for left, right in pairs(phantom(NAME, 8, prevalence=0.0, asymmetry=0.0)):
        assert left.attributes["laterality"] == "left"
        assert right.attributes["laterality"] == "right"
        shared = ("patient_id", "sex", "age", "centre", "scanner", "density")
        assert all(left.attributes[name] == right.attributes[name] for name in shared)
        # What is left is the noise of two views, 0.3 mm each.
        assert difference(left, right).std() == pytest.approx(0.3 * np.sqrt(2), rel=0.05)


def test_asymmetry_tells_the_sides_apart():
    spread = [
        np.mean([difference(*pair).std() for pair in pairs(phantom(NAME, 12, asymmetry=a))])
        for a in (0.0, 0.3, 1.0)
    ]
    assert spread[0] < spread[1] < spread[2]


def test_the_chest_wall_of_the_left_breast_is_on_the_left_and_air_is_zero():
    for left, right in pairs(phantom(NAME, 6)):
        assert (left.image[0, 40:90, 0] > 10).all()
        assert (right.image[0, 40:90, -1] > 10).all()
        for case in (left, right):
            assert (case.image[0, [0, -1]] == 0).all()
            assert 0.2 < (case.image == 0).mean() < 0.8


def test_a_cancer_is_in_one_breast_of_the_share_of_patients():
    cohort = phantom(NAME, 240, size=64, prevalence=0.4)
    labels = (cohort.table["label"] == "malignant").to_numpy().reshape(-1, 2)
    assert labels.sum(axis=1).max() == 1
    assert share_within(labels.sum(), 120, 0.4)
    assert share_within(labels[:, 0].sum(), labels.sum(), 0.5)
    for case, malignant in zip(cohort, labels.ravel(), strict=True):
        assert (case.mask.max() > 0) == malignant


def test_the_mass_has_its_area_and_adds_its_volume():
    without, present = (phantom(NAME, 12, prevalence=1.0, contrast=c) for c in (0.0, 0.5))
    found = 0
    for plain, case in zip(without, present, strict=True):
        radius = case.attributes["lesion_radius_mm"]
        added = (case.image - plain.image)[0]
        if radius:
            found += 1
            assert mask_radius(case) == pytest.approx(radius, rel=0.1)
            assert added.max() == pytest.approx(2 * 0.5 * radius, rel=0.25)
        assert np.abs(added[case.mask == 0]).max(initial=0) < 1e-4
    assert found == 6


def test_an_asymmetry_beyond_one_is_refused():
    with pytest.raises(BadInputError, match=r"asymmetry is 1\.5"):
        phantom(NAME, 2, asymmetry=1.5)
