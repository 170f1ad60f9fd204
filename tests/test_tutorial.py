"""The tutorial does what it says: every Python block and every command, on small images."""

import contextlib
import io
import json
import re
import shlex
import shutil
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import cancergan
from cancergan.assessment.gate import Verdict
from cancergan.cli.main import app
from cancergan.cohort import Cohort
from tests.data import blobs

TUTORIAL = Path(__file__).parents[1] / "docs" / "tutorial.md"
BLOCK = re.compile(
    r'^(?P<indent> *)```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n'
    r"(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
CLASSES = {"class_0": "benign", "class_1": "malignant"}


def blocks(language):
    """Return (title, code) of the tutorial's blocks in one language, in order."""
    found = BLOCK.finditer(TUTORIAL.read_text(encoding="utf-8"))
    return [(b["title"], dedent(b["code"])) for b in found if b["language"] == language]


def commands():
    """Return the tutorial's commands as lists of arguments, without the program's name."""
    lines = [line for _, code in blocks("bash") for line in code.splitlines() if line]
    assert all(line.startswith("cancergan ") for line in lines)
    return [shlex.split(line)[1:] for line in lines]


def write_files(folder):
    """Write what the tutorial takes for granted: images in class folders, and its YAML files."""
    for number, case in enumerate(blobs(120)):
        path = folder / "my_images" / CLASSES[case.attributes["label"]]
        path.mkdir(parents=True, exist_ok=True)
        name = f"P{number // 2 + 1:03d}_{number % 2 + 1}.png"
        Image.fromarray(case.image[0].astype(np.uint8)).save(path / name)
    for title, code in blocks("yaml"):
        (folder / title).write_text(code, encoding="utf-8")


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory):
    """Run the Python blocks in one folder and the commands in another."""
    by_python = tmp_path_factory.mktemp("by_python")
    by_command = tmp_path_factory.mktemp("by_command")
    write_files(by_python)
    names = {}
    with contextlib.chdir(by_python), contextlib.redirect_stdout(io.StringIO()) as printed:
        for _, code in blocks("python"):
            exec(compile(code, str(TUTORIAL), "exec"), names)
    for shared in ("my_images", "my_policy.yaml"):  # the table of patients is written in Python
        copy = shutil.copytree if (by_python / shared).is_dir() else shutil.copy
        copy(by_python / shared, by_command / shared)
    results = []
    with contextlib.chdir(by_command), pytest.MonkeyPatch.context() as patch:
        # The standard effort, which the command takes, would last half a minute.
        efforts = "cancergan.assessment.settings.AssessmentSettings.of_effort"
        patch.setattr(efforts, lambda effort, **settings: names["little"])
        for arguments in commands():
            result = CliRunner().invoke(app, arguments)
            if result.exception and not isinstance(result.exception, SystemExit):
                raise result.exception
            results.append((" ".join(arguments), result))
    return SimpleNamespace(
        names=names,
        printed=printed.getvalue(),
        folders={"python": by_python, "command": by_command},
        results=results,
    )


def test_there_is_something_to_run():
    assert len(blocks("python")) >= 10
    verbs = {arguments[0] for arguments in commands()}
    assert verbs == {"cohort", "train", "synthesise", "assess", "gate", "release"}


def test_the_table_names_the_patients_and_no_split_cuts_one(tutorial):
    assert tutorial.names["cohort"].unit_is_known
    assert tutorial.names["cohort"].table["patient_id"].nunique() == 60
    for folder in tutorial.folders.values():
        parts = {name: Cohort.open(folder / "parts" / name) for name in ("train", "test")}
        patients = [set(part.table["patient_id"]) for part in parts.values()]
        assert not patients[0] & patients[1]
        assert len(parts["train"]) == 84


@pytest.mark.parametrize("way", ["python", "command"])
def test_the_run_was_resumed_and_left_its_record(tutorial, way):
    run = cancergan.Run.open(tutorial.folders[way] / "runs" / "first")
    state = json.loads((run.checkpoints / "state.json").read_text())
    assert state["step"] == run.recipe.training.steps == 40
    assert run.trained_on.preparation.spatial == (16, 16)
    listed = re.findall(r"^\| `([\w.]+)/?` \|", TUTORIAL.read_text(), re.MULTILINE)
    assert len(listed) == 7
    assert {path.name for path in run.path.iterdir()} == set(listed)
    shown = {path.stem for path in run.samples.glob("*.png")}
    assert {"real", "00000000", "00000020", "00000040"} <= shown


@pytest.mark.parametrize("way", ["python", "command"])
def test_the_synthetic_cohorts_have_the_classes_that_were_asked_for(tutorial, way):
    folder = tutorial.folders[way]
    synthetic = Cohort.open(folder / "synthetic")
    assert synthetic.table["label"].value_counts().to_dict() == {"benign": 40, "malignant": 40}
    assert len(Cohort.open(folder / "pictures")) == 80
    if way == "python":
        malignant, mixed = tutorial.names["malignant"], tutorial.names["mixed"]
    else:
        malignant, mixed = Cohort.open(folder / "malignant"), Cohort.open(folder / "mixed")
    assert set(malignant.table["label"]) == {"malignant"}
    assert mixed.table["label"].value_counts().to_dict() == {"malignant": 30, "benign": 10}


def test_both_ways_make_the_same_cohort(tutorial):
    prints = {Cohort.open(f / "synthetic").fingerprint for f in tutorial.folders.values()}
    assert len(prints) == 1


@pytest.mark.parametrize("way", ["python", "command"])
def test_the_report_has_its_views_and_every_finding_is_explained(tutorial, way):
    report = cancergan.Report.open(tutorial.folders[way] / "report")
    names = {path.name for path in (tutorial.folders[way] / "report").iterdir()}
    assert names == {"report.json", "report.html", "card.md", "model_card.md", "pictures"}
    assert {finding.family for finding in report.findings} == {
        "fidelity", "diversity", "condition", "utility", "privacy", "uncertainty",
    }  # fmt: skip
    explained = (TUTORIAL.parent / "reports.md").read_text(encoding="utf-8")
    assert [f.name for f in report.findings if f"`{f.name}`" not in explained] == []


def test_both_ways_find_the_same(tutorial):
    reports = [cancergan.Report.open(folder / "report") for folder in tutorial.folders.values()]
    assert reports[0].findings == reports[1].findings


def test_the_policy_refuses_this_cohort_for_its_texture_and_nothing_is_released(tutorial):
    verdict = tutorial.names["verdict"]
    assert isinstance(verdict, Verdict)
    assert verdict.policy == "joining a training set"
    assert not verdict.accepted
    judged = {(r.rule.name, r.finding.space): r.passed for r in verdict.reasons if r.finding}
    assert judged["balanced_accuracy", "task"]
    assert judged["coverage", "encoder"]
    assert not judged["coverage", "random_convolution"]
    assert "not released: refused by policy" in tutorial.printed
    for arguments, result in tutorial.results:
        refused = arguments.startswith(("gate", "release"))
        assert result.exit_code == (1 if refused else 0), (arguments, result.output)
    assert not any((folder / "bundle").exists() for folder in tutorial.folders.values())
