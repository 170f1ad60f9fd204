"""The gate at the command line: build, calibrate, check, and its exit codes."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from cancergan.cli import main as cli
from cancergan.core.files import sha256_of
from tests.data import blobs


@pytest.fixture
def run(monkeypatch, capsys):
    def run_(*arguments):
        monkeypatch.setattr(sys, "argv", ["cancergan", "gatekeeper", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err.splitlines()

    return run_


@pytest.fixture
def gate(tmp_path, run):
    blobs(60).save(tmp_path / "simulated")
    code, printed, _ = run(
        "build", tmp_path / "gate", "--cohort", tmp_path / "simulated", "--positive", "class_1",
        "--required", 0.7, "--shift", "acquisition:0.3:noise",
    )  # fmt: skip
    assert code == 0
    assert "suite small lesions: left out" not in printed
    return tmp_path / "gate"


def answers_of(gate, quality, seed=0):
    truth = pd.read_csv(gate / "keep/truth.csv").drop_duplicates("case_id")
    odds = quality * (truth["positive"] - 0.5) + np.random.default_rng(seed).normal(size=len(truth))
    return truth[["case_id"]].assign(probability=1 / (1 + np.exp(-odds)))


def test_a_model_is_refused_without_calibration_and_admitted_with_it(run, gate):
    rows = []
    for at in range(24):
        answers_of(gate, at / 4, seed=at).to_csv(gate / f"m{at}.csv", index=False)
        rows.append({"model": f"m{at}", "real": 0.5 + at / 50, "answers": f"m{at}.csv"})
    good = gate / "m23.csv"
    code, printed, _ = run("check", gate, "--answers", good)
    assert code == 1
    assert "too few to judge by" in printed
    pd.DataFrame(rows).to_csv(gate / "models.csv", index=False)
    code, printed, _ = run("calibrate", gate, gate / "models.csv")
    assert code == 0
    assert "24 models: rank correlation" in printed
    code, printed, _ = run("check", gate, "--answers", good, "--json")
    assert (code, json.loads(printed)["admitted"]) == (0, True)
    assert run("check", gate, "--answers", gate / "m1.csv")[0] == 1


def test_a_network_in_a_file_is_asked(run, gate):
    """The blob of class 1 lies lower right: a network that weighs that corner finds it."""

    class Corner(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return (images[:, :, 8:, 8:].mean((1, 2, 3)) - images[:, :, :8, :8].mean((1, 2, 3)))[
                :, None
            ]

    torch.jit.trace(Corner(), torch.zeros(1, 1, 16, 16)).save(str(gate / "corner.pt"))
    (gate / "corner.yaml").write_text(
        f"name: corner\nfile: corner.pt\nsha256: {sha256_of(gate / 'corner.pt')}\nchannels: 1\n"
    )
    code, printed, _ = run("check", gate, "--model", gate / "corner.yaml", "--json")
    assert code == 1  # nothing is known of real scores
    assert json.loads(printed)["suites"]["as drawn"]["value"] > 0.95


def test_answers_that_are_none_exit_with_2(run, gate):
    for arguments, says in (
        ((), "one of the two"),
        (("--answers", gate / "absent.csv"), "not found"),
        (("--answers", gate / "gate.json"), ""),
    ):
        code, _, complaints = run("check", gate, *arguments)
        assert (code, len(complaints)) == (2, 1)
        assert says in complaints[0]
