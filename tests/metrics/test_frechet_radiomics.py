import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.metrics.frechet import frechet_distance
from cancergan.metrics.frechet_radiomics import TOP, frechet_radiomics_distance

RANDOM = np.random.default_rng(0)
REAL = RANDOM.normal(size=(200, 4)) * [1, 10, 100, 0.1] + [0, 5, -3, 2]
SYNTHETIC = RANDOM.normal(size=(150, 4)) * [1, 12, 90, 0.1] + [0.3, 5, 10, 2]


def distance(variant, real=REAL, synthetic=SYNTHETIC):
    return frechet_radiomics_distance(real, synthetic, variant=variant).value


def test_the_program_takes_the_logarithm_of_the_square_and_the_paper_half_of_it():
    scaled = [(side - REAL.mean(0)) / REAL.std(0) for side in (REAL, SYNTHETIC)]
    squared = frechet_distance(*scaled)
    assert distance("v1") == pytest.approx(np.log(squared), rel=1e-10)
    assert distance("v1_paper") == pytest.approx(0.5 * distance("v1"), rel=1e-10)


def test_version_0_stretches_each_side_or_both_together():
    each = [(side - side.min(0)) / np.ptp(side, axis=0) * TOP for side in (REAL, SYNTHETIC)]
    assert distance("v0") == pytest.approx(frechet_distance(*each))
    both = np.concatenate([REAL, SYNTHETIC])
    joint = [(side - both.min(0)) / np.ptp(both, axis=0) * TOP for side in (REAL, SYNTHETIC)]
    assert distance("v0_joint") == pytest.approx(frechet_distance(*joint))


def test_only_version_0_is_blind_to_a_shift_and_a_scale():
    moved = 3 * REAL + 50
    assert distance("v0", REAL, moved) == pytest.approx(0, abs=1e-9)
    assert distance("v0_joint", REAL, moved) > 1
    assert distance("v1", REAL, moved) > np.log(4)


def test_equal_cohorts_have_the_least_value():
    assert distance("v0", REAL, REAL) == pytest.approx(0, abs=1e-9)
    assert distance("v0_joint", REAL, REAL) == pytest.approx(0, abs=1e-9)
    assert distance("v1", REAL, REAL) < -20


def test_units_do_not_matter():
    unit = np.array([1000, 0.01, 3, 7])
    for variant in ("v0", "v0_joint", "v1", "v1_paper"):
        assert distance(variant, REAL * unit, SYNTHETIC * unit) == pytest.approx(distance(variant))


def test_features_that_cannot_be_compared_are_dropped_with_the_reason():
    real, synthetic = (np.column_stack([side, side]) for side in (REAL, SYNTHETIC))
    real[:, 1], synthetic[:, 2] = 7, 7
    real[3, 4], synthetic[:2, 4], synthetic[0, 5] = np.nan, np.inf, np.nan
    names = list("abcdefgh")
    found = frechet_radiomics_distance(real, synthetic, names=names)
    undefined = {
        "e": "undefined in 1 of 200 real cases and 2 of 150 synthetic cases",
        "f": "undefined in 1 of 150 synthetic cases",
    }
    constant = {"b": "constant in the real cases"}
    assert found.dropped == undefined | constant
    assert found.used == ("a", "c", "d", "g", "h")
    version0 = frechet_radiomics_distance(real, synthetic, names=names, variant="v0")
    assert version0.dropped["c"] == "constant in the synthetic cases"
    assert np.isfinite(version0.value)


@pytest.mark.parametrize(
    ("real", "synthetic", "message"),
    [
        (REAL[:1], SYNTHETIC, r"real features of shape \(1, 4\): .* 2 cases or more"),
        (REAL, SYNTHETIC[:, :3], "have 4 features, synthetic ones 3"),
        (REAL * np.nan, SYNTHETIC, "no radiomic feature is defined in all cases"),
    ],
)
def test_unusable_features_are_refused(real, synthetic, message):
    with pytest.raises(BadInputError, match=message):
        frechet_radiomics_distance(real, synthetic)


def test_an_unknown_variant_and_a_missing_name_are_refused():
    with pytest.raises(BadInputError, match='unknown variant of the distance "v2"'):
        distance("v2")
    with pytest.raises(BadInputError, match="1 names for 4 features"):
        frechet_radiomics_distance(REAL, SYNTHETIC, names=["a"])
