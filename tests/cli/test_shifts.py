import json

import pytest
from typer.testing import CliRunner

from cancergan.cli.main import app
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.data import blobs, shared

run = CliRunner()


@pytest.fixture
def folder(tmp_path):
    blobs(48).save(tmp_path / "cohort")
    return tmp_path / "cohort"


def test_shift_writes_what_the_library_makes(folder, tmp_path):
    out = tmp_path / "shifted"
    said = run.invoke(
        app,
        ["cohort", "shift", str(folder), "--out", str(out), "--acquisition", "0.5:noise",
         "--prevalence", "0.5:class_1", "--seed", "3"],
    )  # fmt: skip
    assert said.exit_code == 0, said.output
    written = Cohort.open(out)
    assert f"{len(written)} of 48 cases" in said.output
    assert [s["strength"] for s in written.provenance["shifts"]] == [0.5, 0.5]
    assert written.provenance["shifts"][1]["mechanism"] == "noise"


def test_compare_prints_a_sentence_for_each_kind_and_writes_json(folder, tmp_path):
    other, report = tmp_path / "other", tmp_path / "report.json"
    blobs(48, seed=1).shifted(acquisition=0.8).save(other)
    said = run.invoke(app, ["cohort", "compare", str(folder), str(other), "--out", str(report)])
    assert said.exit_code == 0, said.output
    for kind in ("Population", "Prevalence", "Manifestation", "Acquisition", "Annotation"):
        assert f"{kind}: " in said.output
    assert json.loads(report.read_text())["shifted"] == ["acquisition"]
    again = run.invoke(app, ["cohort", "compare", str(folder), str(other), "--json"])
    assert json.loads(again.stdout) == json.loads(report.read_text())


def test_rebalance_prints_the_table_and_the_next_command(folder):
    said = run.invoke(
        app, ["cohort", "rebalance", str(folder), "--target", "class_0=.4,class_1=.6"]
    )
    assert said.exit_code == 0, said.output
    assert "synthetic cases to make" in said.output
    assert "--cases 12 --condition class_1=1" in said.output


def test_rebalance_refuses_the_test_part(folder):
    said = run.invoke(app, ["cohort", "rebalance", str(folder), "--part", "test"])
    assert isinstance(said.exception, BadInputError)


def test_a_strength_that_is_no_number_is_told(folder, tmp_path):
    said = run.invoke(
        app, ["cohort", "shift", str(folder), "--out", str(tmp_path / "x"), "--annotation", "much"]
    )
    assert isinstance(said.exception, BadInputError)
    assert "write a strength from 0 to 1" in str(said.exception)
    assert not (tmp_path / "x").exists()


def test_real_ultrasound_through_the_command_line(tmp_path):
    busi = Cohort.open(shared("busi")).select("index % 8 == 0")
    busi.save(tmp_path / "busi")
    said = run.invoke(
        app,
        ["cohort", "shift", str(tmp_path / "busi"), "--out", str(tmp_path / "b"), "--annotation",
         "0.7:dilation"],
    )  # fmt: skip
    assert said.exit_code == 0, said.output
    said = run.invoke(app, ["cohort", "compare", str(tmp_path / "busi"), str(tmp_path / "b")])
    assert "Annotation: shifted" in said.output
    assert "Acquisition: no shift found" in said.output
