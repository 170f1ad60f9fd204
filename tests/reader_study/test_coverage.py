"""Simulated readers of known ability: intervals cover the truth as often as they say.

5 readers, 50 real and 50 synthetic images (100 pairs), 2,000 simulations of each d'. Evidence is
normal; what all readers see alike in a case has a standard deviation of 0.4 of 1, so answers on a
case correlate as they do among people. ``pytest -m slow -s`` prints the table of the guide.
"""

import numpy as np
import pytest
from scipy.stats import binom, norm

from cancergan.core.seeds import numpy_generator
from cancergan.metrics.equivalence import equivalence_p_value
from cancergan.metrics.multi_reader import (
    delong,
    jackknife_covariance,
    logit_interval,
    reader_average,
)
from cancergan.metrics.resampling import binomial_interval
from cancergan.metrics.signal_detection import d_prime, d_prime_2afc, d_primes
from cancergan.reader_study.analysis.detection import _areas
from tests.reader_study.simulated import THRESHOLDS

pytestmark = pytest.mark.slow

SIMULATIONS, READERS, CASES, SHARED = 2000, 5, 50, 0.4
WITHIN = (0.935, 0.965)


def simulated(d, random):
    """Return truth (2 CASES,), and evidence (READERS, 2 CASES)."""
    truth = np.arange(2 * CASES) >= CASES
    common = random.normal(0, SHARED, 2 * CASES)
    own = random.normal(0, np.sqrt(1 - SHARED**2), (READERS, 2 * CASES))
    return truth, d * (truth - 0.5) + common + own


def true_area(d):
    """Return the area under the ROC curve of six ratings: below that of the evidence itself."""
    edges = np.concatenate([[-np.inf], THRESHOLDS, [np.inf]])
    real, synthetic = (np.diff(norm.cdf(edges - shift)) for shift in (-d / 2, d / 2))
    above = real.cumsum() - real
    return float((synthetic * (above + real / 2)).sum())


def ratings_of(evidence):
    return np.searchsorted(THRESHOLDS, evidence).astype(float) + 1


def jackknifed(merit, cases):
    return reader_average(merit(np.arange(cases)), jackknife_covariance(merit, cases))


@pytest.mark.parametrize("d", [0.0, 0.5, 1.5])
def test_intervals_cover_the_truth_as_often_as_they_say(d):
    random = numpy_generator(0, "coverage", d)
    share, area = float(norm.cdf(d / 2)), true_area(d)
    share_of_pairs = float(norm.cdf(d / np.sqrt(2)))
    covered = {}

    def count(name, truth, ends):
        covered.setdefault(name, []).append(ends[0] <= truth <= ends[1])

    for _ in range(SIMULATIONS):
        truth, evidence = simulated(d, random)
        says, rated = evidence > 0, ratings_of(evidence)
        correct = (says == truth).astype(float)
        one = says[0]
        found = d_prime(int(one[truth].sum()), CASES, int(one[~truth].sum()), CASES)
        count("d', one reader", d, (found.low, found.high))
        right = int(correct[0].sum())
        count("accuracy, one reader", share, binomial_interval(right / 100, 100))
        pairs = int((random.normal(d / np.sqrt(2), 1, 2 * CASES) > 0).sum())
        count("accuracy of pairs, one reader", share_of_pairs, binomial_interval(pairs / 100, 100))
        areas, covariance = delong(truth, rated)
        count("AUC, one reader", area, logit_interval(areas[0], covariance[0, 0]))
        count(
            "AUC, all readers (DeLong)", area, reader_average(areas, covariance).interval_of_share()
        )
        merit = jackknifed(lambda c, r=rated, t=truth: _areas(t[c], r[:, c]), 2 * CASES)
        count("AUC, all readers", area, merit.interval_of_share())
    shares = {name: float(np.mean(hits)) for name, hits in covered.items()}
    for name, covers in shares.items():
        print(f"d' {d:g} | {name} | {100 * covers:.1f} %")
    for name, covers in shares.items():
        if name.startswith("accuracy"):
            assert covers >= WITHIN[0], name  # exact intervals cover at least what they say
        else:
            assert WITHIN[0] <= covers <= WITHIN[1], name


@pytest.mark.parametrize("d", [0.0, 0.5, 1.5])
def test_the_interval_of_d_prime_of_pairs_covers_exactly(d):
    """Counts are few enough to add up: no simulation."""
    n, share = 2 * CASES, norm.cdf(d / np.sqrt(2))
    found = [d_prime_2afc(correct, n) for correct in range(n + 1)]
    inside = np.array([one.low <= d <= one.high for one in found])
    covers = binom.pmf(np.arange(n + 1)[inside], n, share).sum()
    print(f"d' {d:g} | d' of pairs, one reader, exactly | {100 * covers:.1f} %")
    assert WITHIN[0] <= covers <= WITHIN[1]


def closed_form(says, truth):
    """Return accuracy and d' of readers with the covariance of their jackknife, written out.

    Leaving out one case changes one count by one at most.
    """
    correct = (says == truth).astype(float)
    hits, alarms = says[:, truth].sum(1), says[:, ~truth].sum(1)
    values = d_primes(hits, CASES, alarms, CASES)
    left = np.empty(says.shape)
    left[:, truth] = d_primes(hits[:, None] - says[:, truth], CASES - 1, alarms[:, None], CASES)
    left[:, ~truth] = d_primes(hits[:, None], CASES, alarms[:, None] - says[:, ~truth], CASES - 1)
    centred = left - left.mean(1, keepdims=True)
    n = len(truth)
    return {
        "accuracy": (correct.mean(1), np.cov(correct) / n),
        "d'": (values, (n - 1) / n * centred @ centred.T),
    }


def test_the_closed_form_is_the_jackknife():
    truth, evidence = simulated(1.0, numpy_generator(0, "closed form"))
    says = evidence > 0

    def merit(cases):
        kind, chosen = truth[cases], says[:, cases]
        hits, alarms = chosen[:, kind].sum(1), chosen[:, ~kind].sum(1)
        found = d_primes(hits, int(kind.sum()), alarms, int((~kind).sum()))
        return np.stack([(chosen == kind).mean(1), found])

    covariance = jackknife_covariance(merit, 2 * CASES)
    for row, (values, expected) in enumerate(closed_form(says, truth).values()):
        assert merit(np.arange(2 * CASES))[row] == pytest.approx(values)
        assert covariance[row, :, row] == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("d", [0.0, 0.5, 1.5])
def test_averages_over_readers_cover_the_truth_as_often_as_they_say(d):
    """Ten times as many simulations: at 2,000 the share itself is unsure by one point."""
    random = numpy_generator(0, "coverage of averages", d)
    truths = {"accuracy": float(norm.cdf(d / 2)), "d'": d}
    hits = {"accuracy": 0, "d'": 0}
    for _ in range(10 * SIMULATIONS):
        truth, evidence = simulated(d, random)
        for name, (values, covariance) in closed_form(evidence > 0, truth).items():
            average = reader_average(values, covariance)
            low, high = average.interval() if name == "d'" else average.interval_of_share()
            hits[name] += low <= truths[name] <= high
    for name, count in hits.items():
        print(f"d' {d:g} | {name}, all readers | {10 * count / SIMULATIONS:.1f} %")
        assert WITHIN[0] <= count / (10 * SIMULATIONS) <= WITHIN[1], name


@pytest.mark.parametrize(
    ("share", "n", "lowest", "highest"),
    [(0.5, 214, 0.775, 0.835), (0.6, 214, 0.0, 0.06), (0.4, 214, 0.0, 0.06)],
)
def test_error_rates_of_the_exact_equivalence_test_are_as_designed(share, n, lowest, highest):
    random = numpy_generator(0, "tost", share, n)
    claims = [
        equivalence_p_value(int(correct), n, margin=0.1) <= 0.05
        for correct in random.binomial(n, share, SIMULATIONS)
    ]
    print(f"share {share:g}, n {n}: equivalence claimed in {100 * np.mean(claims):.1f} %")
    assert lowest <= np.mean(claims) <= highest


@pytest.mark.parametrize(("d", "highest"), [(2 * norm.ppf(0.6), 0.065), (0.0, 1.0)])
def test_error_rates_of_the_equivalence_of_all_readers(d, highest):
    """At the margin (accuracy 0.6) equivalence is claimed in about 5 %, at chance often."""
    random = numpy_generator(0, "tost of readers", d)
    claims = []
    for _ in range(SIMULATIONS):
        truth, evidence = simulated(d, random)
        correct = ((evidence > 0) == truth).astype(float)
        merit = jackknifed(lambda c, x=correct: x[:, c].mean(1), 2 * CASES)
        claims.append(merit.equivalence_p_value(0.4, 0.6) <= 0.05)
    print(f"d' {d:.3g}: equivalence of all readers claimed in {100 * np.mean(claims):.1f} %")
    assert np.mean(claims) <= highest
    assert np.mean(claims) > (0.5 if d == 0 else 0.02)
