from collections.abc import Callable

import numpy as np
import pytest

from cancergan.metrics.classification import auc
from cancergan.metrics.frechet import frechet_distance
from cancergan.metrics.kernel import kernel_distance
from cancergan.metrics.neighbours import coverage
from cancergan.metrics.resampling import (
    binomial_interval,
    bootstrap_interval,
    half_sample_interval,
    half_samples,
    half_samples_of,
    interval_about,
    units_of_ranking,
)

Metric = Callable[[np.ndarray, np.ndarray], float]


def test_bootstrap_of_a_mean_is_students_interval() -> None:
    from scipy.stats import t

    values = np.random.default_rng(0).normal(size=12)
    found = bootstrap_interval(lambda i: values[i].mean(), range(12), seed=1, replicates=20_000)
    expected = t.interval(0.95, 11, values.mean(), values.std(ddof=1) / np.sqrt(12))
    assert found == pytest.approx(expected, abs=0.08)


def test_bootstrap_covers_the_mean_in_95_percent_of_few_patients() -> None:
    random = np.random.default_rng(0)
    hits = []
    for cohort in range(300):
        values = random.normal(size=8)
        low, high = bootstrap_interval(
            lambda i, v=values: v[i].mean(), range(8), seed=cohort, replicates=250
        )
        hits.append(low <= 0 <= high)
    assert np.mean(hits) == pytest.approx(0.95, abs=0.03)


def test_patients_are_drawn_whole() -> None:
    units = ["a", "b", "b", "c", "c", "c", "d"]
    seen = []
    bootstrap_interval(lambda i: seen.append(i) or 0.0, units, seed=0, replicates=50)
    for drawn in seen:
        counts = np.bincount(drawn, minlength=7)
        assert counts[1] == counts[2]
        assert counts[3] == counts[4] == counts[5]
        assert counts[0] + counts[1] + counts[3] + counts[6] == 4
    assert any(counts != 1 for counts in np.bincount(seen[0], minlength=7))


def test_images_of_one_patient_are_not_independent() -> None:
    patients = np.random.default_rng(0).normal(size=20)
    values, units = np.repeat(patients, 10), np.repeat(np.arange(20), 10)

    def width(by: np.ndarray) -> float:
        low, high = bootstrap_interval(lambda i: values[i].mean(), by, seed=0, replicates=2000)
        return high - low

    assert width(units) / width(np.arange(200)) == pytest.approx(np.sqrt(10), rel=0.15)


def test_strata_keep_a_rare_class_in_every_draw() -> None:
    labels = np.array([0] * 30 + [1] * 2)
    score = np.random.default_rng(0).random(32)
    found = bootstrap_interval(
        lambda i: auc(labels[i], score[i]), range(32), seed=0, strata=labels, replicates=500
    )
    assert found is not None
    assert found[0] <= auc(labels, score) <= found[1]


def test_a_perfect_share_of_few_is_not_certain() -> None:
    perfect = np.ones(10)
    statistic = lambda i: perfect[i].mean()  # noqa: E731
    assert bootstrap_interval(statistic, range(10), seed=0) == (1, 1)
    found = bootstrap_interval(statistic, range(10), seed=0, share_of=10)
    assert found == pytest.approx((0.025**0.1, 1))
    assert interval_about(0.0, np.zeros(9), units=9, share_of=9, bounds=(0, 1)) == pytest.approx(
        (0, 1 - 0.025 ** (1 / 9))
    )


def test_a_perfect_ranking_is_as_sure_as_the_patients_of_its_smaller_class() -> None:
    sick, healthy = ["a", "a", "b"], ["c", "d", "e"]
    assert units_of_ranking(1.0, sick, healthy) == units_of_ranking(0.0, healthy, sick) == 2
    assert units_of_ranking(0.99, sick, healthy) is None


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(50, 100, 0.3983, 0.6017), (58, 100, 0.4771, 0.6780), (10, 20, 0.2720, 0.7280)],
)
def test_binomial_interval_is_clopper_pearsons(hits: int, n: int, low: float, high: float) -> None:
    assert binomial_interval(hits / n, n) == pytest.approx((low, high), abs=5e-5)


def test_halves_have_no_repeats_and_whole_patients() -> None:
    real, synthetic = ["a", "a", "b", "c", "c", "c"], range(5)
    sizes = set()

    def check(i: np.ndarray, j: np.ndarray) -> float:
        assert len(set(i)) == len(i)
        assert len(set(j)) == len(j)
        assert (0 in i) == (1 in i)
        assert (3 in i) == (4 in i) == (5 in i)
        sizes.add(len(j))
        return 0.0

    assert half_samples(check, real, synthetic, seed=0, replicates=60, at_least=1).shape == (60,)
    assert sizes == {2, 3}


def test_several_statistics_share_one_computation() -> None:
    halves = half_samples(
        lambda i, j: (i.mean(), -j.mean()), range(20), range(30), seed=0, replicates=40
    )
    assert halves.shape == (40, 2)
    alone = half_samples(lambda i, j: i.mean(), range(20), range(30), seed=0, replicates=40)
    assert (halves[:, 0] == alone).all()


def test_three_sides_are_halved_at_once() -> None:
    sizes = half_samples_of(
        lambda i, j, k: (len(i), len(j), len(k), 9 in k), [range(4), range(6), range(10)],
        seed=0, replicates=40,
    )  # fmt: skip
    assert sizes[:, :3].tolist() == [[2, 3, 5]] * 40
    assert 0.25 < sizes[:, 3].mean() < 0.75


def test_no_interval_from_too_few() -> None:
    assert bootstrap_interval(lambda i: 0.0, ["a", "a", "b"], seed=0) is None
    few, many = ["a", "a", "b", "b"], range(30)
    assert half_sample_interval(lambda i, j: 0.0, few, many, value=0, seed=0) is None
    # Eight cases have halves of four: too few for five neighbours.
    assert half_sample_interval(
        lambda i, j: 0.0, range(8), many, value=0, seed=0, at_least=6
    ) is None  # fmt: skip


def test_the_seed_decides() -> None:
    values = np.random.default_rng(0).normal(size=30)
    first, again, other = (
        bootstrap_interval(lambda i: values[i].mean(), range(30), seed=seed) for seed in (0, 0, 1)
    )
    assert first == again != other


def test_clipped_to_the_metrics_range() -> None:
    low, high = interval_about(0.95, np.array([-1.0, 0.0, 1.0]), units=50, bounds=(0, 1))
    assert (low, high) == (0, 1)


def covered(metric: Metric, *, shift: float, n: int, m: int, cohorts: int) -> float:
    """Share of simulated cohorts (d = 8) whose interval holds the expectation of the metric."""
    values, intervals = [], []
    for cohort in range(cohorts):
        random = np.random.default_rng(cohort)
        real = random.normal(size=(n, 8))
        synthetic = random.normal(size=(m, 8)) * 1.1 + shift
        values.append(metric(real, synthetic))
        intervals.append(
            half_sample_interval(
                lambda i, j, x=real, y=synthetic: metric(x[i], y[j]), range(n), range(m),
                value=values[-1], seed=cohort, replicates=100, at_least=6,
                bounds=(0, 1) if metric is coverage else (-np.inf, np.inf),
                share_of=n if metric is coverage else None,
            )
        )  # fmt: skip
    low, high = np.transpose(intervals)
    return float(((low <= np.mean(values)) & (np.mean(values) <= high)).mean())


@pytest.mark.parametrize("metric", [frechet_distance, kernel_distance, coverage])
def test_intervals_hold_the_expectation(metric: Metric) -> None:
    # 60 cohorts tell 95 % from 80 %, no more; the slow test below tells it from 92 %.
    assert covered(metric, shift=0.8, n=60, m=50, cohorts=60) >= 0.87


@pytest.mark.slow
@pytest.mark.parametrize("metric", [frechet_distance, kernel_distance, coverage])
@pytest.mark.parametrize("n", [50, 100])
def test_intervals_hold_the_expectation_in_95_percent(metric: Metric, n: int) -> None:
    assert covered(metric, shift=0.8, n=n, m=100, cohorts=600) == pytest.approx(0.95, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("metric", [frechet_distance, kernel_distance, coverage])
def test_intervals_of_near_equal_distributions_are_too_wide_not_too_narrow(metric: Metric) -> None:
    assert covered(metric, shift=0.0, n=100, m=100, cohorts=300) >= 0.95
