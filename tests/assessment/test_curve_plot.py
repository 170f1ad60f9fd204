from xml.etree import ElementTree

import pytest

from cancergan.assessment.curve_plot import curve_plot, line_styles
from cancergan.assessment.findings import Curve, Point
from cancergan.core.errors import BadInputError

CURVE = Curve(
    "T", "t", "cases", "AUC <b>",
    {"real": (Point(20, 0.7, 0.6, 0.8), Point(10, 0.5)), "both": (Point(10, 0.9),)}, 0.5, "chance",
)  # fmt: skip


def drawn(curve):
    return ElementTree.fromstring(curve_plot(curve))


def test_every_point_is_drawn_in_its_place_and_higher_values_higher():
    lines = drawn(CURVE).findall("g")
    assert [len(line.findall("circle")) for line in lines] == [2, 1]
    left, right = lines[0].findall("circle")
    assert float(left.get("cx")) < float(right.get("cx"))
    assert float(left.get("cy")) > float(right.get("cy"))
    assert len(lines[0].findall("line")) == 1  # one of the points has an interval
    assert [line.get("class") for line in lines] == ["line first", "line second"]
    assert line_styles(CURVE) == [("real", "first"), ("both", "second")]


def test_the_drawing_is_told_in_words_and_texts_stay_texts():
    page = drawn(CURVE)
    assert "real: 20.0 gives 0.700, 10.0 gives 0.500" in page.get("aria-label")
    assert [text for text in page.itertext() if text == "AUC <b>"]
    assert page.find("b") is None


def test_a_single_point_is_drawn():
    assert drawn(Curve("", "", "x", "y", {"one": (Point(3, 0.0),)})).find("g/circle") is not None


def test_curves_survive_json_and_broken_ones_are_named():
    from dataclasses import asdict

    assert Curve.from_json(asdict(CURVE)) == CURVE
    with pytest.raises(BadInputError, match="not a finite number"):
        Curve.from_json({**asdict(CURVE), "lines": {"a": [{"x": float("nan"), "y": 1}]}})
    with pytest.raises(BadInputError, match="not readable"):
        Curve.from_json({"title": "no lines"})


def test_numbers_below_the_axis_are_short():
    page = drawn(Curve("", "", "share", "y", {"one": (Point(0.08434, 0.0), Point(249, 1.0))}))
    assert {"0.084", "249"} <= set(page.itertext())
