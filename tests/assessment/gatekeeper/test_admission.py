"""The gate keeps its promise, needs proof, and fails closed."""

import math

import numpy as np
import pytest

from cancergan.assessment.gatekeeper import Calibration, admit, suite_score
from cancergan.core.errors import BadInputError


def models(n, seed=0, noise=0.03, bias=0.05):
    """Real scores, and simulated ones that flatter by ``bias`` and err by ``noise``."""
    random = np.random.default_rng(seed)
    real = random.uniform(0.6, 0.95, n)
    return Calibration(real + bias + random.normal(0, noise, n), real)


def scored(value):
    labels = np.arange(40) % 2
    found = suite_score(labels * 1.0, labels, range(40), name="as drawn")
    return {"as drawn": type(found)(**{**vars(found), "value": value, "low": None, "high": None})}


@pytest.mark.parametrize("alpha", [0.1, 0.2])
def test_the_margin_keeps_its_promise(alpha):
    """Of fresh models, a share of at most alpha lies below its bound (on average over draws)."""
    below = []
    for seed in range(400):
        known = models(20, seed)
        one = models(1, 10_000 + seed)
        below.append(one.real[0] < one.simulated[0] - known.margin(alpha=alpha))
    assert np.mean(below) == pytest.approx(alpha * 20 / 21, abs=0.045)
    assert np.mean(below) <= alpha + 0.03


def test_too_few_models_promise_nothing():
    assert models(8).margin(alpha=0.1) == math.inf
    assert math.isfinite(models(9).margin(alpha=0.1))
    refused = admit(scored(0.99), models(8), required=0.5)
    assert not refused.admitted


def test_a_good_model_enters_and_a_worse_one_does_not():
    known = models(30)
    assert admit(scored(0.97), known, required=0.8).admitted
    refused = admit(scored(0.84), known, required=0.8)
    assert not refused.admitted
    assert "required 0.800" in str(refused)


def test_the_worst_suite_counts():
    both = {"as drawn": scored(0.97)["as drawn"], "noise": scored(0.7)["as drawn"]}
    answer = admit(both, models(30), required=0.8)
    assert not answer.admitted
    assert "worst suite: noise" in answer.reasons[0]


def test_a_score_that_tracks_nothing_admits_nobody():
    random = np.random.default_rng(0)
    unrelated = Calibration(random.uniform(0.9, 1, 30), random.uniform(0.9, 1, 30))
    answer = admit(scored(1.0), unrelated, required=0.5)
    assert not answer.admitted
    assert "not shown to track" in answer.reasons[1]
    assert not admit({}, models(30), required=0.0).admitted


def test_suite_scores_are_areas_with_intervals():
    labels = np.array([0, 0, 0, 1, 1, 1])
    found = suite_score([0.1, 0.2, 0.8, 0.3, 0.9, 0.7], labels, range(6), name="x")
    assert found.value == pytest.approx(7 / 9)  # of nine pairs, two are ranked wrong
    assert found.low < found.value < found.high


def test_broken_calibrations_are_refused():
    with pytest.raises(BadInputError, match="one finite pair"):
        Calibration(np.array([0.5, np.nan]), np.array([0.5, 0.6]))
