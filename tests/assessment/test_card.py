from dataclasses import replace

from cancergan.assessment.card import render_card
from tests.assessment.findings import finding, report

PILLARS = ["Thoroughness", "Reproducibility", "Usefulness", "Scalability", "Tenability"]


def answers(text):
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[0].removeprefix("| "): row[1].removesuffix(" |") for row in rows}


def test_the_five_pillars_stand_in_order():
    text = render_card(report())
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert headings == PILLARS


def test_items_are_answered_from_findings_and_provenance_or_not_at_all():
    card = answers(render_card(report()))
    assert card["Seed"] == "0"
    assert card["Real cases, patients and classes"] == "cases 40"
    assert "0.90 (0.80 to 0.95)" in card["The images show what was asked for"]
    assert card["Memorisation of training cases"] == "not stated"
    assert card["Study with expert readers"] == "not stated"


def test_an_answer_cannot_break_its_table():
    hostile = replace(
        report(),
        findings=(),
        provenance={"purpose": "a | b\n# c <script>"},
    )
    text = render_card(hostile)
    assert answers(text)["Task and clinical need"] == "a \\| b # c &lt;script&gt;"


def test_skipped_measurements_are_told():
    assert "Needs the training cohort." in render_card(report())


def test_a_finding_without_interval_is_given_as_its_value():
    bare = replace(report(), findings=(finding("fairness", "gap", low=None, high=None),))
    assert answers(render_card(bare))["Figures for subgroups"] == "gap [encoder]: 2.00"
