import numpy as np
import pytest

from cancergan.assessment.protocols.halves import neighbour_shares
from cancergan.cohort import Cohort
from tests.assessment.cohorts import changed, context, textures


@pytest.fixture(scope="module")
def shares():
    """Shares of 40 real cases, two to a patient, each of which has three synthetic counterparts."""
    real = textures(40, seed=2)
    real = real.with_column("patient_id", [f"P{i // 2:02d}" for i in range(len(real))])
    made = [changed(real, lambda images: images, name) for name in "abc"]
    judged = context(real, Cohort.concatenate(made), textures(48, seed=1))
    return neighbour_shares(judged, judged.random_convolution)


def least(patients):
    """Return Clopper and Pearson's lower end where every one of n patients is a hit."""
    return 0.025 ** (1 / patients)


@pytest.mark.parametrize("name", ["coverage", "recall"])
def test_real_cases_covered_to_the_last_are_as_sure_as_their_patients(shares, name):
    assert shares[name].value == 1.0
    assert shares[name].interval == pytest.approx((least(20), 1.0))


def test_precision_counts_the_synthetic_cases_and_keeps_its_own_wider_spread(shares):
    low, high = shares["precision"].interval
    assert least(20) < low < least(120)
    assert high == shares["precision"].value == 1.0


def test_density_is_no_share(shares):
    low, high = shares["density"].interval
    assert low < shares["density"].value < high
    assert np.isfinite(high)
