import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cancergan.core.errors import BadInputError
from cancergan.metrics.fairness import demographic_parity_difference, equalised_odds_difference


@pytest.mark.parametrize("seed", range(12))
def test_equal_to_fairlearn(seed: int) -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    random = np.random.default_rng(seed)
    n, kinds = int(random.integers(8, 60)), int(random.integers(2, 5))
    truth, guess = random.integers(0, 2, (2, n))
    truth[:2] = 0, 1
    groups = random.permutation(np.arange(n) % kinds)
    if min(len(set(truth[groups == g])) for g in range(kinds)) < 2:
        pytest.skip("a group without one of the classes, of which fairlearn warns")
    assert demographic_parity_difference(guess, groups) == pytest.approx(
        fairlearn.demographic_parity_difference(truth, guess, sensitive_features=groups)
    )
    assert equalised_odds_difference(truth, guess, groups) == pytest.approx(
        fairlearn.equalized_odds_difference(truth, guess, sensitive_features=groups)
    )


@given(st.integers(0, 10_000))
def test_the_same_whichever_class_is_positive_and_whatever_groups_are_called(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, guess, groups = random.integers(0, 2, (3, 20))
    groups[:2] = 0, 1
    # Without a case of a class a group's rate is called 0, which is not the same the other way up.
    assume(all(len(set(truth[groups == group])) == 2 for group in (0, 1)))
    names = np.array(["b", "a"])[groups]
    found = equalised_odds_difference(truth, guess, groups)
    assert equalised_odds_difference(1 - truth, 1 - guess, names) == pytest.approx(found)
    parity = demographic_parity_difference(guess, groups)
    assert demographic_parity_difference(1 - guess, names) == pytest.approx(parity)


def test_a_perfect_model_has_equal_odds_but_no_parity_where_prevalence_differs() -> None:
    truth, groups = np.array([1, 1, 1, 0, 1, 0, 0, 0]), np.array(list("aaaabbbb"))
    assert equalised_odds_difference(truth, truth, groups) == 0
    assert demographic_parity_difference(truth, groups) == 0.5


def test_refusals() -> None:
    with pytest.raises(BadInputError, match="1 group"):
        demographic_parity_difference([0, 1], ["a", "a"])
    with pytest.raises(BadInputError, match="must be 0 or 1"):
        demographic_parity_difference([0, 2], ["a", "b"])
    with pytest.raises(BadInputError, match="truth"):
        equalised_odds_difference([0], [0, 1], ["a", "b"])
