from dataclasses import replace

import numpy as np
import pytest

from cancergan.assessment.sensitivity import sensitivity, table
from cancergan.assessment.settings import AssessmentSettings
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.assessment.cohorts import QUICK, textures
from tests.data import shared


@pytest.fixture(scope="module")
def trials():
    return sensitivity(textures(240, seed=5), settings=replace(QUICK, pairs=300))


def test_real_cases_as_they_are_give_nothing_away(trials):
    assert trials[0].corruption == "none"
    assert trials[0].caught, [alarm.finding for alarm in trials[0].alarms]


def test_every_gross_corruption_is_noticed_by_the_family_that_should(trials):
    grossest = {trial.corruption: trial for trial in trials}
    missed = [trial.corruption for trial in grossest.values() if not trial.caught]
    # Smooth noise has no modes; that some of it never comes again is noticed, if by another family.
    assert missed in ([], ["mode drop"])
    assert grossest["mode drop"].families


def test_the_table_has_a_row_for_each_and_says_who_noticed(trials):
    lines = table(trials).splitlines()
    assert len(lines) == 2 + len(trials) == 2 + 1 + 5 * 3
    assert lines[2] == "| none | as they are | none | none | indistinguishable |"
    assert "**condition**" in lines[-1]


def test_cohorts_without_labels_are_tried_without_the_condition():
    cohort = textures(60, seed=5)
    bare = Cohort.from_arrays(np.stack([case.image for case in cohort]))
    assert {t.corruption for t in sensitivity(bare, settings=QUICK)} == {
        "none", "blur", "noise", "mode drop", "copied training images",
    }  # fmt: skip


def test_too_few_cases_are_refused():
    with pytest.raises(BadInputError, match="40 cases, needs 48"):
        sensitivity(textures(40, seed=5))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "order"), [("isic_uda1", "random"), ("busi", "contiguous")])
def test_real_cohorts_are_indistinguishable_from_themselves_and_spoilt_ones_are_not(name, order):
    cohort = Cohort.open(shared(name))
    found = sensitivity(cohort, image_size=64, order=order, settings=AssessmentSettings())
    print(f"\n{name}\n{table(found)}")  # what docs/sensitivity_*.md show
    assert found[0].caught
    grossest = {trial.corruption: trial for trial in found}
    assert [trial.corruption for trial in grossest.values() if not trial.caught] == []


@pytest.mark.slow
def test_real_cases_against_real_cases_seldom_raise_an_alarm():
    # At most 5 % of splits: more than 4 alarms among 30 splits have a chance below 2 %.
    cohorts = [textures(150, seed=seed) for seed in range(100, 130)]
    alarmed = [not sensitivity_of_none(cohort).caught for cohort in cohorts]
    assert sum(alarmed) <= 4


def sensitivity_of_none(cohort):
    from cancergan.assessment import sensitivity as module

    context = module._context(cohort, None, "random", 0, QUICK)
    return module.Trial("none", 0, "", "", module.alarms(module._measured(context)))
