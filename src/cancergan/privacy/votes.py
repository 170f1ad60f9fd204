"""What votes of teachers cost: by the noise alone, or by the noise and how clear the votes were.

A vote is the number of teachers, of ``teachers``, that say yes, with noise; one patient changes it
by one. The claim of a run is the data-independent one (``votes_epsilon``). The data-dependent bound
of Papernot et al. (2017, theorem 3; 2018, theorem 6) is smaller where teachers agree, but it is a
function of the votes and so itself tells about patients: it may be looked at where the patients
are, and not be published unless it is itself released with noise (their smooth sensitivity, which
is not implemented here). It also holds for the majorities alone, not for the noisy counts.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from cancergan.core.errors import BadInputError, unknown
from cancergan.privacy.accounting import opacus_part, require, without_warnings

Noise = Literal["normal", "laplace"]
Float64 = npt.NDArray[np.float64]
ORDERS: Float64 = np.concatenate([
    1 + np.arange(1, 100) / 10, np.arange(11, 64), 2.0 ** np.arange(6, 16)
])  # fmt: skip

_MOST_NOISE = 1e9


def votes_epsilon(*, noise: float, votes: int, delta: float, kind: Noise = "laplace") -> float:
    """Return the epsilon of so many votes, whatever the teachers said.

    Args:
        noise: standard deviation of normal noise, or scale of Laplace noise, on each count.
        votes: how many counts are told, at least 0.
        delta: in (0, 1).
        kind: "normal" or "laplace".

    Raises:
        BadInputError: a number outside its range.
        MissingExtraError: Opacus, which converts Renyi's to this guarantee, is not installed.

    >>> round(votes_epsilon(noise=20, votes=100, delta=1e-5), 4)
    2.1046
    """
    _check(noise, delta, kind)
    require("votes", votes, votes >= 0, "at least 0")
    if votes == 0:
        return 0.0
    found = _converted(votes * vote_divergence(noise, ORDERS, kind), delta)
    return min(found, votes / noise) if kind == "laplace" else found


def votes_noise_for(*, epsilon: float, votes: int, delta: float, kind: Noise = "laplace") -> float:
    """Return the least noise, to within a thousandth of it, of which votes keep the epsilon.

    Raises:
        BadInputError: as of ``votes_epsilon``, or an epsilon not above 0 or that no noise keeps.
    """
    require("epsilon", epsilon, 0 < epsilon < math.inf, "a finite number above 0")
    require("votes", votes, votes >= 1, "at least 1")

    def kept(noise: float) -> bool:
        return votes_epsilon(noise=noise, votes=votes, delta=delta, kind=kind) <= epsilon

    high = 1.0
    while not kept(high):
        high *= 2
        if high > _MOST_NOISE:
            raise BadInputError(f"epsilon {epsilon:g} cannot be kept over {votes} votes.")
    low = high / 2 if high > 1 else 0.0
    while high - low > high / 1000:
        middle = (low + high) / 2
        low, high = (low, middle) if kept(middle) else (middle, high)
    return high


def data_dependent_epsilon(
    counts: npt.ArrayLike, *, teachers: int, noise: float, delta: float, kind: Noise = "laplace"
) -> float:
    """Return the epsilon of the majorities of these very votes: **secret**, not a claim.

    Args:
        counts: (n,) how many of the ``teachers`` said yes, without noise.
        teachers, noise, delta, kind: as of ``votes_epsilon``.

    Raises:
        BadInputError: counts outside 0 to ``teachers``, or a number outside its range.
    """
    _check(noise, delta, kind)
    said = np.asarray(counts, np.float64).ravel()
    if not (np.isfinite(said).all() and ((said >= 0) & (said <= teachers)).all()):
        raise BadInputError(f"counts must be votes of {teachers} teachers, each from 0 to that.")
    if not len(said):
        return 0.0
    values, times = np.unique(said, return_counts=True)
    total = np.zeros_like(ORDERS)
    for value, many in zip(values, times, strict=True):
        total += many * majority_divergence(float(value), teachers, noise, ORDERS, kind)
    found = _converted(total, delta)
    return min(found, len(said) / noise) if kind == "laplace" else found


def vote_divergence(noise: float, orders: Float64, kind: Noise) -> Float64:
    """Return Renyi's divergence of one noisy count from its neighbour's, by order above 1.

    Source: Mironov 2017, table II.
    """
    if kind == "normal":
        return orders / (2 * noise**2)
    log_near = np.log(orders / (2 * orders - 1)) + (orders - 1) / noise
    log_far = np.log((orders - 1) / (2 * orders - 1)) - orders / noise
    return np.asarray(np.logaddexp(log_near, log_far) / (orders - 1))


def majority_divergence(
    count: float, teachers: int, noise: float, orders: Float64, kind: Noise
) -> Float64:
    """Return a bound on Renyi's divergence of one majority, knowing the count; by order above 1."""
    independent = vote_divergence(noise, orders, kind)
    log_wrong = log_wrong_majority(count, teachers, noise, kind)
    if kind == "normal":
        return np.minimum(independent, _of_normal(log_wrong, noise, orders))
    return np.minimum(independent, _of_pure(log_wrong, 1 / noise, orders))


def log_wrong_majority(count: float, teachers: int, noise: float, kind: Noise) -> float:
    """Return the logarithm of how likely the noise turns the majority round."""
    margin = abs(count - teachers / 2) / noise
    if kind == "normal":
        return float(norm.logsf(margin))
    return math.log(0.5) - margin


def _of_pure(log_wrong: float, pure: float, orders: Float64) -> Float64:
    """Bound a mechanism of pure epsilon (Papernot et al. 2017, theorem 3)."""
    wrong = math.exp(log_wrong)
    if wrong >= 1 / (math.exp(pure) + 1):
        return np.full_like(orders, np.inf)
    right = math.log1p(-wrong)
    ratio = right - math.log1p(-wrong * math.exp(pure))
    moment = np.logaddexp(right + (orders - 1) * ratio, log_wrong + (orders - 1) * pure)
    return np.asarray(moment / (orders - 1))


def _of_normal(log_wrong: float, noise: float, orders: Float64) -> Float64:
    """Bound a mechanism by its divergences at two higher orders (Papernot et al. 2018, theorem 6).

    The orders are those of their proposition 10.
    """
    second = math.sqrt(2 * noise**2 * -log_wrong)
    first = second + 1
    none = np.full_like(orders, np.inf)
    if second <= 1:
        return none
    at_first, at_second = first / (2 * noise**2), second / (2 * noise**2)
    least = math.log(first / (first - 1)) + math.log(second / (second - 1))
    if log_wrong > (second - 1) * at_second - second * least or -log_wrong <= at_second:
        return none
    right = math.log1p(-math.exp(log_wrong))
    shrunk = (log_wrong + at_second) * (second - 1) / second
    log_a = right - math.log1p(-math.exp(shrunk))
    log_b = at_first - log_wrong / (first - 1)
    moment = np.logaddexp(right + (orders - 1) * log_a, log_wrong + (orders - 1) * log_b)
    return np.where(orders <= first, moment / (orders - 1), np.inf)


def _converted(divergences: Float64, delta: float) -> float:
    """Return the least epsilon at delta over the orders (Balle et al. 2020, theorem 21)."""
    rdp = opacus_part("analysis.rdp")
    with without_warnings():
        epsilon, _ = rdp.get_privacy_spent(orders=ORDERS, rdp=divergences, delta=delta)
    return float(max(epsilon, 0.0))


def _check(noise: float, delta: float, kind: str) -> None:
    require("noise", noise, 0 < noise < math.inf, "a finite number above 0")
    require("delta", delta, 0 < delta < 1, "between 0 and 1")
    if kind not in get_args(Noise):
        raise unknown("kind of noise", kind, get_args(Noise))
