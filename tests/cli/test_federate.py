"""The command ``cancergan federate``."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cancergan.cli.main import app
from cancergan.core.errors import BadInputError
from tests.data import blobs

SMALL = [
    "--set", "image_size=16", "--set", "training.steps=2", "--set", "training.batch_size=4",
    "--set", "game.generator.options.width=4", "--set", "game.discriminator.options.width=4",
]  # fmt: skip


def run(*arguments):
    return CliRunner().invoke(app, ["federate", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def cohort(tmp_path):
    whole = blobs(32)
    table = whole.table.assign(centre=["north", "north", "south", "south"] * 8)
    images = [case.image.astype("uint8") for case in whole]
    type(whole).from_arrays(images, table).save(tmp_path / "cohort")
    return tmp_path / "cohort"


def test_simulate_prints_what_left_a_hospital_and_the_run_synthesises(tmp_path, cohort):
    done = run("simulate", "cgan", "--cohort", cohort, "--by", "centre", "--out",
               tmp_path / "run", *SMALL)  # fmt: skip
    assert done.exit_code == 0
    assert "what left north" in done.output
    assert "from hospital  gradient" in done.output
    ledger = run("ledger", tmp_path / "run" / "hospitals" / "south" / "ledger.jsonl")
    assert "to hospital    images" in ledger.output
    made = CliRunner().invoke(
        app, ["synthesise", str(tmp_path / "run"), "--cases", "3", "--out", str(tmp_path / "made")]
    )
    assert made.exit_code == 0


def test_a_run_is_resumed(tmp_path, cohort):
    place = ["simulate", "cgan", "--cohort", cohort, "--by", "centre", "--out", tmp_path / "run"]
    run(*place, *SMALL)
    assert run(*place, *SMALL, "--resume", "--set", "training.steps=3").exit_code == 0
    with pytest.raises(BadInputError, match="exists already"):
        run(*place, *SMALL)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--cohort", "x"], "give --cohort FOLDER --by COLUMN"),
        (["--site", "north"], "write NAME=FOLDER"),
    ],
)
def test_hospitals_must_be_named(tmp_path, arguments, line):
    with pytest.raises(BadInputError, match=line):
        run("simulate", "cgan", "--out", tmp_path / "run", *arguments)


def test_a_window_and_settings_that_cannot_be_read_are_named(tmp_path, cohort):
    place = ["simulate", "cgan", "--cohort", cohort, "--by", "centre", "--out", tmp_path / "run"]
    with pytest.raises(BadInputError, match="write low:high"):
        run(*place, *SMALL, "--window", "0-255")
    with pytest.raises(BadInputError, match='unknown key "modus"'):
        run(*place, *SMALL, "--federation", "modus=synchronous")
    assert not (tmp_path / "run").exists()


def test_help_loads_no_networks():
    script = (
        "import sys; from cancergan.cli.main import app; "
        "import cancergan.cli.federate; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'nvflare', 'sklearn')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
