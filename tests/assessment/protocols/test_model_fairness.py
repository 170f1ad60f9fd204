from dataclasses import replace

import numpy as np
import pytest

from cancergan.assessment.findings import Skipped
from cancergan.assessment.protocols import model_fairness as module
from cancergan.assessment.protocols.model_fairness import model_fairness
from cancergan.assessment.protocols.utility import utility_of
from cancergan.metrics.classification import auc
from tests.assessment.cohorts import QUICK, context, found, textures

REAL, TRAINING, MADE = (textures(48, seed=seed) for seed in (2, 1, 3))
SEX = np.repeat(["female", "male"], 24)


def judged(real, settings=QUICK):
    return context(real, MADE, TRAINING, settings)


def test_both_differences_by_hand():
    made = judged(REAL.with_column("sex", SEX))
    outcome = model_fairness(made, "sex")
    guess = utility_of(made).arms[module.ARM].predictions.argmax(1)
    truth = made.codes("real")
    said = [guess[sex == SEX].mean() for sex in ("female", "male")]
    parity = found(outcome, "demographic_parity_sex")
    assert parity.value == pytest.approx(abs(said[0] - said[1]))
    rates = [
        [guess[(sex == SEX) & (truth == code)].mean() for sex in ("female", "male")]
        for code in (0, 1)
    ]
    odds = found(outcome, "equalised_odds_sex")
    assert odds.value == pytest.approx(max(abs(a - b) for a, b in rates))
    assert odds.low <= odds.high
    assert "female 24, male 24" in odds.note
    women = found(outcome, "model_auc_sex_female")
    area = auc(truth[:24], utility_of(made).arms[module.ARM].predictions[:24])
    assert (women.value, women.n_real) == (area, 24)
    assert women.low <= area <= women.high


def test_a_model_that_errs_in_one_group_alone_is_told(monkeypatch):
    made = judged(REAL.with_column("sex", SEX))
    arm = utility_of(made).arms[module.ARM]
    truth = made.codes("real")
    wrong = np.where(SEX == "female", 1 - truth, truth)
    told = replace(arm, predictions=np.eye(2)[wrong])
    monkeypatch.setitem(utility_of(made).arms, module.ARM, told)
    odds = found(model_fairness(made, "sex"), "equalised_odds_sex")
    assert odds.value == odds.low == 1


@pytest.mark.parametrize(
    ("real", "settings", "says"),
    [
        (REAL.with_column("sex", ["female"] * 44 + ["male"] * 4), QUICK, "two groups of 10"),
        (REAL.with_column("sex", SEX), replace(QUICK, families=("fairness",)), "family utility"),
    ],
)
def test_what_hinders_is_said(real, settings, says):
    outcome = model_fairness(judged(real, settings), "sex")
    assert all(isinstance(item, Skipped) and says in item.reason for item in outcome)
    assert len(outcome) == 2


def test_a_group_of_one_class_has_no_area_and_says_so():
    labels = REAL.table["label"].to_numpy()
    sex = np.where((np.arange(48) < 24) & (labels == "dark"), "female", "male")
    outcome = model_fairness(judged(REAL.with_column("sex", sex)), "sex")
    assert "of one class" in found(outcome, "model_auc_sex_female").reason
    assert found(outcome, "model_auc_sex_male").n_real == 36


def test_without_the_column_there_is_nothing_to_say():
    assert model_fairness(judged(REAL), "sex") == []
