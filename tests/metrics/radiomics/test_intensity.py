import numpy as np
import pytest
from scipy import stats

from cancergan.metrics.radiomics.intensity import (
    histogram_features,
    intensity_features,
    percentiles,
    statistics,
    volume_histogram_features,
)

VALUES = np.random.default_rng(0).gamma(2.0, 3.0, 500)


def test_statistics_agree_with_scipy_and_numpy():
    found = intensity_features(VALUES, voxel_volume=2.0, shift=10.0)
    assert found["skewness"] == pytest.approx(stats.skew(VALUES))
    assert found["kurtosis"] == pytest.approx(stats.kurtosis(VALUES))
    assert found["variance"] == pytest.approx(VALUES.var())
    assert found["median_absolute_deviation"] == pytest.approx(
        np.abs(VALUES - np.median(VALUES)).mean()
    )
    assert found["energy"] == pytest.approx(((VALUES + 10) ** 2).sum())
    assert found["total_energy"] == pytest.approx(2 * found["energy"])
    assert found["root_mean_square"] == pytest.approx(np.sqrt(found["energy"] / 500))


def test_percentiles_are_those_of_numpy():
    percents = (0, 3, 10, 50, 99.9, 100)
    assert percentiles(VALUES, percents) == pytest.approx(np.percentile(VALUES, percents))
    assert percentiles(VALUES[:1], percents) == [VALUES[0]] * 6
    counts = np.array([3, 1, 6])
    assert percentiles(np.array([2.0, 5.0, 7.0]), percents, counts) == pytest.approx(
        np.percentile(np.repeat([2, 5, 7], counts), percents)
    )


def test_counted_values_have_the_statistics_of_repeated_ones():
    counts = np.array([30.0, 1, 6, 20])
    values = np.array([1.0, 2, 5, 6])
    repeated = statistics(np.repeat(values, counts.astype(int)))
    assert statistics(values, counts) == pytest.approx(repeated)


def test_the_histogram_of_levels():
    found = histogram_features(np.repeat([1, 2, 4], [5, 5, 2]))
    assert found["uniformity"] == pytest.approx((25 + 25 + 4) / 144)
    assert found["mode"] == 2  # 1 and 2 are as frequent; the mean is 1.92
    # Counts 5, 5, 0, 2 have the slopes 0, -2.5, -1.5, 2.
    assert (found["maximum_gradient"], found["maximum_gradient_level"]) == (2, 4)
    assert (found["minimum_gradient"], found["minimum_gradient_level"]) == (-2.5, 2)


def test_one_level_has_no_gradient():
    assert np.isnan(histogram_features(np.ones(4, dtype=int))["maximum_gradient"])


def test_the_volume_histogram_of_a_uniform_ramp():
    found = volume_histogram_features(np.linspace(0, 100, 10001))
    assert found["volume_at_10"] == pytest.approx(0.9, abs=2e-4)
    assert found["intensity_at_90"] == pytest.approx(10, abs=0.2)
    assert found["intensity_difference_10_90"] == pytest.approx(80, abs=0.2)


def test_the_volume_histogram_of_equal_values_is_undefined():
    assert all(np.isnan(v) for v in volume_histogram_features(np.full(5, 3.0)).values())
