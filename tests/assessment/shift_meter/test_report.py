import json

from cancergan.assessment.shift_meter.report import Evidence, KindFinding, ShiftReport, in_words
from cancergan.core.estimates import Estimate


def evidence(value: float = 3.1, p: float = 0.0005) -> Evidence:
    return Evidence(
        Estimate(
            family="shift", name="background.fine_detail_0", space="acquisition", value=value,
            low=value - 0.4, high=value + 0.4,
        ),
        p,
    )  # fmt: skip


def report() -> ShiftReport:
    findings = (
        KindFinding("acquisition", "shifted", "Acquisition: shifted.", 0.001, 3.1, (evidence(),)),
        KindFinding("annotation", "may follow", "Annotation: differs.", 0.001, 1.0),
        KindFinding("population", "not tested", "Population: not tested (no attribute)."),
    )
    overall = Evidence(
        Estimate(
            family="shift", name="two_sample_auc", space="overall", value=0.9, low=0.8, high=0.95
        ),
        0.002,
    )
    return ShiftReport(findings, overall, (), "real", "synthetic")


def test_only_shifts_in_their_own_right_are_named():
    assert report().shifted == ("acquisition",)
    assert report()["annotation"].status == "may follow"


def test_a_figure_reads_as_a_sentence():
    assert in_words(evidence()) == (
        "background fine detail 0 +3.10 SD of the reference [2.70, 3.50], p = 0.0005"
    )


def test_lines_are_for_people():
    lines = report().lines()
    assert lines[0] == "synthetic against real"
    assert "tells the cohorts apart (AUC 0.90 [0.80, 0.95], p = 0.0020)" in lines[2]
    assert lines[-1] == "Population: not tested (no attribute)."


def test_the_file_holds_everything(tmp_path):
    report().save(tmp_path / "shift.json")
    read = json.loads((tmp_path / "shift.json").read_text())
    assert read["shifted"] == ["acquisition"]
    assert read["findings"][0]["evidence"][0]["p"] == 0.0005
    assert read["findings"][0]["evidence"][0]["value"] == 3.1
    assert read["overall"]["value"] == 0.9
