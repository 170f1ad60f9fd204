import numpy as np
import pytest

from cancergan.assessment.shift_meter.permutation import differences
from cancergan.core.seeds import numpy_generator


def one_stratum(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full(n, "", object), np.full(m, "", object)


def test_p_equals_that_of_all_permutations():
    """4 against 4 values, all 70 splits counted by hand: 2 are as extreme as the sorted one."""
    low, high = np.arange(4.0)[:, None], np.arange(4.0, 8.0)[:, None]
    found = differences(low, high, one_stratum(4, 4), seed=0, permutations=20000)
    assert found.p[0] == pytest.approx(2 / 70, abs=0.004)


def test_value_and_interval_are_in_deviations_of_the_reference():
    random = numpy_generator(0, "test")
    reference, other = random.normal(0, 2, (400, 1)), random.normal(3, 1, (300, 1))
    found = differences(reference, other, one_stratum(400, 300), seed=0)
    expected = (other.mean() - reference.mean()) / reference.std(ddof=1)
    assert found.value[0] == pytest.approx(expected)
    error = np.sqrt(reference.var(ddof=1) / 400 + other.var(ddof=1) / 300) / reference.std(ddof=1)
    assert found.high[0] - found.value[0] == pytest.approx(1.96 * error, rel=0.01)


def test_intervals_cover_the_truth():
    random = numpy_generator(1, "test")
    hits = 0
    for _ in range(400):
        found = differences(
            random.normal(0, 1, (60, 1)), random.normal(0.5, 1, (60, 1)), one_stratum(60, 60),
            seed=0, permutations=9,
        )  # fmt: skip
        hits += found.low[0] <= 0.5 <= found.high[0]
    assert 0.915 <= hits / 400 <= 0.98


def test_twenty_features_are_not_twenty_chances():
    random = numpy_generator(2, "test")
    alarms = sum(
        differences(
            random.normal(size=(20, 20)), random.normal(size=(20, 20)), one_stratum(20, 20),
            seed=seed, permutations=99,
        ).p.min() <= 0.05
        for seed in range(300)
    )  # fmt: skip
    # 15 expected; the binomial 99.9 % bound is 29.
    assert alarms <= 29


def test_other_shares_of_the_strata_make_no_difference():
    random = numpy_generator(3, "test")
    strata = (np.array(["a"] * 80 + ["b"] * 20, object), np.array(["a"] * 20 + ["b"] * 80, object))
    values = [np.where(s == "a", 0.0, 5.0)[:, None] + random.normal(size=(100, 1)) for s in strata]
    assert differences(*values, strata, seed=0).p[0] > 0.05
    assert differences(*values, one_stratum(100, 100), seed=0).p[0] < 0.01


def test_missing_values_do_not_count():
    random = numpy_generator(4, "test")
    reference, other = random.normal(size=(50, 2)), random.normal(size=(40, 2))
    other[:, 0] += 2
    holes = [np.insert(side, 0, [[np.nan, 9.0]] * 30, axis=0) for side in (reference, other)]
    found = differences(*holes, one_stratum(80, 70), seed=0, permutations=499)
    alone = differences(reference[:, :1], other[:, :1], one_stratum(50, 40), seed=0)
    assert found.value[0] == pytest.approx(alone.value[0])
    assert found.high[0] == pytest.approx(alone.high[0])
    assert found.p[0] == 1 / 500


def test_a_cohort_that_knows_less_is_not_another_one():
    random = numpy_generator(5, "test")
    alarms = 0
    for seed in range(300):
        reference, other = random.normal(size=(60, 1)), random.normal(size=(60, 1))
        reference[:48] = np.nan
        found = differences(reference, other, one_stratum(60, 60), seed=seed, permutations=99)
        alarms += found.p[0] <= 0.05
    # 15 expected; the binomial 99.9 % bound is 29.
    assert alarms <= 29


def test_a_feature_that_one_side_has_not_is_left_out():
    random = numpy_generator(6, "test")
    reference, other = random.normal(size=(20, 2)), random.normal(size=(20, 2))
    other[:, 1] = np.nan
    found = differences(reference, other, one_stratum(20, 20), seed=0, permutations=99)
    assert np.isnan(found.value[1])
    assert found.p[1] == 1


def test_a_constant_feature_is_no_difference():
    same = differences(np.ones((10, 1)), np.ones((12, 1)), one_stratum(10, 12), seed=0)
    assert (same.value[0], same.p[0]) == (0.0, 1.0)


def test_too_few_rows_say_nothing():
    assert differences(np.ones((2, 1)), np.ones((9, 1)), one_stratum(2, 9), seed=0) is None
    apart = np.full(5, "a", object), np.full(5, "b", object)
    assert differences(np.ones((5, 1)), np.ones((5, 1)), apart, seed=0) is None
