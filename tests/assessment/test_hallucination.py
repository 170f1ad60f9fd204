"""The audit knows a faithful translator from one that copies the target's prior."""

import numpy as np
import pytest

from cancergan.assessment.hallucination import Arm, detection, flips, rates, slope
from cancergan.core.errors import BadInputError

RATIOS = (0.0, 0.25, 0.5, 0.75, 1.0)


def arms(diagnose, n=200, patients=50, seed=0):
    random = np.random.default_rng(seed)
    truth = np.arange(n) % 2 == 0
    names = tuple(f"p{i % patients}" for i in range(n))
    return [Arm(ratio, truth, diagnose(ratio, truth, random), names) for ratio in RATIOS]


def identity(ratio, truth, random):
    return truth.copy()


def prior_copier(ratio, truth, random):
    return random.random(len(truth)) < ratio


def halfway(ratio, truth, random):
    return np.where(random.random(len(truth)) < 0.5, truth, random.random(len(truth)) < ratio)


def test_the_identity_has_slope_zero_and_flips_nothing():
    found = slope(arms(identity))
    assert (found.value, found.low, found.high) == pytest.approx((0, 0, 0), abs=1e-12)
    assert all((f.added, f.removed, f.p) == (0, 0, 1.0) for f in map(flips, arms(identity)))


def test_suspicion_that_knows_finds_every_change_and_noise_finds_none():
    random = np.random.default_rng(0)
    plain = arms(halfway)
    known = [
        Arm(a.ratio, a.truth, a.diagnosed, a.patients, (a.truth != a.diagnosed) * 0.9)
        for a in plain
    ]
    blind = [Arm(a.ratio, a.truth, a.diagnosed, a.patients, random.random(200)) for a in plain]
    assert detection(known).value == 1.0
    found = detection(blind)
    assert found.value == pytest.approx(0.5, abs=0.08)
    assert detection(plain) is None
    assert detection(arms(identity)) is None


@pytest.mark.parametrize(("translator", "true"), [(prior_copier, 1.0), (halfway, 0.5)])
def test_intervals_hold_the_true_slope(translator, true):
    held = [
        (found := slope(arms(translator, seed=seed), seed=seed)).low <= true <= found.high
        for seed in range(60)
    ]
    assert sum(held) >= 53  # 95 % of 60 is 57; 53 or fewer would have probability 0.02


def test_mcnemar_is_exact():
    truth = np.array([True] * 10 + [False] * 10)
    diagnosed = truth.copy()
    diagnosed[:6], diagnosed[10:11] = False, True  # six removed, one added
    counted = flips(Arm(0.0, truth, diagnosed, tuple("abcdefghijklmnopqrst")))
    assert (counted.removed, counted.added) == (6, 1)
    assert counted.p == pytest.approx(2 * 8 / 2**7)  # of 7 changes, 6 or 7 one way: 7 + 1


def test_rates_are_among_those_that_could_flip():
    truth = np.array([True] * 8 + [False] * 2)
    diagnosed = np.array([True] * 6 + [False] * 2 + [True, False])
    found = {e.name: e for e in rates([Arm(0.5, truth, diagnosed, tuple("abcdefghij"))])}
    assert found["removed_share"].value == 0.25
    assert found["added_share"].value == 0.5
    assert found["removed_share"].high > 0.4  # eight patients prove little


def test_arms_must_be_of_the_same_cases():
    one, two, *_ = arms(identity)
    other = Arm(0.5, two.truth, two.diagnosed, tuple(reversed(two.patients)))
    with pytest.raises(BadInputError, match="different cases"):
        slope([one, other])
    with pytest.raises(BadInputError, match="2 different ratios"):
        slope([one, one])
