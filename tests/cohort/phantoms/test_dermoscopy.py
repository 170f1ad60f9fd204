import numpy as np
import pytest

from cancergan.cohort.phantoms import phantom
from tests.cohort.phantoms.contract import check_phantom, mask_radius, share_within

NAME = "dermoscopy"


def asymmetry(mask):
    """Share of the lesion that its mirror images about its own main axes do not cover."""
    points = np.argwhere(mask) - np.argwhere(mask).mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(points.T))
    turned = {tuple(p) for p in np.rint(points @ axes).astype(int)}
    missed = [
        np.mean([(a * p, b * q) not in turned for p, q in turned]) for a, b in ((1, -1), (-1, 1))
    ]
    return float(np.mean(missed))


def test_it_keeps_the_contract():
    check_phantom(NAME, size=64)


def test_prevalence_is_honoured():
    labels = phantom(NAME, 100, size=48, prevalence=0.25, hair=0.0).table["label"]
    assert share_within((labels == "melanoma").sum(), 100, 0.25)
    assert set(labels) == {"melanoma", "benign"}


def test_the_mask_has_the_area_of_the_radius_that_the_row_names():
    for case in phantom(NAME, 12, prevalence=0.0):
        assert mask_radius(case) == pytest.approx(case.attributes["lesion_radius_mm"], rel=0.05)


def test_melanomas_are_larger_less_symmetric_and_of_more_colours():
    benign, melanoma = (phantom(NAME, 12, size=144, prevalence=p, hair=0.0) for p in (0.0, 1.0))

    def colours(case):
        return case.image[:, case.mask > 0].std(axis=1).mean()

    mean = {
        what: [np.mean([measure(case) for case in cohort]) for cohort in (benign, melanoma)]
        for what, measure in {
            "radius": mask_radius,
            "asymmetry": lambda case: asymmetry(case.mask),
            "colours": colours,
        }.items()
    }
    assert mean["radius"][1] == pytest.approx(1.4 * 2.5, rel=0.12)
    assert mean["radius"][0] == pytest.approx(2.5, rel=0.12)
    assert mean["asymmetry"][1] > 1.5 * mean["asymmetry"][0]
    assert mean["colours"][1] > 1.5 * mean["colours"][0]


def test_pigment_absorbs_as_beer_and_lambert_say():
    options = {"prevalence": 0.0, "hair": 0.0}
    bare, single, double = (phantom(NAME, 6, contrast=c, **options) for c in (0.0, 0.5, 1.0))
    for plain, half, full in zip(bare, single, double, strict=True):
        inside = (full.mask > 0) & (full.image.min(axis=0) > 25)
        density = [
            np.log(plain.image[:, inside] / case.image[:, inside]).mean(axis=1)
            for case in (half, full)
        ]
        assert density[1] == pytest.approx(2 * density[0], rel=0.1)
        # Melanin 0.55, 1.0, 1.4 and a little blood, which red hardly sees.
        assert density[1][0] / density[1][2] == pytest.approx(0.55 / 1.4, abs=0.05)
        assert density[1][1] / density[1][2] == pytest.approx(1.0 / 1.4, abs=0.05)


def test_skin_darkens_with_phototype():
    cohort = phantom(NAME, 80, size=48, hair=0.0)
    brightness = np.array([case.image[:, :5].mean() for case in cohort])
    types = cohort.table["phototype"]
    means = [brightness[types == name].mean() for name in sorted(set(types))]
    assert len(means) >= 5
    assert np.all(np.diff(means) < 0)


def test_hair_is_counted_and_dark():
    bald, hairy = (phantom(NAME, 8, prevalence=0.0, hair=h) for h in (0.0, 1.0))
    assert (bald.table["hairs"] == 0).all()
    assert hairy.table["hairs"].between(3, 15).all()
    for plain, case in zip(bald, hairy, strict=True):
        ratio = (case.image[0] + 1) / (plain.image[0] + 1)
        covered = (ratio < 0.8 * np.median(ratio)).mean()
        assert 0.003 < covered < 0.3
