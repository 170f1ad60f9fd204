import pytest
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
