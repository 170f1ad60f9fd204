import math

import pytest

from cancergan.assessment.alarms import SIGNS, alarms, indistinguishable, judged
from cancergan.assessment.report import Report
from cancergan.assessment.vocabulary import term
from tests.assessment.findings import finding


def kernel(value: float, low: float, high: float):
    return finding("fidelity", "kernel_distance", value=value, low=low, high=high)


def covered(value: float, low: float, high: float):
    return finding("diversity", "coverage", value=value, low=low, high=high, floor=0.97)


def test_every_sign_is_of_a_metric_that_reports_have():
    assert all(term(name).plain for name in SIGNS)


def test_one_finding_alone_raises_an_alarm_just_beyond_its_interval():
    assert alarms(Report(findings=(kernel(1.0, 0.01, 2.0),)))
    assert not alarms(Report(findings=(kernel(1.0, -0.01, 2.0),)))


def test_many_findings_must_each_lie_farther_beyond():
    # With 10 findings the quantile is 2.807 instead of 1.960: 1.43 half-widths.
    others = tuple(kernel(0.0, -1.0, 1.0) for _ in range(9))
    assert not alarms(Report(findings=(kernel(1.42, 0.42, 2.0), *others)))
    (alarm,) = alarms(Report(findings=(kernel(1.44, 0.44, 2.0), *others)))
    assert (alarm.reference, alarm.widths) == (0.0, pytest.approx(1.44))


def test_the_wrong_direction_is_no_alarm():
    assert not alarms(Report(findings=(kernel(-9.0, -9.1, -8.9),)))
    assert not alarms(Report(findings=(covered(1.0, 0.99, 1.0),)))


def test_a_mark_that_was_measured_takes_half_of_the_spread_upon_itself():
    def precision(value):
        return finding(
            "fidelity", "precision", value=value, low=value - 0.1, high=value + 0.1, floor=0.9
        )

    assert not alarms(Report(findings=(precision(0.77),)))
    assert alarms(Report(findings=(precision(0.75),)))


def test_an_interval_without_width_is_beyond_measure():
    (alarm,) = alarms(Report(findings=(covered(0.5, 0.5, 0.5),)))
    assert math.isinf(alarm.widths)


def test_indistinguishable_needs_fidelity_and_diversity_and_no_alarm():
    good = (kernel(0.0, -1.0, 1.0), covered(0.95, 0.9, 0.99))
    assert indistinguishable(Report(findings=good))
    assert not indistinguishable(Report(findings=good[:1]))
    assert not indistinguishable(Report(findings=(*good, kernel(5.0, 4.0, 6.0))))
    assert not indistinguishable(Report())


def test_what_has_no_interval_or_no_mark_is_not_judged():
    bare = finding("diversity", "coverage", low=None, high=None, floor=0.9)
    unmarked = finding("diversity", "coverage", floor=None)
    assert judged(Report(findings=(bare, unmarked, finding()))) == ()
