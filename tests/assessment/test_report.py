import json
from dataclasses import replace

import pytest

from cancergan.assessment.findings import Row
from cancergan.assessment.report import Report
from cancergan.core.errors import BadInputError
from tests.assessment.findings import finding, report


def test_report_survives_the_round_trip_through_its_folder(tmp_path):
    original = report()
    original.save(tmp_path / "out")
    assert Report.open(tmp_path / "out") == original
    assert Report.open(tmp_path / "out" / "report.json") == original


def test_json_has_the_published_schema(tmp_path):
    report().save(tmp_path)
    content = json.loads((tmp_path / "report.json").read_text())
    assert set(content) == {"findings", "skipped", "curves", "cautions", "provenance"}
    always = {"family", "name", "space", "value", "low", "high", "n_real", "n_synthetic"}
    assert all(always <= set(found) for found in content["findings"])
    assert content["findings"][0]["floor"] == 0.5
    assert content["skipped"] == [
        {"family": "privacy", "name": "*", "reason": "Needs the training cohort."}
    ]


def test_saving_writes_the_three_views_the_pictures_and_nothing_else(tmp_path):
    report().save(tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "report.json",
        "report.html",
        "card.md",
        "model_card.md",
        "pictures",
    }


def test_an_opened_report_shows_its_pictures_again(tmp_path):
    report().save(tmp_path / "first")
    Report.open(tmp_path / "first").save(tmp_path / "second")
    pages = [(tmp_path / name / "report.html").read_text() for name in ("first", "second")]
    assert pages[0] == pages[1]
    assert pages[1].count("data:image/png") == 2


def test_without_real_pictures_only_rows_of_synthetic_ones_are_left():
    original = report()
    synthetic = Row("made", (original.pictures[0].rows[0].pictures[1],))
    panel = replace(original.pictures[0], rows=(*original.pictures[0].rows, synthetic))
    bare = replace(original, pictures=(panel, *original.pictures)).without_real_pictures()
    assert [panel.rows for panel in bare.pictures] == [(synthetic,)]
    assert bare == original  # the figures are the same


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[]", '"findings" is missing'),
        ('{"findings": [], "provenance": {}}', '"skipped" is missing'),
        ('{"findings": [{"name": "x"}], "skipped": [], "provenance": {}}', "finding x"),
        ('{"findings": [], "skipped": [{"why": 1}], "provenance": {}}', "skipped measurement"),
        (
            '{"findings": [], "skipped": [], "provenance": {}, "curves": [{"lines": 1}]}',
            "curve .* not readable",
        ),
        ("{", "is not JSON"),
    ],
)
def test_a_broken_report_is_named(tmp_path, content, says):
    path = tmp_path / "report.json"
    path.write_text(content)
    with pytest.raises(BadInputError, match=says) as error:
        Report.open(path)
    assert str(path) in str(error.value)


def test_a_report_with_a_figure_that_is_no_number_is_refused(tmp_path):
    content = report().to_json()
    content["findings"][0]["value"] = float("nan")
    (tmp_path / "report.json").write_text(json.dumps(content))
    with pytest.raises(BadInputError, match="value is nan"):
        Report.open(tmp_path)


def test_a_missing_report_is_named(tmp_path):
    with pytest.raises(BadInputError, match="not found"):
        Report.open(tmp_path)


def test_a_finding_without_an_interval_still_saves(tmp_path):
    bare = Report(findings=(finding(low=None, high=None),))
    bare.save(tmp_path)
    assert Report.open(tmp_path) == bare
    assert "no interval" in (tmp_path / "report.html").read_text()
