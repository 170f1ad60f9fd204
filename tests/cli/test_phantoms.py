import sys

import pytest
import yaml
from PIL import Image

from cancergan.cohort import Cohort
from cancergan.cohort.phantoms import phantom, phantoms
from tests.cli.test_main import in_a_fresh_process, run  # noqa: F401


def test_help_imports_nothing_heavy():
    printed, imported = in_a_fresh_process("phantoms", "--help")
    assert any("make" in line for line in printed)
    assert imported == []


def test_the_list_names_every_phantom_and_imports_nothing_heavy():
    printed, imported = in_a_fresh_process("phantoms", "list")
    assert [line.split()[0] for line in printed] == list(phantoms)
    assert imported == []


def test_make_saves_the_cohort_that_python_draws(run, tmp_path):  # noqa: F811
    out = tmp_path / "eyes"
    options = ["--cases", 3, "--seed", 5, "--set", "size=64", "--set", "lesion_radius=[0.7, 0.9]"]
    code, printed, _ = run("phantoms", "make", "oct", "--out", out, *options)
    assert (code, printed) == (0, f"phantom cohort: {out}  (3 cases)\n")
    drawn = phantom("oct", 3, seed=5, size=64, lesion_radius=(0.7, 0.9))
    assert Cohort.open(out).fingerprint == drawn.fingerprint


SMALL = {
    "abdomen_petct": "[48, 52]",
    "brain_mri": "[48, 52]",
    "head_face": "24",
    "head_neck_dose": "[49, 50]",
    "lung_ct": "[48, 52]",
    "tumour_growth": "[48, 52]",
}


@pytest.mark.parametrize("name", list(phantoms))
def test_every_phantom_is_made_and_opens_as_it_was_drawn(run, tmp_path, name):  # noqa: F811
    options = {"size": yaml.safe_load(SMALL[name])} if name in SMALL else {}
    settings = [part for key, value in options.items() for part in ("--set", f"{key}={value}")]
    code, _, _ = run("phantoms", "make", name, "--out", tmp_path / "made", "--cases", 2, *settings)
    assert code == 0
    made, drawn = Cohort.open(tmp_path / "made"), phantom(name, 2, **options)
    assert made.fingerprint == drawn.fingerprint
    assert made.provenance == drawn.provenance


def test_a_missing_extra_is_one_line(run, tmp_path, monkeypatch):  # noqa: F811
    from cancergan.cohort.phantoms import brain_mri
    from cancergan.cohort.phantoms.brain import atlas

    monkeypatch.setattr(brain_mri, "atlas", atlas.__wrapped__)
    monkeypatch.setitem(sys.modules, "nilearn", None)
    code, _, errors = run("phantoms", "make", "brain_mri", "--out", tmp_path / "x", "--cases", 1)
    assert code == 2
    assert len(errors) == 1
    assert "pip install 'cancergan[phantoms]'" in errors[0]
    assert not (tmp_path / "x").exists()


def test_show_prints_options_and_limits(run):  # noqa: F811
    code, printed, _ = run("phantoms", "show", "dermoscopy")
    assert code == 0
    assert "Not realistic" in printed
    assert "prevalence" in printed


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["make", "ocd", "--out", "x"], 'unknown phantom "ocd"; did you mean "oct"?'),
        (["make", "oct", "--out", "x", "--set", "sise=9"], 'did you mean "size"?'),
        (["make", "oct", "--out", "x", "--set", "size"], "write key=value"),
        (["make", "oct", "--out", "x", "--cases", "0"], "cases is 0"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(run, tmp_path, monkeypatch, arguments, says):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    code, _, errors = run("phantoms", *arguments)
    assert code == 2
    assert len(errors) == 1
    assert says in errors[0]
    assert list(tmp_path.iterdir()) == []


def test_sheet_writes_a_picture(run, tmp_path, monkeypatch):  # noqa: F811
    from cancergan.cohort.phantoms import contact_sheet

    monkeypatch.setattr(contact_sheet, "phantoms", ["oct"])
    code, printed, _ = run("phantoms", "sheet", "--out", tmp_path / "s.png", "--columns", 1)
    assert code == 0
    assert "(1 phantoms)" in printed
    assert Image.open(tmp_path / "s.png").height == contact_sheet.SIDE


def test_a_sheet_of_some(run, tmp_path):  # noqa: F811
    wanted = ["--only", "oct", "--only", "tumour_growth"]
    code, printed, _ = run(
        "phantoms", "sheet", "--out", tmp_path / "s.png", "--columns", 1, *wanted
    )
    assert code == 0
    assert "(2 phantoms)" in printed
