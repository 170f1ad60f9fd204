"""Costs of votes against integrals, exact pairs of neighbours and published code."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import laplace, norm

from cancergan import privacy
from cancergan.core.errors import BadInputError
from cancergan.privacy.votes import (
    data_dependent_epsilon,
    majority_divergence,
    vote_divergence,
    votes_epsilon,
    votes_noise_for,
)

ORDERS = np.array([2.0, 5.0, 10.0, 20.0])


@pytest.mark.parametrize("scale", [0.7, 3.0])
@pytest.mark.parametrize("order", [1.5, 4.0])
def test_one_laplace_vote_is_the_integral(scale, order):
    def density(x):
        return laplace.pdf(x, 0, scale) ** order * laplace.pdf(x, 1, scale) ** (1 - order)

    moment = quad(density, -60, 60, points=[0, 1], limit=400)[0]
    found = vote_divergence(scale, np.array([order]), "laplace")[0]
    assert found == pytest.approx(math.log(moment) / (order - 1), rel=1e-6)


def test_normal_votes_cost_what_the_accountant_says():
    ours = votes_epsilon(noise=20, votes=100, delta=1e-5, kind="normal")
    theirs = privacy.epsilon(noise=20, sampling_rate=1, steps=100, delta=1e-5)
    assert ours == pytest.approx(theirs, rel=2e-3)


def test_few_laplace_votes_cost_no_more_than_their_pure_epsilon():
    assert votes_epsilon(noise=10, votes=1, delta=1e-9) == pytest.approx(0.1)
    assert votes_epsilon(noise=10, votes=0, delta=1e-9) == 0


# What research/pate_2018/core.py of tensorflow/privacy gives for these votes of 250 teachers:
# rdp_gaussian (sensitivity 1, as of its threshold mechanism) and rdp_pure_eps, at ORDERS.
PUBLISHED = [
    ("normal", 230, 30, [6.79650735e-05, 7.62307382e-05, 9.65720396e-05, 1.86315842e-04]),
    ("normal", 200, 20, [4.26406442e-05, 5.17885995e-05, 8.07626429e-05, 3.04491499e-04]),
    ("normal", 250, 40, [1.74672003e-04, 1.88461180e-04, 2.18314997e-04, 3.18610086e-04]),
    ("laplace", 230, 10, [2.89603156e-06, 3.14089055e-06, 3.68087118e-06, 5.56798917e-06]),
    ("laplace", 250, 20, [9.89740535e-05, 1.02899184e-04, 1.10395683e-04, 1.29908626e-04]),
    ("laplace", 200, 20, [1.20542183e-03, 1.25153475e-03, 1.33915433e-03, 1.56447665e-03]),
]


@pytest.mark.parametrize(("kind", "count", "noise", "published"), PUBLISHED)
def test_the_data_dependent_bound_is_the_published_one(kind, count, noise, published):
    found = majority_divergence(count, 250, noise, ORDERS, kind)
    np.testing.assert_allclose(found, published, rtol=1e-7)


@pytest.mark.parametrize("kind", ["normal", "laplace"])
@pytest.mark.parametrize("noise", [2.0, 8.0])
def test_the_bound_holds_for_every_pair_of_neighbours(kind, noise):
    """A majority is a coin; of two neighbours both coins are known exactly."""
    teachers, cumulative = 41, {"normal": norm, "laplace": laplace}[kind]
    for count in range(teachers + 1):
        bound = majority_divergence(count, teachers, noise, ORDERS, kind)
        assert (bound <= vote_divergence(noise, ORDERS, kind) + 1e-15).all()
        for other in {max(count - 1, 0), min(count + 1, teachers)}:
            logs = [
                np.array([cumulative.logsf(side, scale=noise) for side in (20.5 - n, n - 20.5)])
                for n in (count, other)
            ]
            moment = np.logaddexp(*(ORDERS[:, None] * logs[0] + (1 - ORDERS[:, None]) * logs[1]).T)
            assert (moment / (ORDERS - 1) <= bound + 1e-12).all(), (count, other)


@pytest.mark.parametrize("kind", ["normal", "laplace"])
def test_clear_votes_cost_less_and_close_ones_what_the_noise_says(kind):
    given = {"teachers": 250, "noise": 20, "delta": 1e-5, "kind": kind}
    claimed = votes_epsilon(noise=20, votes=100, delta=1e-5, kind=kind)
    assert data_dependent_epsilon([125] * 100, **given) == pytest.approx(claimed)
    clear, clearer = (data_dependent_epsilon([n] * 100, **given) for n in (200, 250))
    assert clearer < clear < claimed / 4


def test_normal_noise_is_the_smaller_one_over_many_votes():
    """At the same epsilon the scales agree, and Laplace noise of a scale has twice the variance."""
    scales = [
        votes_noise_for(epsilon=8, votes=3000, delta=1e-4, kind=kind)
        for kind in ("laplace", "normal")
    ]
    assert scales[0] == pytest.approx(scales[1], rel=0.02)
    assert votes_epsilon(noise=scales[0], votes=3000, delta=1e-4) <= 8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: votes_epsilon(noise=0, votes=1, delta=1e-5), "noise is 0"),
        (lambda: votes_epsilon(noise=1, votes=1, delta=1e-5, kind="cauchy"), "unknown kind"),
        (lambda: votes_noise_for(epsilon=-1, votes=1, delta=1e-5), "epsilon is -1"),
        (
            lambda: data_dependent_epsilon([9], teachers=8, noise=1, delta=1e-5),
            "counts must be votes of 8 teachers",
        ),
    ],
)
def test_bad_numbers_are_refused(call, message):
    with pytest.raises(BadInputError, match=message):
        call()
