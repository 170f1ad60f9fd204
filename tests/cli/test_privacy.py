"""``cancergan privacy`` and the options of ``cancergan train``: figures, exit codes, one line."""

import pytest

from cancergan import workflow
from cancergan.privacy.audit import Audit
from tests.cli.test_main import run  # noqa: F401
from tests.data import blobs

PLAN = ["--sampling-rate", 0.04, "--steps", 2000, "--delta", 1e-5]


def test_the_two_accounts_agree(run):  # noqa: F811
    code, printed, _ = run("privacy", "noise-for", "--epsilon", 8, *PLAN)
    assert (code, printed) == (0, "noise 1.3562 clipping norms\n")
    code, printed, _ = run("privacy", "epsilon", "--noise", 1.3562, *PLAN)
    assert code == 0
    assert 7.98 < float(printed.split()[1]) <= 8.001


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epsilon", 0, *PLAN], "epsilon is 0"),
        (["--epsilon", 8, *PLAN, "--accountant", "rpd"], "unknown accountant"),
        (["--epsilon", 8, *PLAN[:-1], 2], "delta is 2"),
    ],
)
def test_bad_budgets_are_one_line_and_exit_with_two(run, arguments, message):  # noqa: F811
    code, printed, errors = run("privacy", "noise-for", *arguments)
    assert (code, printed, len(errors)) == (2, "", 1)
    assert message in errors[0]


@pytest.fixture
def cohort(tmp_path):
    blobs(24).save(tmp_path / "cohort")
    return tmp_path / "cohort"


def test_training_under_a_budget_prints_it_before_and_after(run, cohort, tmp_path):  # noqa: F811
    small = [
        "--set",
        "image_size=16",
        "--set",
        "training.steps=2",
        "--set",
        "training.batch_size=4",
    ]
    widths = [f"game.{player}.options.width=4" for player in ("generator", "discriminator")]
    small += [part for width in widths for part in ("--set", width)]
    train = ["train", "dpgan", "--cohort", cohort, *small]
    code, printed, _ = run(*train, "--epsilon", 8, "--delta", 1e-2, "--dry-run")
    assert code == 0
    assert "epsilon 8 at delta 0.01 for each of 12 patients" in printed
    code, _, errors = run(*train, "--epsilon", 8, "--delta", 1e-2, "--out", tmp_path / "run")
    assert code == 0
    assert errors[0].startswith("privacy: epsilon 8 at delta 0.01")
    assert errors[-1].startswith("privacy: epsilon 7.99")
    code, _, errors = run(*train, "--epsilon", 8, "--delta", 0.2, "--out", tmp_path / "other")
    assert (code, len(errors)) == (2, 1)
    assert "below 1/12" in errors[0]
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("bound", [0.5, 2.0])
def test_an_audit_that_refutes_exits_with_one(run, cohort, tmp_path, monkeypatch, bound):  # noqa: F811
    found = Audit("distance", 100, 32, 30, bound, 2.5, claim=1.0, delta=1e-3)
    monkeypatch.setattr(workflow, "audit_privacy", lambda *given, **more: [found])
    code, printed, _ = run("privacy", "audit", "dpgan", "--cohort", cohort, "--out", tmp_path / "a")
    assert code == int(bound > 1)
    assert ("REFUTED" in printed) == (bound > 1)


def test_votes_are_claimed_by_the_noise_and_the_other_bound_is_called_secret(
    run,  # noqa: F811
    tmp_path,
):
    code, printed, _ = run("privacy", "votes", "--noise", 20, "--votes", 100, "--delta", 1e-5)
    assert (code, printed) == (0, "epsilon 2.1046 at delta 1e-05, whatever the teachers said\n")
    counts = tmp_path / "counts.txt"
    counts.write_text("250\n" * 100, encoding="utf-8")
    given = ["privacy", "votes", "--noise", 20, "--delta", 1e-5, "--counts", counts]
    code, printed, _ = run(*given, "--teachers", 250)
    claim, secret = printed.splitlines()
    assert claim.startswith("epsilon 2.1046")
    assert secret.startswith("SECRET: epsilon 0.1397")
    code, printed, errors = run(*given)
    assert (code, printed, len(errors)) == (2, "", 1)
    counts.write_text("many", encoding="utf-8")
    code, printed, errors = run(*given, "--teachers", 250)
    assert (code, len(errors)) == (2, 1)
    assert "One number a line" in errors[0]
