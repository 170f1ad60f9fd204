"""A reader study enters the report of the cohort that was read, and a policy binds it."""

from dataclasses import replace

import pytest

from cancergan.assessment.gate import gate
from cancergan.assessment.html import render_html
from cancergan.assessment.policy import Policy, Rule
from cancergan.assessment.readers import with_reader_study
from cancergan.assessment.report import Report
from cancergan.core.errors import BadInputError
from cancergan.reader_study.analysis import analyse
from tests.assessment.findings import finding
from tests.reader_study.rooms import small_study
from tests.reader_study.simulated import read_all


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    folder = tmp_path_factory.mktemp("read")
    study = small_study(folder, n=60, readers=3, repeats=0.0, informed=False, training=0)
    read_all(study, d_prime=1.5)
    return study, analyse(study).save(folder / "analysis")


def report_of(study):
    seen = study.record["synthetic"]["fingerprint"]
    return Report(findings=(finding(),), provenance={"synthetic": {"fingerprint": seen}})


def test_findings_join_the_report_once_and_survive_saving(read, tmp_path):
    study, folder = read
    report = with_reader_study(with_reader_study(report_of(study), folder), folder)
    assert len(report.select("reader_study", "reader_auc")) == 1
    assert report.provenance["reader_study"]["synthetic"] == study.record["synthetic"]
    again = Report.open(report.save(tmp_path / "report"))
    assert again.findings == report.findings
    page = render_html(report)
    assert "Can people tell them apart?" in page
    assert "area under the ROC curve" in page


def test_a_policy_binds_what_readers_found(read):
    study, folder = read
    report = with_reader_study(report_of(study), folder)
    rule = Rule(family="reader_study", name="reader_accuracy_equivalence", at_most=0.6)
    verdict = gate(report, Policy(name="turing", rules=(rule,)))
    assert not verdict.accepted
    kind = Rule(family="reader_study", name="reader_accuracy", at_most=0.99)
    assert gate(report, Policy(name="turing", rules=(kind,))).accepted
    missing = gate(report_of(study), Policy(name="turing", rules=(kind,)))
    assert not missing.accepted


def test_a_study_of_another_cohort_is_refused(read):
    study, folder = read
    other = replace(report_of(study), provenance={"synthetic": {"fingerprint": "0" * 16}})
    with pytest.raises(BadInputError, match="readers saw the synthetic cohort"):
        with_reader_study(other, folder)
