import pytest
from scipy.stats import binom

from cancergan.core.errors import BadInputError
from cancergan.metrics.equivalence import (
    equivalence_p_value,
    equivalence_power,
    equivalence_sample_size,
    superiority_power,
    superiority_sample_size,
)


@pytest.mark.parametrize(("margin", "n"), [(0.05, 865), (0.10, 214), (0.15, 96)])
def test_sizes_of_the_published_table_reach_their_power(margin, n):
    assert equivalence_power(n, margin=margin) >= 0.8 > equivalence_power(n - 1, margin=margin)


@pytest.mark.parametrize(("margin", "n"), [(0.05, 861), (0.10, 214), (0.15, 96)])
def test_sample_size_is_the_first_n_that_reaches_the_power(margin, n):
    assert equivalence_sample_size(margin=margin) == n
    assert all(equivalence_power(m, margin=margin) < 0.8 for m in range(n - 40, n))


def test_p_value_is_the_worse_of_two_binomial_tails():
    found = equivalence_p_value(110, 214, margin=0.1)
    assert found == pytest.approx(max(binom.sf(109, 214, 0.4), binom.cdf(110, 214, 0.6)))
    assert found < 0.05 < equivalence_p_value(118, 214, margin=0.1)


def test_at_the_margin_equivalence_is_claimed_no_more_often_than_alpha():
    for n in (96, 214, 300):
        assert equivalence_power(n, margin=0.1, share=0.6) <= 0.05
        assert equivalence_power(n, margin=0.1, share=0.4) <= 0.05


def test_superiority_is_the_exact_binomial_test():
    # 60 of 100 has a two-sided exact p of 0.0569: not refused; 61 is.
    assert superiority_power(100, share=0.6) == pytest.approx(
        binom.sf(60, 100, 0.6) + binom.cdf(39, 100, 0.6)
    )
    n = superiority_sample_size(share=0.7)
    assert superiority_power(n, share=0.7) >= 0.8 > superiority_power(n - 1, share=0.7)


def test_what_no_number_of_readings_can_show_is_refused():
    with pytest.raises(BadInputError, match="chance itself"):
        superiority_sample_size(share=0.5)
    with pytest.raises(BadInputError, match="margin"):
        equivalence_p_value(1, 2, margin=0.6)
