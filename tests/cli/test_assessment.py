"""compare, sensitivity and utility through the command line."""

import json
import sys

import pytest

from cancergan.assessment.report import Report
from cancergan.cli import main as cli
from tests.assessment.cohorts import blurred, textures


@pytest.fixture
def run(monkeypatch, capsys):
    """Return (exit code, standard output, lines of standard error) of a command."""

    def run_(*arguments):
        monkeypatch.setattr(sys, "argv", ["cancergan", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err.splitlines()

    return run_


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohorts")
    sides = {"real": 2, "training": 1, "made": 3}
    for name, seed in sides.items():
        textures(40, seed=seed).save(folder / name)
    blurred(textures(40, seed=3), 2).save(folder / "blurred")
    return folder


def test_two_cohorts_are_compared(run, folder):
    code, printed, _ = run(
        "compare", folder / "made", folder / "blurred", "--real", folder / "real",
        "--training", folder / "training", "--effort", "quick", "--json",
    )  # fmt: skip
    assert code == 0
    gaps = {(gap["name"], gap["space"]): gap for gap in json.loads(printed)}
    assert gaps["kernel_distance", "random_convolution"]["better"] == "first"


def test_cohorts_without_real_cases_and_unknown_efforts_are_one_line(run, folder):
    for extra, says in (((), "report.json: not found"), (("--effort", "quik"), '"quick"?')):
        code, printed, complaints = run("compare", folder / "made", folder / "blurred", *extra)
        assert (code, printed, len(complaints)) == (2, "", 1)
        assert says in complaints[0]


def test_utility_prints_its_table_and_writes_a_report(run, folder, tmp_path):
    arguments = ("utility", "--real", folder / "real", "--training", folder / "training",
                 "--synthetic", folder / "made", "--steps", 5, "--seeds", 1)  # fmt: skip
    code, printed, _ = run(*arguments, "--out", tmp_path / "report", "--ratios", "0.5,1")
    assert code == 0
    assert printed.startswith("| trained on | score | gain over the baseline |")
    assert len(Report.open(tmp_path / "report").curves) == 1
    code, _, complaints = run(*arguments, "--out", tmp_path / "other", "--ratios", "half")
    assert code == 2
    assert '--ratios "half": write numbers' in complaints[0]
    assert not (tmp_path / "other").exists()


def test_sensitivity_prints_and_writes_its_table(run, folder, tmp_path):
    textures(60, seed=4).save(tmp_path / "real")
    code, printed, _ = run(
        "sensitivity", "--real", tmp_path / "real", "--effort", "quick", "--out", tmp_path / "t.md"
    )
    assert code == 0
    assert (tmp_path / "t.md").read_text() == printed
    assert printed.count("\n") == 18


def test_an_assessment_takes_an_effort_and_a_space_of_ones_own(run, folder, tmp_path):
    import torch
    import yaml

    from cancergan.core.files import sha256_of

    network = torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3), torch.nn.AdaptiveAvgPool2d(2))
    torch.jit.trace(network, torch.zeros(1, 1, 16, 16)).save(str(tmp_path / "net.pt"))
    stated = {"name": "mine", "file": "net.pt", "sha256": sha256_of(tmp_path / "net.pt"),
              "channels": 1}  # fmt: skip
    (tmp_path / "space.yaml").write_text(yaml.safe_dump(stated))
    arguments = ("assess", "--real", folder / "real", "--synthetic", folder / "made",
                 "--training", folder / "training", "--effort", "quick")  # fmt: skip
    code, printed, _ = run(
        *arguments, "--space", tmp_path / "space.yaml", "--out", tmp_path / "report"
    )
    assert (code, "report.html" in printed) == (0, True)
    report = Report.open(tmp_path / "report")
    assert report.find("fidelity", "kernel_distance", "mine") is not None
    assert report.provenance["settings"]["replicates"] == 60
    assert report.pictures
    (tmp_path / "net.pt").write_bytes(b"another network")
    code, _, complaints = run(
        *arguments, "--space", tmp_path / "space.yaml", "--out", tmp_path / "other"
    )
    assert code == 2
    assert "nothing of it was run" in complaints[0]
    assert not (tmp_path / "other").exists()
