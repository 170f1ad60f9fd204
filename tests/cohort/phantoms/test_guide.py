"""The page about phantoms names all of them, and its code runs."""

import re
from pathlib import Path

import pytest

from cancergan.cohort.phantoms import phantom, phantoms

PAGE = Path(__file__).parents[3] / "docs" / "phantoms.md"


def blocks():
    return re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def test_the_page_names_every_phantom():
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in phantoms if f"`{name}`" not in text] == []


def test_the_example_of_drawing_runs():
    names = {}
    exec(blocks()[0].replace("200", "2"), names)
    assert len(names["cohort"]) == 2


def test_the_example_of_a_table_says_what_it_gives():
    names = {"phantom": phantom}
    exec(blocks()[1], names)
    assert names["trial"].provenance["truth"]["naive_bias"] == pytest.approx(1.2397, abs=1e-4)


def test_the_example_of_an_own_phantom_runs(monkeypatch):
    monkeypatch.setattr(phantoms, "_things", dict(phantoms))
    exec(blocks()[2], {})
    case = phantom("cyst", 3, radius=12.0)[2]
    assert case.mask.sum() == pytest.approx(3.14159 * 144, rel=0.06)
    assert case.image[0][case.mask == 1].mean() < 0.2 * case.image[0][case.mask == 0].mean()
