import pytest
from scipy.stats import norm

from cancergan.core.errors import BadInputError
from cancergan.metrics.signal_detection import (
    d_prime,
    d_prime_2afc,
    d_primes,
    d_primes_2afc,
    wilson_interval,
)


def test_d_prime_of_a_worked_case():
    # Rates (80 + 1/2) / 101 and (20 + 1/2) / 101: z of 0.79703 and 0.20297.
    found = d_prime(80, 100, 20, 100)
    assert found.value == pytest.approx(2 * norm.ppf(80.5 / 101))
    assert found.criterion == pytest.approx(0.0, abs=1e-12)
    rate = 80.5 / 101
    variance = 2 * rate * (1 - rate) / (100 * norm.pdf(norm.ppf(rate)) ** 2)
    assert found.variance == pytest.approx(variance)
    assert found.high - found.value == pytest.approx(1.959964 * variance**0.5, rel=1e-6)


def test_d_prime_is_finite_at_perfect_rates_and_signed():
    assert 2 < d_prime(10, 10, 0, 10).value < 5
    assert d_prime(2, 10, 8, 10).value == pytest.approx(-d_prime(8, 10, 2, 10).value)


def test_a_reader_who_says_yes_too_seldom_has_a_criterion_above_zero():
    assert d_prime(20, 100, 2, 100).criterion > 0


def test_d_prime_of_two_alternatives_is_root_two_z():
    found = d_prime_2afc(76, 100)
    assert found.value == pytest.approx(2**0.5 * norm.ppf(76.5 / 101))
    assert found.low < found.value < found.high
    assert d_prime_2afc(50, 100).value == pytest.approx(0.0, abs=1e-12)
    assert d_prime_2afc(10, 10).high > d_prime_2afc(10, 10).value


def test_wilson_interval_of_the_literature():
    # Newcombe 1998, table I: 81 of 263.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@pytest.mark.parametrize("counts", [(1, 0, 0, 1), (3, 2, 0, 1), (0, 1, 2, 1), (-1, 2, 0, 1)])
def test_impossible_counts_are_refused(counts):
    with pytest.raises(BadInputError):
        d_prime(*counts)


def test_many_readers_at_once_are_the_same_as_one_by_one():
    many = d_primes([3, 9], 10, [2, 0], 12)
    assert many == pytest.approx([d_prime(3, 10, 2, 12).value, d_prime(9, 10, 0, 12).value])
    assert d_primes_2afc([4, 9], 10) == pytest.approx(
        [d_prime_2afc(4, 10).value, d_prime_2afc(9, 10).value]
    )
