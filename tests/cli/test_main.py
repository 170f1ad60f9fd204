"""Exit codes, one line for every mistake, and no heavy import before it is needed."""

import json
import subprocess
import sys
import warnings

import pytest

from cancergan.cli import main as cli
from cancergan.core.errors import CancerganWarning
from cancergan.recipes.loader import recipe_names
from tests.assessment.findings import finding
from tests.data import blobs, shared

HEAVY = ("torch", "sklearn", "skimage", "scipy", "matplotlib", "nibabel", "lightning_fabric")
SEVEN = ("acgan", "cgan", "dcgan", "gan", "lsgan", "wgan", "wgan_gp")


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


def in_a_fresh_process(*arguments):
    """Return what a command prints and which heavy packages it imported."""
    script = (
        "import sys, json\n"
        "from cancergan.cli.main import main\n"
        f"sys.argv = {['cancergan', *arguments]!r}\n"
        "try:\n    main()\n"
        "except SystemExit as ended:\n    assert not ended.code\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    *printed, imported = done.stdout.splitlines()
    return printed, json.loads(imported)


def test_help_imports_nothing_heavy():
    printed, imported = in_a_fresh_process("--help")
    assert any("synthesise" in line for line in printed)
    assert imported == []


def test_recipes_are_listed_without_torch():
    printed, imported = in_a_fresh_process("recipes", "list")
    assert set(SEVEN) <= {line.split()[0] for line in printed}
    assert imported == []


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "cohort"
    blobs(8).save(path)
    return path


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("train", "dcgam", "--cohort", "COHORT"), 'unknown recipe "dcgam"; did you mean "dcgan"?'),
        (
            ("train", "dcgan", "--cohort", "COHORT", "--set", "training.stepz=5"),
            'unknown key "training.stepz"; did you mean "training.steps"?',
        ),
        (("train", "dcgan", "--cohort", "nowhere"), "nowhere"),
        (
            ("train", "dcgan", "--cohort", "COHORT", "--set", "seed"),
            '--set "seed": write key=value',
        ),
        (("gate", "nowhere/report.json"), "nowhere/report.json"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(run, cohort, tmp_path, arguments, says):
    given = [cohort if argument == "COHORT" else argument for argument in arguments]
    out = ["--out", tmp_path / "run"] if given[0] == "train" else []
    code, printed, complaints = run(*given, *out)
    assert (code, printed, len(complaints)) == (2, "", 1)
    assert complaints[0].startswith("cancergan: ")
    assert says in complaints[0]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("at_most", "code", "word"), [(3.0, 0, "accepted"), (2.9, 1, "refused")])
def test_a_gate_answers_with_its_exit_code(run, tmp_path, at_most, code, word):
    report, policy = tmp_path / "report.json", tmp_path / "policy.yaml"
    found = finding(value=2.0, low=1.0, high=3.0).to_json()
    report.write_text(json.dumps({"findings": [found], "skipped": [], "provenance": {}}))
    rule = {"family": "fidelity", "name": "frechet_distance", "at_most": at_most}
    policy.write_text(json.dumps({"name": "ours", "rules": [rule]}))  # JSON is YAML too
    answered, printed, complaints = run("gate", report, "--policy", policy)
    assert (answered, complaints) == (code, [])
    assert printed.startswith(word)
    _, as_json, _ = run("gate", tmp_path, "--policy", policy, "--json")
    assert json.loads(as_json)["accepted"] is (code == 0)


def test_warnings_of_the_library_are_notes_without_a_place_in_python(run, monkeypatch):
    def warn():
        warnings.warn("scans: left out 1: dose.dcm.", CancerganWarning, stacklevel=1)
        warnings.warn("of another package", UserWarning, stacklevel=1)
        sys.exit(0)

    monkeypatch.setattr(cli, "app", warn)
    shown = []
    monkeypatch.setattr(
        warnings, "showwarning", lambda message, category, *_, **__: shown.append(str(message))
    )
    before = warnings.showwarning
    assert run() == (0, "", ["cancergan: note: scans: left out 1: dose.dcm."])
    assert shown == ["of another package"]
    assert warnings.showwarning is before


def test_every_recipe_that_is_listed_is_shown(run):
    for name in recipe_names():
        code, printed, _ = run("recipes", "show", name)
        assert code == 0
        assert f"name: {name}\n" in printed


def test_real_skin_is_grown_filmed_and_inverted_from_the_command_line(run, tmp_path):
    from cancergan.cohort import Cohort

    skin = Cohort.open(shared("isic_uda1"))
    skin.select(skin.table.index <= 12).save(tmp_path / "skin")
    sizes = ["image_size=[12,16]", "training.steps=8", "training.batch_size=4",
             "game.rounds_fading=2", "game.rounds_stable=2",
             "game.generator.options.width=4", "game.discriminator.options.width=4"]  # fmt: skip
    settings = [part for size in sizes for part in ("--set", size)]
    out = tmp_path / "run"
    assert run("train", "pggan", "--cohort", tmp_path / "skin", "--out", out, *settings)[0] == 0
    for kind in ("interpolation", "truncation"):
        film = tmp_path / f"{kind}.gif"
        assert run("synthesise", out, "--film", film, "--kind", kind)[0] == 0
        assert film.stat().st_size > 0
    code, _, complaints = run("synthesise", out, "--film", tmp_path / "c.png", "--kind", "classes")
    assert (code, "no classes to sweep" in complaints[0]) == (2, True)
    image = next((tmp_path / "skin").rglob("*ISIC*"))
    code, printed, _ = run("invert", out, "--image", image, "--out", tmp_path / "i", "--steps", 3)
    assert code == 0
    assert "root mean square error" in printed
    assert {p.name for p in (tmp_path / "i").iterdir()} >= {"inversion.png", "latents.csv"}
    code, _, complaints = run("synthesise", out)
    assert (code, "--out is missing" in complaints[0]) == (2, True)
