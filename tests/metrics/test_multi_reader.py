import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.metrics import auc
from cancergan.metrics.multi_reader import (
    delong,
    jackknife_covariance,
    logit_interval,
    modality_difference,
    reader_average,
)
from tests.metrics.van_dyke import van_dyke


@pytest.fixture(scope="module")
def worked():
    truth, ratings = van_dyke()

    def areas(cases):
        return np.array([[auc(truth[cases], row[cases]) for row in rows] for rows in ratings])

    return areas(np.arange(114)), jackknife_covariance(areas, 114)


def test_difference_of_modalities_equals_the_published_example(worked):
    found = modality_difference(*worked)
    expected = {
        "MS(T)": 0.004796171, "MS(T:R)": 0.0005510306, "Cov1": 0.0003466137,
        "Cov2": 0.0003440748, "Cov3": 0.0002390284, "Var": 0.0008022883, "F": 4.456319,
    }  # fmt: skip
    for name, value in expected.items():
        assert found.variances[name] == pytest.approx(value, rel=1e-6), name
    assert found.value == pytest.approx(0.04380032, abs=1e-8)
    assert found.standard_error == pytest.approx(0.02074862, abs=1e-8)
    assert found.degrees_of_freedom == pytest.approx(15.25967, abs=1e-5)
    assert found.p_value(0.0) == pytest.approx(0.05166569, abs=1e-8)
    assert found.interval() == pytest.approx((-0.0003588544, 0.0879594986), abs=1e-8)


@pytest.mark.parametrize(
    ("modality", "value", "error", "degrees", "ends"),
    [
        (0, 0.8970370, 0.03317360, 12.74465, (0.8252236, 0.9688505)),
        (1, 0.9408374, 0.02156637, 12.71019, (0.8941378, 0.9875369)),
    ],
)
def test_average_of_one_modality_equals_the_published_example(
    worked, modality, value, error, degrees, ends
):
    areas, covariance = worked
    found = reader_average(areas[modality], covariance[modality, :, modality])
    assert found.value == pytest.approx(value, abs=1e-7)
    assert found.standard_error == pytest.approx(error, abs=1e-8)
    assert found.degrees_of_freedom == pytest.approx(degrees, abs=1e-5)
    assert found.interval() == pytest.approx(ends, abs=1e-7)


def test_delong_areas_are_mann_whitney_and_its_variance_is_that_of_a_worked_case():
    truth = np.array([1, 1, 0, 0], dtype=bool)
    areas, covariance = delong(truth, [[3.0, 2.0, 2.0, 1.0]])
    # Wins: 3 beats both; 2 ties one and beats the other. V10 = (1, 0.75), V01 = (0.75, 1).
    assert areas == pytest.approx([0.875])
    assert covariance[0, 0] == pytest.approx(0.03125 / 2 + 0.03125 / 2)


def test_delong_and_jackknife_agree_on_many_cases(worked):
    truth, ratings = van_dyke()
    areas, covariance = delong(truth, ratings[0])
    assert areas == pytest.approx(worked[0][0])
    assert covariance == pytest.approx(worked[1][0, :, 0], rel=0.06)


def test_readers_that_agree_have_infinite_degrees_and_no_variance_between_them():
    found = reader_average([0.7, 0.7], np.full((2, 2), 0.01))
    assert np.isinf(found.degrees_of_freedom)
    assert found.standard_error == pytest.approx(0.1)
    assert found.interval() == pytest.approx((0.7 - 0.195996, 0.7 + 0.195996), abs=1e-5)


def test_equivalence_is_the_worse_of_two_one_sided_tests():
    found = reader_average([0.5, 0.5], np.full((2, 2), 0.05**2))
    assert found.equivalence_p_value(0.4, 0.6) == pytest.approx(0.02275, abs=1e-5)
    assert found.equivalence_p_value(0.4, 0.55) == pytest.approx(0.15866, abs=1e-5)


def test_logit_interval_stays_within_bounds_and_is_told_nothing_by_perfect_areas():
    low, high = logit_interval(0.95, 0.05**2)
    assert 0.5 < low < 0.95 < high < 1
    assert logit_interval(1.0, 0.0) == (0.0, 1.0)


def test_interval_of_a_share_is_that_of_the_logit_and_clipped_at_the_ends():
    found = reader_average([0.9, 0.9], np.full((2, 2), 0.05**2))
    low, high = found.interval_of_share()
    odds = np.log([low / (1 - low), 9, high / (1 - high)])
    assert np.diff(odds) == pytest.approx([1.959964 * 0.05 / 0.09] * 2, rel=1e-6)
    assert reader_average([1.0, 1.0], np.full((2, 2), 0.01)).interval_of_share()[1] == 1.0


def test_what_cannot_be_analysed_is_refused():
    with pytest.raises(BadInputError, match="2 readers"):
        reader_average([0.5], [[0.1]])
    with pytest.raises(BadInputError, match=r"needs \(2, r\)"):
        modality_difference(np.ones((3, 2)), np.ones((3, 2, 3, 2)))
    with pytest.raises(BadInputError, match="2 positive and 2 negative"):
        delong([True, False, False], [1.0, 2.0, 3.0])
    with pytest.raises(BadInputError, match="3 or more"):
        jackknife_covariance(lambda cases: np.zeros(1), 2)
