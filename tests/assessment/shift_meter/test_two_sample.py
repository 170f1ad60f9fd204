import numpy as np
import pytest
from scipy.stats import norm

from cancergan.assessment.shift_meter.two_sample import classifier_two_sample
from cancergan.core.seeds import numpy_generator


def test_the_area_of_two_normal_clouds_is_the_known_one():
    random = numpy_generator(0, "test")
    shift = np.array([1.0, 0, 0, 0])
    reference, other = random.normal(size=(600, 4)), random.normal(size=(600, 4)) + shift
    found = classifier_two_sample(reference, other, seed=0, permutations=99)
    assert found.area == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.03)
    assert found.interval[0] < norm.cdf(1 / np.sqrt(2)) < found.interval[1]
    assert found.p == 0.01


def test_equal_clouds_are_told_apart_in_one_of_twenty():
    random = numpy_generator(1, "test")
    alarms = sum(
        classifier_two_sample(
            random.normal(size=(25, 6)), random.normal(size=(25, 6)), seed=seed, permutations=99,
            replicates=2,
        ).p <= 0.05
        for seed in range(200)
    )  # fmt: skip
    # 10 expected; the binomial 99.9 % bound is 21.
    assert alarms <= 21


def test_unequal_numbers_are_no_difference():
    random = numpy_generator(2, "test")
    found = classifier_two_sample(random.normal(size=(200, 3)), random.normal(size=(20, 3)), seed=0)
    assert found.p > 0.05
