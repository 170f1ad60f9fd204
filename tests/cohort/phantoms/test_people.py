import numpy as np
import pytest

from cancergan.cohort.phantoms.people import (
    checked_number,
    checked_range,
    checked_size,
    draw_class,
    draw_person,
    style_of,
)
from cancergan.core.errors import BadInputError
from tests.cohort.phantoms.contract import share_within


def test_people_have_the_asked_age_sex_and_centres():
    random = np.random.default_rng(0)
    people = [draw_person(random, age=(50, 5), female=0.8, centres=4) for _ in range(2000)]
    ages = [person["age"] for person in people]
    assert np.mean(ages) == pytest.approx(50, abs=0.5)
    assert np.std(ages) == pytest.approx(5, abs=0.5)
    assert share_within(sum(person["sex"] == "female" for person in people), 2000, 0.8)
    for centre in range(1, 5):
        assert share_within(sum(p["centre"] == f"centre_{centre}" for p in people), 2000, 0.25)
    pairs = {(person["centre"], person["scanner"]) for person in people}
    assert len(pairs) == 8


def test_classes_are_drawn_by_their_shares():
    random = np.random.default_rng(1)
    drawn = [draw_class(random, {"a": 0.2, "b": 0.5}, "c") for _ in range(3000)]
    for name, share in {"a": 0.2, "b": 0.5, "c": 0.3}.items():
        assert share_within(drawn.count(name), 3000, share)
    assert {draw_class(random, {"a": 1.0, "b": 0.0}, "c") for _ in range(100)} == {"a"}
    assert {draw_class(random, {"a": 0.0}, "c") for _ in range(100)} == {"c"}


def test_a_style_hangs_on_the_name_alone():
    assert style_of("centre_1", "oct").random() == style_of("centre_1", "oct").random()
    others = [("centre_2", "oct"), ("centre_1", "histology")]
    assert all(
        style_of(*other).random() != style_of("centre_1", "oct").random() for other in others
    )


@pytest.mark.parametrize(
    ("mistake", "says"),
    [
        (lambda: draw_person(np.random.default_rng(0), centres=0), "centres is 0"),
        (lambda: draw_class(np.random.default_rng(0), {"a": 1.2}, "b"), "share of a is 1.2"),
        (lambda: draw_class(np.random.default_rng(0), {"a": 0.7, "b": 0.6}, "c"), "more than 1"),
        (lambda: checked_size(8), "size is 8"),
        (lambda: checked_range("lesion_radius", (3.0, 2.0), at_most=9), "lesion_radius is"),
        (lambda: checked_range("lesion_radius", (3.0, 12.0), at_most=9), "from 0 to 9"),
        (lambda: checked_range("lesion_radius", 3.0, at_most=9), "least and the largest"),
    ],
)
def test_mistakes_are_told_in_one_line(mistake, says):
    with pytest.raises(BadInputError, match=says) as told:
        mistake()
    assert "\n" not in str(told.value)


def test_good_values_pass():
    assert checked_size(64) == 64
    assert checked_range("lesion_radius", [2, 3], at_most=9) == (2.0, 3.0)


def test_numbers_keep_their_bounds():
    assert checked_number("noise", 0.0) == 0.0
    with pytest.raises(BadInputError, match=r"noise is -1; give at least 0\."):
        checked_number("noise", -1)
    with pytest.raises(BadInputError, match=r"share is 2; give at least 0 and at most 0\.95\."):
        checked_number("share", 2, at_most=0.95)
