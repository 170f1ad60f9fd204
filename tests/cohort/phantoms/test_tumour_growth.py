import numpy as np
import pytest
from scipy.ndimage import binary_dilation, map_coordinates
from scipy.optimize import curve_fit

from cancergan.cohort.phantoms import phantom
from cancergan.cohort.phantoms.growth import Gompertz, after_growth, before_growth
from cancergan.core.errors import BadInputError
from tests.cohort.phantoms.contract import check_phantom, check_shapes, mask_radius, share_within

NAME = "tumour_growth"


def test_it_keeps_the_contract():
    check_phantom(NAME, size=48)
    check_shapes(NAME)


def test_visits_follow_one_another_and_share_the_patient():
    table = phantom(NAME, 12, size=48, visits=4, interval=60.0).table
    for _, visits in table.groupby("patient_id"):
        days = visits["timepoint"].to_numpy()
        assert days[0] == 0
        assert np.abs(days - 60.0 * np.arange(4)).max() <= 6.5
        assert visits[["gompertz_rate", "gompertz_decay", "sex", "age"]].nunique().max() == 1


def test_the_curve_is_gompertz_and_is_fitted_back_from_the_masks():
    options = {"visits": 10, "interval": 60.0, "irregularity": 0.0, "start_radius": (5.0, 6.0)}
    cohort = phantom(NAME, 20, size=240, seed=2, **options)
    for patient in (cohort.table.index[:10], cohort.table.index[10:]):
        cases = [cohort[int(i)] for i in patient]
        days = np.array([case.attributes["timepoint"] for case in cases])
        measured = np.array([4 / 3 * np.pi * mask_radius(case) ** 3 for case in cases])
        row = cases[0].attributes
        law = [row["gompertz_volume_mm3"], row["gompertz_rate"], row["gompertz_decay"]]
        stated = [case.attributes["volume_mm3"] for case in cases]
        assert stated == pytest.approx(Gompertz(*law).volume(days))
        fitted, _ = curve_fit(
            lambda t, v, a, b: np.log(Gompertz(v, a, b).volume(t)),
            days,
            np.log(measured),
            p0=(300.0, 0.01, 0.003),
        )
        assert fitted == pytest.approx(law, rel=0.12)


def test_a_volume_holds_the_volume_of_the_row():
    for case in phantom(NAME, 3, size=60, dimensions=3, start_radius=(9.0, 10.0)):
        volume = (case.mask > 0).sum() * np.prod(case.spacing)
        assert volume == pytest.approx(case.attributes["volume_mm3"], rel=0.06)


def test_fast_tumours_decelerate_sooner_and_come_in_their_share():
    table = phantom(NAME, 80, size=48, visits=1, prevalence=0.4).table
    fast = table["label"] == "fast"
    assert share_within(fast.sum(), 80, 0.4)
    assert table["gompertz_decay"][fast].min() > table["gompertz_decay"][~fast].max()
    assert table["gompertz_rate"][fast].mean() > 2 * table["gompertz_rate"][~fast].mean()


def test_undoing_the_displacement_brings_the_tissue_back():
    options = {"size": 161, "visits": 4, "interval": 200.0, "noise": 0.01, "irregularity": 0.0}
    first, last = (phantom(NAME, 4, seed=3, **options)[i] for i in (0, 3))
    radius = [np.cbrt(case.attributes["volume_mm3"] * 3 / (4 * np.pi)) for case in (first, last)]
    index = np.indices((161, 161)).astype(float)
    at = (index - 80.0) * first.spacing[0]
    there = after_growth(
        before_growth(at, radius=radius[0], share=0.8), radius=radius[1], share=0.8
    )
    undone = map_coordinates(last.image[0], there / first.spacing[0] + 80.0, order=1)
    around = (np.hypot(*at) > radius[0] + 2) & (np.hypot(*at) < 35)
    # Vessels are moved, but not squeezed; what is compared is the tissue between them.
    around &= ~binary_dilation((first.image[0] > 380) | (undone > 380), iterations=4)
    alike = np.corrcoef(undone[around], first.image[0][around])[0, 1]
    as_is = np.corrcoef(last.image[0][around], first.image[0][around])[0, 1]
    assert alike > 0.9
    assert alike > as_is + 0.2


def test_what_makes_no_visit_is_refused():
    with pytest.raises(BadInputError, match="visits is 0"):
        phantom(NAME, 1, visits=0)
