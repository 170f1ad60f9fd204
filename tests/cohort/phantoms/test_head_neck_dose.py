import numpy as np
import pytest

from cancergan.cohort.phantoms import phantom
from cancergan.cohort.phantoms.head_neck_dose import goals_of
from cancergan.cohort.phantoms.neck import STRUCTURES
from cancergan.core.errors import BadInputError
from tests.cohort.phantoms.contract import check_phantom, check_shapes, share_within

NAME = "head_neck_dose"


def inside(case, name):
    return case.arrays["structures"][STRUCTURES.index(name)] > 0


def dose_at(case, name, percent):
    return np.percentile(case.arrays["dose"][0][inside(case, name)], 100 - percent)


@pytest.fixture(scope="module")
def plan():
    return phantom(NAME, 1, size=(52, 52, 42), dimensions=3, seed=1)[0]


def test_it_keeps_the_contract():
    check_phantom(NAME, size=48)
    check_shapes(NAME)


def test_sites_come_in_their_shares():
    labels = phantom(NAME, 60, size=48, beams=3).table["label"]
    for name, share in {"oropharynx": 0.5, "larynx": 0.2, "nasopharynx": 0.1}.items():
        assert share_within((labels == name).sum(), 60, share)


def test_the_highest_target_gets_the_prescription(plan):
    assert dose_at(plan, "PTV70", 95) == pytest.approx(70.0, rel=1e-4)
    assert plan.attributes["ptv70_d95_gy"] == pytest.approx(70.0)
    assert dose_at(plan, "PTV70", 1) < 1.12 * 70
    half = phantom(NAME, 1, size=48, prescription=35.0)[0]
    assert dose_at(half, "PTV70", 95) == pytest.approx(35.0, rel=1e-4)


def test_lower_targets_get_less_and_most_of_their_dose(plan):
    medians = [dose_at(plan, name, 50) for name in ("PTV56", "PTV63", "PTV70")]
    assert medians == pytest.approx([57, 65, 72], rel=0.06)
    assert dose_at(plan, "PTV63", 95) > 0.88 * 63
    assert dose_at(plan, "PTV56", 95) > 0.8 * 56


def test_organs_are_spared(plan):
    dose = plan.arrays["dose"][0]
    assert dose[inside(plan, "SpinalCord")].max() < 45
    assert dose[inside(plan, "Brainstem")].max() < 54
    near = "RightParotid" if plan.attributes["side"] == "left" else "LeftParotid"
    assert dose[inside(plan, near)].mean() < 35
    assert plan.attributes["cord_max_gy"] == pytest.approx(dose[inside(plan, "SpinalCord")].max())


def test_dose_is_in_the_body_alone_and_falls_off(plan):
    from scipy.ndimage import distance_transform_edt

    dose, target = plan.arrays["dose"][0], plan.mask > 0
    assert dose[plan.image[0] < -950].max() <= dose.max()
    away = distance_transform_edt(~target, sampling=plan.spacing)
    seen = dose > 0
    rings = [dose[seen & (away > r) & (away <= r + 10)].mean() for r in (0, 10, 20, 40)]
    assert np.all(np.diff(rings) < -2)
    corner = dose[:4, :4]
    assert corner.max() == 0


def test_mask_and_structures_say_the_same(plan):
    for value, name in enumerate(STRUCTURES[-3:], start=1):
        assert np.array_equal(plan.mask == value, inside(plan, name))


def test_what_is_no_plan_is_refused():
    with pytest.raises(BadInputError, match="beams 2"):
        phantom(NAME, 1, beams=2)


def test_in_magnetic_resonance_air_and_bone_are_dark_alike_and_fat_is_bright():
    case = phantom(NAME, 1, size=128, beams=3, mr=True)[0]
    plain = phantom(NAME, 1, size=128, beams=3)[0]
    assert np.array_equal(case.image, plain.image)
    assert "source" not in plain.arrays
    hounsfield, signal = case.image[0], case.arrays["source"][0]
    air, fat = signal[hounsfield < -900].mean(), signal[np.abs(hounsfield + 100) < 30].mean()
    muscle, bone = signal[np.abs(hounsfield - 55) < 15].mean(), signal[hounsfield > 450].mean()
    assert fat > 1.3 * muscle
    assert bone < 0.75 * muscle
    assert air < 0.3 * muscle


def test_structures_without_a_dose_in_their_name_are_no_goals():
    with pytest.raises(BadInputError, match="no target among Cord"):
        goals_of({"Cord": np.ones((4, 4), bool)}, np.ones((4, 4), bool))
