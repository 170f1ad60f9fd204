"""Figure 5 as one study: it stops for its readers, goes on when they are done, and fails closed."""

import json

import pytest

from cancergan import workflow
from cancergan.core.errors import WaitingError
from cancergan.reader_study import access
from cancergan.reader_study.study import Study as ReaderStudy
from tests.reader_study.simulated import read_all

SMALL = {
    "training.steps": 8, "example.cases": 120, "image_size": 32, "study.cases": 60,
    "study.readers": 1, "study.reader_cases": 12, "study.classifier_steps": 4,
}  # fmt: skip


@pytest.mark.slow
def test_it_waits_for_its_readers_and_then_goes_on_to_the_verdict(tmp_path):
    out, said = tmp_path / "study", []
    with pytest.raises(WaitingError, match=r"0 of \d+.*reader-study serve") as waiting:
        workflow.run_study("FIG5", None, out, seeds=1, say=said.append, **SMALL)
    assert waiting.value.exit_code == 3
    assert any("/enter/" in line for line in said)
    assert (out / "report" / "report.json").is_file()
    assert not (out / "verdict.json").exists()

    made = (out / "synthetic" / "cohort.csv").stat().st_mtime_ns
    with pytest.raises(WaitingError):  # asked again too soon: nothing is made twice
        workflow.run_study("FIG5", None, out, seeds=1, say=said.append, **SMALL)
    assert (out / "synthetic" / "cohort.csv").stat().st_mtime_ns == made

    study = ReaderStudy.open(out / "reader_study")
    read_all(study, d_prime=2.0)
    assert all(row["answered"] == row["trials"] for row in access.progress(study.store))
    evidence = workflow.run_study("FIG5", None, out, seeds=1, say=said.append, **SMALL)
    verdict = json.loads((out / "verdict.json").read_text())
    assert not verdict["accepted"]  # eight steps of training must not get through
    assert "Not released" in evidence.notes[-1]
    assert not (out / "bundle").exists()
    report = json.loads((out / "report" / "report.json").read_text())
    assert any(found["family"] == "reader_study" for found in report["findings"])
