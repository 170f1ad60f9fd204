import pytest

from cancergan.assessment.findings import Skipped
from cancergan.assessment.gate import gate
from cancergan.assessment.policy import Policy
from cancergan.assessment.report import Report
from tests.assessment.findings import finding


def judged(rule, *findings, skipped=()):
    policy = Policy.model_validate(
        {"name": "test", "rules": [{"family": "fidelity", "name": "frechet_distance"} | rule]}
    )
    return gate(Report(findings=findings, skipped=skipped), policy)


@pytest.mark.parametrize(
    ("rule", "accepted"),
    [
        ({"at_most": 3.0}, True),  # the high end, 3.0, decides, and the bound itself passes
        ({"at_most": 2.9}, False),  # the value, 2.0, would pass; its interval does not
        ({"at_least": 1.0}, True),
        ({"at_least": 1.1}, False),
        ({"at_most_times_floor": 6.0}, True),
        ({"at_most_times_floor": 5.9}, False),
    ],
)
def test_the_bad_end_of_the_interval_decides(rule, accepted):
    verdict = judged(rule, finding(value=2.0, low=1.0, high=3.0, floor=0.5))
    assert verdict.accepted is accepted
    assert [reason.passed for reason in verdict.reasons] == [accepted]


def test_fewer_cases_never_make_a_pass_easier():
    rule = {"at_most": 2.5}
    assert judged(rule, finding(low=1.8, high=2.2)).accepted
    assert not judged(rule, finding(low=0.1, high=3.9)).accepted


def test_a_missing_finding_is_refused_with_the_reason_why_it_is_missing():
    why = (Skipped("fidelity", "*", "The disk was on fire."),)
    verdict = judged({"at_most": 3.0}, skipped=why)
    assert not verdict.accepted
    assert verdict.reasons[0].finding is None
    assert "not measured" in verdict.reasons[0].sentence
    assert "The disk was on fire." in verdict.reasons[0].sentence


def test_a_finding_in_another_space_does_not_count():
    rule = {"at_most": 3.0, "space": "encoder"}
    assert not judged(rule, finding(space="pixels")).accepted


def test_without_a_space_every_space_must_hold():
    good, bad = finding(space="encoder"), finding(space="pixels", high=9.0)
    verdict = judged({"at_most": 3.0}, good, bad)
    assert not verdict.accepted
    assert [reason.passed for reason in verdict.reasons] == [True, False]


def test_a_finding_without_an_interval_is_refused():
    verdict = judged({"at_most": 3.0}, finding(low=None, high=None))
    assert not verdict.accepted
    assert "without an interval" in str(verdict)


def test_half_an_interval_that_lacks_the_bad_end_is_refused():
    assert not judged({"at_most": 9.0}, finding(high=None)).accepted
    assert not judged({"at_least": 0.0}, finding(low=None)).accepted


def test_a_bound_on_an_absent_floor_is_refused():
    verdict = judged({"at_most_times_floor": 100.0}, finding(floor=None))
    assert not verdict.accepted
    assert "without a floor" in str(verdict)


@pytest.mark.parametrize("broken", ["value", "high", "floor"])
def test_a_number_that_is_none_is_refused(broken):
    corrupted = finding(floor=0.5)
    object.__setattr__(corrupted, broken, float("nan"))  # Estimate itself would not let it in
    assert not judged({"at_most_times_floor": 100.0}, corrupted).accepted


def test_an_empty_policy_is_refused():
    verdict = gate(Report(findings=(finding(),)), Policy(name="nothing"))
    assert not verdict.accepted
    assert "no rules" in str(verdict)


def test_one_broken_rule_refuses_the_whole():
    policy = Policy.model_validate(
        {
            "name": "two",
            "rules": [
                {"family": "fidelity", "name": "frechet_distance", "at_most": 3.0},
                {"family": "privacy", "name": "copy_rate", "at_most": 0.1},
            ],
        }
    )
    verdict = gate(Report(findings=(finding(),)), policy)
    assert [reason.passed for reason in verdict.reasons] == [True, False]
    assert not verdict.accepted


def test_json_of_a_verdict_says_all():
    content = judged({"at_most": 2.9}, finding()).to_json()
    assert content["accepted"] is False
    assert content["reasons"][0]["rule"]["at_most"] == 2.9
    assert content["reasons"][0]["finding"]["high"] == 3.0
