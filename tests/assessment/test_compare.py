from dataclasses import replace

import pytest

from cancergan.assessment.compare import compare_cohorts, compare_reports
from cancergan.assessment.report import Report
from cancergan.core.errors import BadInputError
from tests.assessment.cohorts import QUICK, blurred, changed, textures
from tests.assessment.findings import finding

REAL, TRAINING, MADE = textures(40, seed=2), textures(48, seed=1), textures(40, seed=3)


def gaps(first, second):
    found = compare_cohorts(
        real=REAL, first=first, second=second, training=TRAINING, settings=QUICK
    )
    return {(gap.name, gap.space): gap for gap in found}


@pytest.fixture(scope="module")
def against_blur():
    return gaps(MADE, blurred(MADE, 2))


def test_the_sharper_cohort_is_better_whichever_comes_first(against_blur):
    there = against_blur["kernel_distance", "random_convolution"]
    back = gaps(blurred(MADE, 2), MADE)["kernel_distance", "random_convolution"]
    assert (there.better, back.better) == ("first", "second")
    assert there.interval[1] < 0 < back.interval[0]
    assert (back.first, back.second) == (there.second, there.first)
    assert there.difference == pytest.approx(there.first - there.second)
    assert against_blur["coverage", "random_convolution"].better == "first"


def test_every_metric_is_compared_in_every_space(against_blur):
    spaces = {space for _, space in against_blur}
    assert spaces == {"encoder", "random_convolution", "radiomics"}
    assert len(against_blur) == len(spaces) * 5


def test_a_cohort_is_no_better_than_another_of_the_same_kind():
    found = gaps(MADE, textures(40, seed=4))
    assert {gap.better for gap in found.values()} == {"undecided"}


def test_a_cohort_against_itself_differs_by_nothing():
    found = gaps(MADE, changed(MADE, lambda images: images, name="t"))
    assert {gap.difference for gap in found.values()} == {0.0}
    assert {gap.better for gap in found.values()} == {"undecided"}
    assert all(gap.interval[0] < 0 < gap.interval[1] for gap in found.values())


def test_what_no_geometry_is_fair_to_is_refused():
    with pytest.raises(BadInputError, match="different windows or image sizes"):
        gaps(MADE, textures(40, seed=4, size=20))


def test_reports_compare_only_where_both_were_measured_alike():
    first = Report(findings=(finding(value=2.0),))
    (gap,) = compare_reports(first, Report(findings=(finding(value=1.5),)))
    assert (gap.difference, gap.interval, gap.better) == (0.5, None, "undecided")
    assert "no interval" in str(gap)
    other = replace(finding(), fingerprint="another")
    with pytest.raises(BadInputError, match="do not compare: fingerprint"):
        compare_reports(first, Report(findings=(other,)))
    with pytest.raises(BadInputError, match="share no finding"):
        compare_reports(first, Report())
