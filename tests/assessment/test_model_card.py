from dataclasses import replace

from cancergan.assessment.findings import Skipped
from cancergan.assessment.model_card import render_model_card
from tests.assessment.findings import report


def told(**provenance):
    return render_model_card(replace(report(), provenance=provenance))


def test_it_says_how_the_cohort_was_made_and_from_whom():
    text = told(
        synthetic={"cases": 90, "provenance": {"recipe": {"name": "cgan"}, "step": 300}},
        training={"cases": 60, "patients": 50, "classes": {"benign": 40, "malignant": 20},
                  "fingerprint": "abcd"},
    )  # fmt: skip
    assert "- recipe.name: cgan\n- step: 300\n" in text
    assert "| training | 60 | 50 | benign 40, malignant 20 | abcd |" in text
    assert "| synthetic | 90 | not stated | not stated | not stated |" in text


def test_limits_are_cautions_and_what_was_not_measured():
    text = told()
    assert "- Two real cases are equal." in text
    assert "- Not measured: privacy. Needs the training cohort." in text
    assert "does not say how it was made" in text
    assert "Intended use, licence and contact: not stated" in text


def test_every_use_has_its_verdict():
    assert told().count("| unmeasured |") >= 2


def test_hostile_texts_stay_in_their_line():
    hostile = replace(report(), skipped=(Skipped("f", "n", "a\n# <script>"),))
    text = render_model_card(hostile)
    assert "a # &lt;script&gt;" in text
    assert "<script>" not in text
