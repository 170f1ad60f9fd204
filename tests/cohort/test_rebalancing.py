import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.rebalancing import rebalancing_plan
from cancergan.core.errors import BadInputError


def cohort(**columns: list[object]) -> Cohort:
    table = {
        "patient_id": [f"P{i // 2}" for i in range(100)],
        "label": ["benign"] * 70 + ["malignant"] * 30,
        "split": (["train"] * 5 + ["test"] * 2) * 10 + (["train"] * 4 + ["test"] * 2) * 5,
    }
    return Cohort.from_arrays(None, pd.DataFrame(table | columns))


def test_balance_of_the_training_part_alone():
    plan = rebalancing_plan(cohort())
    quotas = {quota.cell["label"]: quota for quota in plan.quotas}
    # 50 benign and 20 malignant cases train; 30 test cases count for nothing.
    assert (quotas["benign"].cases, quotas["benign"].synthetic) == (50, 0)
    assert (quotas["malignant"].cases, quotas["malignant"].synthetic) == (20, 30)
    assert plan.left_out == {"test": 30}
    assert plan.natural == pytest.approx({"benign": 0.7, "malignant": 0.3})
    assert plan.condition == {"malignant": 1.0}


def test_shares_of_ones_own():
    plan = rebalancing_plan(cohort(), {"benign": 0.25, "malignant": 0.75})
    quotas = {quota.cell["label"]: quota for quota in plan.quotas}
    assert quotas["malignant"].cases + quotas["malignant"].synthetic == 150
    assert quotas["benign"].synthetic == 0


def test_subgroups_are_evened_out_within_classes():
    sexes = ["female", "female", "male", "female"] * 25
    plan = rebalancing_plan(cohort(sex=sexes), by=("sex",))
    reached = {tuple(q.cell.values()): q.cases + q.synthetic for q in plan.quotas}
    assert len(reached) == 4
    assert len(set(reached.values())) == 1
    assert plan.quotas[0].synthetic == max(q.synthetic for q in plan.quotas)


def test_without_parts_all_cases_train():
    whole = Cohort.from_arrays(None, cohort().table.drop(columns="split"))
    plan = rebalancing_plan(whole)
    assert (plan.synthetic, plan.left_out) == (40, {})


@pytest.mark.parametrize("part", ["test", "validation"])
def test_a_part_that_is_measured_on_is_never_touched(part):
    with pytest.raises(BadInputError, match="keeps the prevalence of the clinic"):
        rebalancing_plan(cohort(), part=part)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"target": "even"}, "unknown target"),
        ({"target": {"benign": 1.0}}, "needs a positive share of each class"),
        ({"target": {"bening": 1.0}}, 'did you mean "benign"'),
        ({"by": ("race",)}, "unknown column"),
        ({"part": "trian"}, 'did you mean "train"'),
    ],
)
def test_mistakes_are_told(given, message):
    with pytest.raises(BadInputError, match=message):
        rebalancing_plan(cohort(), **given)


def test_json_holds_the_table():
    read = rebalancing_plan(cohort()).to_json()
    assert read["quotas"][0] == {"label": "malignant", "cases": 20, "patients": 10, "synthetic": 30}
