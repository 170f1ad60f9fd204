"""Treatment metrics against published figures of Twins, and against values known by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.metrics.treatment import (
    average_effect_error,
    integrated_squared_errors,
    mean_absolute_effect_error,
    mise,
    overlap,
    policy_regret,
    policy_risk,
    policy_value,
    root_pehe,
)
from tests.data import shared


def test_trivial_predictors_on_twins_have_the_figures_that_a_count_gives():
    twins = Cohort.open(shared("twins")).table
    effect = (twins["outcome_1"] - twins["outcome_0"]).to_numpy()
    assert len(twins) == 11400
    assert twins["outcome_0"].mean() == pytest.approx(0.17692982, abs=1e-8)
    assert twins["outcome_1"].mean() == pytest.approx(0.16078947, abs=1e-8)
    assert [int((effect == value).sum()) for value in (-1, 0, 1)] == [674, 10236, 490]
    assert root_pehe(effect, np.zeros(11400)) == pytest.approx(0.31953914, abs=1e-8)
    constant = np.full(11400, effect.mean())
    assert effect.mean() == pytest.approx(-0.01614035, abs=1e-8)
    assert root_pehe(effect, constant) == pytest.approx(0.31913125, abs=1e-8)
    # What GANITE's program prints as PEHE is another figure, and far smaller.
    assert mean_absolute_effect_error(effect, np.zeros(11400)) == pytest.approx(0.10210526)


def test_the_root_is_taken():
    assert root_pehe([0, 0], [3, 4]) == pytest.approx(np.sqrt(12.5))
    assert mean_absolute_effect_error([0, 0], [3, 4]) == 3.5
    assert average_effect_error([0, 0], [3, -3]) == 0


@given(st.floats(-5, 5), st.lists(st.floats(0, 10), min_size=3, max_size=9, unique=True))
def test_a_constant_error_of_a_curve_is_its_square_at_any_doses(error, doses):
    grid = np.sort(doses)
    if np.diff(grid).min() < 1e-6:
        return
    truth = np.sin(grid)[None]
    assert mise(truth, truth + error, grid) == pytest.approx(error**2, abs=1e-9)


def test_65_samples_are_integrated_with_64_steps():
    grid = np.linspace(0, 1, 65)
    found = integrated_squared_errors(np.zeros((1, 65)), np.full((1, 65), 3.0), grid)
    assert found[0] == pytest.approx(9.0)
    assert found[0] != pytest.approx(9.0 * 64 / 65)


def test_a_policy_is_chosen_by_estimates_and_valued_by_the_truth():
    """SCIGAN's program swaps the two: a wrong belief would then be worth what it believes."""
    truth = np.array([[0.0, 1.0], [1.0, 0.0]])
    believed = np.array([[9.0, 0.0], [9.0, 0.0]])
    assert policy_value(truth, believed.argmax(axis=1)) == 0.5
    assert policy_regret(truth, believed.argmax(axis=1)) == 0.5
    assert policy_regret(truth, truth.argmax(axis=1)) == 0.0
    assert policy_regret(truth, truth.argmin(axis=1), higher=False) == 0.0


def test_policy_risk_of_a_trial_is_one_less_the_value():
    random = np.random.default_rng(0)
    n = 40_000
    outcomes = (random.random((n, 2)) < [0.3, 0.6]).astype(float)
    treatment = random.integers(0, 2, n)
    seen = outcomes[np.arange(n), treatment]
    chosen = random.integers(0, 2, n)
    expected = 1 - policy_value(outcomes, chosen)
    assert policy_risk(seen, treatment, chosen) == pytest.approx(expected, abs=0.01)
    with pytest.raises(BadInputError, match="nobody for whom treatment 1"):
        policy_risk([1.0, 0.0], [0, 0], [0, 1])


def test_overlap_of_a_trial_is_whole_and_of_a_rule_is_none():
    random = np.random.default_rng(1)
    rows = random.normal(size=(400, 3))
    treatment = random.integers(0, 2, 400)
    fair = overlap(np.full((400, 2), 0.5), treatment, rows)
    assert fair.outside == 0.0
    assert fair.effective == pytest.approx(fair.patients)
    assert fair.imbalance < 0.35
    ruled = (rows[:, 0] > 0).astype(int)
    chance = np.stack([1.0 - ruled, ruled], axis=1).astype(float)
    found = overlap(chance, ruled, rows)
    assert found.outside == 1.0
    assert found.imbalance > 1.5


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadInputError, match="do not compare"):
        root_pehe([1.0], [1.0, 2.0])
    with pytest.raises(BadInputError, match="must rise"):
        mise(np.zeros((1, 2)), np.zeros((1, 2)), [1.0, 0.0])
