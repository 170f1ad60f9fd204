"""Budgets keep what they promise, also across kills; the ledger is charged first."""

import json

import pytest

from cancergan import privacy
from cancergan.core.errors import BadInputError
from cancergan.privacy.budget import Budget, BudgetSpentError, Ledger


def planned(**changed):
    plan = {"epsilon": 3.0, "delta": 1e-3, "sampling_rate": 0.1, "steps": 50, "patients": 100}
    return Budget.planned(**(plan | changed))


def test_the_whole_plan_spends_at_most_the_budget():
    budget = planned()
    assert 2.95 <= budget.spent(50) <= 3.0
    assert budget.spent(0) == 0
    assert budget.spent(25) == privacy.epsilon(
        noise=budget.noise, sampling_rate=0.1, steps=25, delta=1e-3
    )


def test_a_charge_is_written_before_the_step(tmp_path):
    path = tmp_path / "privacy.json"
    ledger = Ledger.open(planned(), path)
    assert ledger.charge() == 0
    assert json.loads(path.read_text())["charged"] == 1
    assert ledger.charge(3) == 1
    again = Ledger.open(planned(), path)  # as after a kill
    assert (again.charged, again.left) == (4, 46)


def test_nothing_is_charged_beyond_the_budget(tmp_path):
    ledger = Ledger.open(planned(), tmp_path / "privacy.json")
    ledger.charge(49)
    with pytest.raises(BudgetSpentError, match="holds 1 more charges, 2 were asked"):
        ledger.charge(2)
    ledger.charge()
    assert ledger.left == 0
    assert ledger.spent <= 3.0


@pytest.mark.parametrize("changed", [{"epsilon": 8.0}, {"steps": 60}, {"patients": 120}])
def test_another_budget_cannot_go_on_with_a_ledger(tmp_path, changed):
    Ledger.open(planned(), tmp_path / "privacy.json")
    with pytest.raises(BadInputError, match="A budget cannot change"):
        Ledger.open(planned(**changed), tmp_path / "privacy.json")


@pytest.mark.parametrize("delta", [0.01, 0.5, 0.0, -1.0])
def test_delta_must_be_below_one_over_patients(delta):
    with pytest.raises(BadInputError, match="below 1/100"):
        planned(delta=delta)
