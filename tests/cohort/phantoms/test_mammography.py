import numpy as np
import pytest

from cancergan.cohort.phantoms import phantom
from cancergan.cohort.phantoms.fields import radial_frequency
from cancergan.core.errors import BadInputError
from tests.cohort.phantoms.contract import check_phantom, mask_radius, share_within


def test_it_keeps_the_contract():
    check_phantom("mammography", size=64)


def test_classes_come_in_their_shares():
    labels = phantom("mammography", 120, size=48, prevalence=0.6, normal=0.1).table["label"]
    for name, share in {"malignant": 0.6, "normal": 0.1, "benign": 0.3}.items():
        assert share_within((labels == name).sum(), 120, share)


def test_the_mask_has_the_area_of_the_radius_that_the_row_names():
    for case in phantom("mammography", 12, normal=0.0, calcifications=0.0):
        assert mask_radius(case) == pytest.approx(case.attributes["lesion_radius_mm"], rel=0.06)


def test_a_normal_case_has_no_lesion():
    for case in phantom("mammography", 3, prevalence=0.0, normal=1.0):
        assert case.mask.max() == 0
        assert case.attributes["lesion_radius_mm"] == 0


def test_contrast_is_what_a_mass_adds():
    options = {"normal": 0.0, "prevalence": 0.0, "calcifications": 0.0}
    without, present = (phantom("mammography", 8, contrast=c, **options) for c in (0.0, 0.4))
    for plain, case in zip(without, present, strict=True):
        added = (case.image - plain.image)[0]
        radius = case.attributes["lesion_radius_mm"]
        volume = added.sum() * case.spacing[0] ** 2
        assert volume == pytest.approx(0.4 * 4 / 3 * np.pi * radius**3, rel=0.12)
        assert np.abs(added[case.mask == 0]).max() < 1e-4


def test_calcifications_are_bright_within_their_mask():
    cohort = phantom("mammography", 6, prevalence=1.0, normal=0.0, calcifications=0.5, contrast=0.0)
    bare = phantom("mammography", 6, prevalence=1.0, normal=0.0, calcifications=0.0, contrast=0.0)
    for case, plain in zip(cohort, bare, strict=True):
        assert case.attributes["calcifications"] >= 12
        added = (case.image - plain.image)[0]
        assert added[case.mask == 2].min() > 0.49
        assert added[case.mask != 2].max() < 0.51


def test_tissue_falls_as_the_third_power_of_frequency():
    cohort = phantom("mammography", 40, prevalence=0.0, normal=1.0, noise=0.0)
    frequency = radial_frequency((96, 96), 0.3)
    power = np.mean(
        [np.abs(np.fft.rfft2(_standard(case.image[0]))) ** 2 for case in cohort], axis=0
    )
    band = (frequency > 0.1) & (frequency < 0.7)
    slope = np.polyfit(np.log(frequency[band]), np.log(power[band]), 1)[0]
    assert slope == pytest.approx(-3.0, abs=0.35)


def test_density_grades_hold_their_share_of_glandular_tissue():
    cohort = phantom("mammography", 120, size=48, prevalence=0.0, normal=1.0)
    grades = cohort.table["density"]
    means = np.array([case.image.mean() for case in cohort])
    glandular = (means / 55 - 0.57) / 0.43
    for grade, share in {"a": 0.05, "b": 0.12, "c": 0.22, "d": 0.38}.items():
        assert glandular[grades == grade].mean() == pytest.approx(share, rel=0.2)


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ({"size": 10}, "size is 10"),
        ({"lesion_radius": (1, 50)}, "lesion_radius"),
        ({"prevalence": 0.8, "normal": 0.5}, "more than 1"),
        ({"colour": 1}, "option of phantom mammography"),
    ],
)
def test_bad_options_are_refused(option, says):
    with pytest.raises(BadInputError, match=says):
        phantom("mammography", 1, **option)


def _standard(image):
    return (image - image.mean()) / image.std()
