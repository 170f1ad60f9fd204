"""Lower bounds of epsilon against oracles, closed forms, and mechanisms whose epsilon is known."""

import math

import numpy as np
import pytest
from scipy.stats import binom

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.privacy.audit import Audit, audited, epsilon_lower_bound, one_run_lower_bound


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((500, 500, 0, 500), 4.905594),
        ((100, 500, 5, 500), 1.967433),
        ((20, 1000, 1, 1000), 0.790796),
    ],
)
def test_clopper_pearson_bound_equals_the_oracles(counts, expected):
    assert epsilon_lower_bound(*counts) == pytest.approx(expected, abs=1e-6)


def test_an_attack_that_guesses_proves_nothing_and_errors_count_as_hits():
    assert epsilon_lower_bound(50, 100, 50, 100) == 0
    assert epsilon_lower_bound(99, 100, 60, 100) == pytest.approx(
        epsilon_lower_bound(40, 100, 1, 100)
    )


def test_one_run_bound_without_delta_is_the_binomial_test():
    """The least epsilon at which 80 or more of 100 right guesses have a chance of 5 %."""
    bound = one_run_lower_bound(100, 100, 80)
    assert binom.sf(79, 100, 1 / (1 + math.exp(-bound))) == pytest.approx(0.05, abs=1e-5)
    assert one_run_lower_bound(100, 100, 50) == 0
    assert one_run_lower_bound(100, 0, 0) == 0


def test_one_run_bound_equals_brute_force_with_delta():
    """Appendix D of Steinke et al. 2023, written out as there."""
    examples, guesses, correct, delta = 200, 60, 52, 1e-4
    bound = one_run_lower_bound(examples, guesses, correct, delta=delta)
    share = 1 / (1 + math.exp(-bound))
    beta = binom.sf(correct - 1, guesses, share)
    alpha = total = 0.0
    for i in range(1, correct + 1):
        total += binom.pmf(correct - i, guesses, share)
        alpha = max(alpha, total / i)
    assert beta + alpha * delta * 2 * examples == pytest.approx(0.05, abs=1e-5)
    assert bound < one_run_lower_bound(examples, guesses, correct)


@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_the_bound_holds_for_randomised_response(epsilon):
    """A mechanism whose epsilon is known exactly: the bound exceeds it in about 5 % of audits."""
    above, bounds = 0, []
    for trial in range(300):
        random = numpy_generator(0, "response", epsilon, trial)
        members = random.random(100) < 0.5
        true = random.random(100) < 1 / (1 + math.exp(-epsilon))
        audit = audited(
            "response", np.where(true, members, ~members), members, claim=epsilon, delta=0,
            guesses=100,
        )  # fmt: skip
        above += audit.refutes
        bounds.append(audit.lower_bound)
    assert above / 300 <= 0.08
    assert np.quantile(bounds, 0.75) > 0.3 * epsilon  # and it is not idle either


@pytest.mark.parametrize(("bug", "refuted"), [(1.0, False), (1 / 50, True)])
def test_noise_scaled_by_the_number_of_patients_is_refuted(bug, refuted):
    """A Gaussian sum over canaries of one direction each, claimed to spend epsilon 1."""
    from cancergan import privacy

    noise = privacy.noise_for(epsilon=1, sampling_rate=1, steps=1, delta=1e-3)
    random = numpy_generator(0, "canaries")
    members = random.random(200) < 0.5
    seen = members + bug * noise * random.normal(size=200)
    audit = audited("canaries", seen, members, claim=1.0, delta=1e-3)
    assert audit.refutes is refuted
    assert audit.most > 1


def test_the_finding_says_claim_and_bound():
    audit = Audit("distance", 100, 32, 30, 2.0, 2.5, claim=1.0, delta=1e-3)
    found = audit.estimate()
    assert (found.value, found.floor, found.bad_end()) == (2.0, 1.0, 2.0)
    assert "refutes the claimed epsilon 1" in found.note
    assert "REFUTED" in audit.line()


@pytest.mark.parametrize("counts", [(10, 11, 5), (10, 5, 6)])
def test_impossible_counts_are_one_line(counts):
    with pytest.raises(BadInputError, match="must not exceed"):
        one_run_lower_bound(*counts)
    with pytest.raises(BadInputError, match="one score and one membership"):
        audited("x", [1.0, 2.0], [True], claim=1, delta=0)
