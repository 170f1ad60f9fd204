"""The command line of a reader study, from cohorts to an analysis."""

import re

from typer.testing import CliRunner

from cancergan.cli.main import app
from cancergan.reader_study.study import Study
from tests.data import blobs
from tests.reader_study.simulated import read_all


def run(*words):
    return CliRunner().invoke(app, ["reader-study", *map(str, words)])


def test_from_cohorts_to_an_analysis(tmp_path):
    blobs(24).save(tmp_path / "real")
    blobs(24, seed=1).save(tmp_path / "synthetic")
    study = tmp_path / "study"
    made = run(
        "create", "--real", tmp_path / "real", "--synthetic", tmp_path / "synthetic", "--out",
        study, "--readers", 3, "--gap", 2, "--repeats", 0.2,
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "takes 214 readings" in made.output
    assert "Under-powered" in made.output
    links = run("invite", study, "--url", "https://lab.example/")
    assert len(re.findall(r"https://lab\.example/enter/\S{43}\n", links.output)) == 3
    assert "administrator: http" in run("invite", study, "--administrator").output
    assert "reader 2: link ended" in run("revoke", study, "--reader", 2).output
    state = run("status", study).output
    assert "revoked" in state
    assert "locked: no" in state
    assert "locked_at" in run("status", study, "--json").output
    refused = run("analyse", study, "--out", tmp_path / "early")
    assert "still being read" in str(refused.exception)
    read_all(Study.open(study))
    assert "locked: 20" in run("lock", study).output
    done = run("analyse", study, "--out", tmp_path / "analysis")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "analysis" / "analysis.html").is_file()
    assert run("export", study, tmp_path / "study.zip").exit_code == 0
    assert run("import", tmp_path / "study.zip", tmp_path / "back").exit_code == 0
    assert Study.open(tmp_path / "back").locked_at == Study.open(study).locked_at


def test_wrong_words_are_one_clear_line(tmp_path):
    blobs(12).save(tmp_path / "real")
    both = ("--real", tmp_path / "real", "--synthetic", tmp_path / "real")
    wrong = run("create", *both, "--out", tmp_path / "s", "--design", "2-afc")
    assert 'did you mean "2afc"' in str(wrong.exception)
    wrong = run("create", *both, "--out", tmp_path / "s", "--readers", 0)
    assert "readers" in str(wrong.exception)
    wrong = run("invite", tmp_path)
    assert "is no reader study" in str(wrong.exception)
    assert not (tmp_path / "s").exists()


def test_one_reader_is_renamed_and_a_wrong_number_is_named(tmp_path):
    blobs(12).save(tmp_path / "real")
    blobs(12, seed=1).save(tmp_path / "synthetic")
    run(
        "create", "--real", tmp_path / "real", "--synthetic", tmp_path / "synthetic", "--out",
        tmp_path / "s", "--gap", 0, "--training", 0,
    )  # fmt: skip
    run("invite", tmp_path / "s", "--reader", 1, "--name", "Reader A")
    assert "Reader A" in run("status", tmp_path / "s").output
    wrong = run("invite", tmp_path / "s", "--reader", 9)
    assert "readers 1 to 5" in str(wrong.exception)
    wrong = run("invite", tmp_path / "s", "--name", "X")
    assert "name it with --reader" in str(wrong.exception)
