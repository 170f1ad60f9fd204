"""Sensitivity of a reader free of bias: d' of yes-no and of two-alternative readings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64


@dataclass(frozen=True)
class Detectability:
    """d' with its interval, and the criterion c (0 is unbiased, above 0 says yes too seldom)."""

    value: float
    low: float
    high: float
    variance: float
    criterion: float = 0.0


def d_prime(
    hits: int, signals: int, false_alarms: int, noises: int, *, confidence: float = 0.95
) -> Detectability:
    """d' = z(hit rate) - z(false-alarm rate) of a yes-no task (Green and Swets 1966).

    Rates by the log-linear correction (x + 1/2) / (n + 1) of Hautus (1995), so that 0 and 1 have a
    z; the variance is that of Gourevitch and Galanter (1967) at these rates.

    Raises:
        BadInputError: counts that are impossible, or no case of one kind.
    """
    from scipy.stats import norm

    _check(hits, signals, "hits")
    _check(false_alarms, noises, "false alarms")
    rates = ((hits + 0.5) / (signals + 1), signals), ((false_alarms + 0.5) / (noises + 1), noises)
    (hit, _), (alarm, _) = rates
    variance = sum(rate * (1 - rate) / (n * norm.pdf(norm.ppf(rate)) ** 2) for rate, n in rates)
    value = float(norm.ppf(hit) - norm.ppf(alarm))
    reach = float(norm.ppf((1 + confidence) / 2) * variance**0.5)
    criterion = float(-(norm.ppf(hit) + norm.ppf(alarm)) / 2)
    return Detectability(value, value - reach, value + reach, float(variance), criterion)


def d_primes(
    hits: npt.ArrayLike, signals: int, false_alarms: npt.ArrayLike, noises: int
) -> Float64:
    """Return ``d_prime`` of many readers at once, without intervals: counts of any one shape."""
    from scipy.special import ndtri

    hit = (np.asarray(hits, dtype=np.float64) + 0.5) / (signals + 1)
    alarm = (np.asarray(false_alarms, dtype=np.float64) + 0.5) / (noises + 1)
    return np.asarray(ndtri(hit) - ndtri(alarm))


def d_primes_2afc(correct: npt.ArrayLike, trials: int) -> Float64:
    """Return ``d_prime_2afc`` of many readers at once, without intervals."""
    from scipy.special import ndtri

    share = (np.asarray(correct, dtype=np.float64) + 0.5) / (trials + 1)
    return np.asarray(2**0.5 * ndtri(share))


def d_prime_2afc(correct: int, trials: int, *, confidence: float = 0.95) -> Detectability:
    """d' = sqrt(2) z(proportion correct) of a two-alternative forced choice (Green and Swets 1966).

    The proportion has the log-linear correction (x + 1/2) / (n + 1); the interval is Wilson's
    score interval of the proportion, put through the same z.

    Raises:
        BadInputError: counts that are impossible, or no trial.
    """
    from scipy.stats import norm

    _check(correct, trials, "correct answers")
    share = (correct + 0.5) / (trials + 1)
    value = float(2**0.5 * norm.ppf(share))
    variance = 2 * share * (1 - share) / (trials * norm.pdf(norm.ppf(share)) ** 2)
    low, high = wilson_interval(correct, trials, confidence=confidence)
    ends = [float(2**0.5 * norm.ppf(min(max(end, 1e-9), 1 - 1e-9))) for end in (low, high)]
    return Detectability(value, min(ends[0], value), max(ends[1], value), float(variance))


def wilson_interval(hits: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a proportion (Wilson 1927): covers on average what it says.

    >>> [round(end, 4) for end in wilson_interval(50, 100)]
    [0.4038, 0.5962]
    """
    from scipy.stats import norm

    _check(hits, n, "hits")
    z = float(norm.ppf((1 + confidence) / 2))
    share, widening = hits / n, 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / widening
    reach = z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5 / widening
    return centre - reach, centre + reach


def _check(count: int, of: int, what: str) -> None:
    if of < 1 or not 0 <= count <= of:
        raise BadInputError(f"{count} {what} of {of}: needs at least one case, and 0 to all of it.")
