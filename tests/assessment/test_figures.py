import re

import pytest

from cancergan.assessment.figures import interval, interval_plot, number
from tests.assessment.findings import finding


def test_figures_are_as_precise_as_their_interval():
    assert interval(finding(value=0.8123, low=0.7, high=0.9)) == "0.81 (0.70 to 0.90)"
    assert interval(finding(value=0.00831, low=0.0, high=0.02)) == "0.008 (0.000 to 0.020)"
    assert interval(finding(value=4321.0, low=4000.0, high=5000.0)) == "4321 (4000 to 5000)"


def test_a_rounded_negative_zero_is_zero():
    assert interval(finding(value=-0.0001, low=-0.1, high=0.1)) == "0.00 (-0.10 to 0.10)"


@pytest.mark.parametrize(("value", "text"), [(99.96, "100"), (0.9999, "1.00"), (-2.345, "-2.35")])
def test_a_lone_figure_has_three_digits(value, text):
    assert number(value) == text


def test_the_plot_is_to_scale():
    svg = interval_plot(finding("diversity", "coverage", value=0.5, low=0.25, high=0.75, floor=1.0))
    (x,) = map(float, re.findall(r'cx="([\d.]+)"', svg))
    left, right = map(float, re.search(r'interval" x1="([\d.]+)" x2="([\d.]+)"', svg).groups())
    floor = float(re.search(r'floor" x1="([\d.]+)"', svg).group(1))
    assert x == pytest.approx(160)  # the middle of an axis from 0 to 1 on a width of 320
    assert (right - left) == pytest.approx(0.5 * (floor - 8), abs=0.2)


def test_a_difference_is_drawn_about_zero():
    svg = interval_plot(finding("utility", "auc_gain_of_adding", value=0.0, low=-0.1, high=0.2))
    assert 'cx="160.0"' in svg
    assert 'class="chance" x1="160.0"' in svg
