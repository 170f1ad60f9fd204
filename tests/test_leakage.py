"""The audit of a run: a generator that knows its patients by heart is caught, others are not."""

import json
import sys

import numpy as np
import pytest

from cancergan import workflow
from cancergan.cli import main as cli
from cancergan.core.errors import BadInputError
from cancergan.studies import leakage, membership
from tests.data import blobs


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a run that hardly learnt, its cohort, and other patients of the same source."""
    cohort = blobs(120)
    run = workflow.train(
        "cgan", cohort, tmp_path_factory.mktemp("audit") / "run", image_size=16,
        **{"training.steps": 4, "training.batch_size": 8, "game.generator.options.width": 2,
           "game.discriminator.options.width": 4},
    )  # fmt: skip
    return run, cohort, blobs(180, seed=1)


@pytest.fixture(autouse=True)
def short_search(monkeypatch):
    monkeypatch.setattr(membership, "SEARCH_STEPS", 3)


def by_name(found, figure="auc"):
    return {f.method: f.estimate for f in found.evidence.figures if f.estimate.name == figure}


def test_a_run_that_learnt_nothing_gives_nothing_away(trained, tmp_path):
    found = workflow.audit(*trained, tmp_path / "audit", cases=100, say=lambda line: None)
    assert found.failures == ()
    for name, estimate in by_name(found).items():
        assert estimate.low <= 0.5 <= estimate.high, name
    assert max(found.bounds.values()) < 1
    assert found.certifiable > 1
    written = json.loads((tmp_path / "audit" / "evidence.json").read_text())
    assert len(written["figures"]) == len(by_name(found)) * 5
    page = (tmp_path / "audit" / "index.html").read_text()
    assert "proves nothing" in page


def test_a_generator_that_knows_its_patients_by_heart_is_caught(trained, monkeypatch):
    run, members, others = trained
    noisy = [case.image + np.float32(2.0) for case in members]
    copied = type(members).from_arrays(noisy, members.table)
    monkeypatch.setattr(leakage, "synthesise", lambda *a, **k: copied)
    found = workflow.audit(run, members, others, say=lambda line: None)
    areas = by_name(found)
    assert areas["distance in pixels"].low > 0.95
    assert areas["density ratio"].low > 0.8
    assert any("distance in pixels" in failure for failure in found.failures)
    assert found.bounds["distance in pixels"] > 1


def test_a_bound_above_the_claim_fails(trained, monkeypatch):
    run, members, others = trained
    copied = type(members).from_arrays([c.image for c in members], members.table)
    monkeypatch.setattr(leakage, "synthesise", lambda *a, **k: copied)
    claim = {"budget": {"epsilon": 0.5}}
    monkeypatch.setattr(type(run), "privacy", property(lambda self: claim))
    found = workflow.audit(run, members, others, most_auc=1.0, say=lambda line: None)
    assert any("above the claimed 0.5" in failure for failure in found.failures)


def test_others_from_another_source_are_told(trained):
    run, members, others = trained
    brighter = type(others).from_arrays(
        [np.clip(c.image + 40, 0, 255) for c in others], others.table
    )
    found = workflow.audit(run, members, brighter, cases=60, say=lambda line: None)
    assert any("differ without any generator" in note for note in found.evidence.notes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m, o: (o, m), "not trained on"),
        (lambda m, o: (m, blobs(30, seed=2)), "at least 20"),
        (lambda m, o: (m, m), "patient_id"),
    ],
)
def test_sides_that_are_not_what_they_should_be_are_refused(trained, change, said):
    run, members, others = trained
    with pytest.raises(BadInputError, match=said):
        workflow.audit(run, *change(members, others), say=lambda line: None)


def test_the_command_exits_with_1_where_the_run_fails(trained, tmp_path, monkeypatch, capsys):
    run, members, others = trained
    members.save(tmp_path / "members")
    others.save(tmp_path / "others")
    arguments = ["audit", str(run.path), "--cohort", str(tmp_path / "others"), "--members",
                 str(tmp_path / "members"), "--out", str(tmp_path / "audit"), "--cases", "60",
                 "--most-auc", "0.0"]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["cancergan", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert "Fails:" in capsys.readouterr().out
