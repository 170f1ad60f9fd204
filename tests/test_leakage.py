"""The audit of a run: a generator that knows its patients by heart is caught, others are not."""

import json
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from cancergan import workflow
from cancergan.cli import main as cli
from cancergan.core.errors import BadInputError
from cancergan.metrics.resampling import bootstrap_interval
from cancergan.studies import evidence, leakage, membership, patient_matching, shadow_models
from cancergan.studies.patient_matching import REAL
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
def short(monkeypatch):
    monkeypatch.setattr(membership, "SEARCH_STEPS", 3)
    monkeypatch.setattr(patient_matching, "STEPS", 10)
    monkeypatch.setattr(patient_matching, "MOST_CASES", 40)
    few = partial(bootstrap_interval, replicates=150)
    monkeypatch.setattr(evidence, "bootstrap_interval", few)


def noisy_copies(cohort):
    return type(cohort).from_arrays([c.image + np.float32(2.0) for c in cohort], cohort.table)


def with_sex(cohort, seed):
    """Return the cohort with a sex that a coin chose for each patient: no image tells it."""
    patients = cohort.table["patient_id"].unique()
    coins = np.random.default_rng(seed).permutation(len(patients)) % 2
    sex = dict(zip(patients, np.where(coins, "female", "male"), strict=True))
    table = cohort.table.assign(sex=cohort.table["patient_id"].map(sex))
    return type(cohort).from_arrays([c.image for c in cohort], table)


def by_name(found, figure="auc"):
    return {f.method: f.estimate for f in found.evidence.figures if f.estimate.name == figure}


def test_a_run_that_learnt_nothing_gives_nothing_away(trained, tmp_path):
    found = workflow.audit(*trained, tmp_path / "audit", cases=100, say=lambda line: None)
    assert found.failures == ()
    areas = by_name(found)
    assert areas.pop(REAL).low > 0.5  # brothers look alike: the matcher works, and finds nothing
    assert set(areas) == set(membership.ATTACKS)
    for name, estimate in areas.items():
        assert estimate.low <= 0.5 <= estimate.high, name
    assert max(found.bounds.values()) < 1
    assert found.certifiable > 1
    written = json.loads((tmp_path / "audit" / "evidence.json").read_text())
    assert {figure["method"] for figure in written["figures"]} >= {*areas, REAL}
    assert any("0.001 is left out" in note for note in written["notes"])
    page = (tmp_path / "audit" / "index.html").read_text()
    assert "proves nothing" in page
    assert all(name in page for name in (*areas, "attributes with the release"))


def test_a_generator_that_knows_its_patients_by_heart_is_caught(trained, monkeypatch):
    run, members, others = trained
    monkeypatch.setattr(leakage, "synthesise", lambda *a, **k: noisy_copies(members))
    found = workflow.audit(run, members, others, say=lambda line: None)
    areas = by_name(found)
    assert areas["distance in pixels"].low > 0.95
    assert areas["density ratio"].low > 0.8
    assert any("distance in pixels" in failure for failure in found.failures)
    assert found.bounds["distance in pixels"] > 1


def test_a_release_that_says_the_sex_of_its_members_is_caught(trained, monkeypatch):
    run, members, others = trained
    members, others = with_sex(members, 0), with_sex(others, 1)
    for made, caught in ((noisy_copies(members), True), (with_sex(blobs(120, seed=5), 2), False)):
        monkeypatch.setattr(leakage, "synthesise", lambda *a, made=made, **k: made)
        found = workflow.audit(run, members, others, attributes=["sex"], say=lambda line: None)
        said = [f for f in found.failures if 'the attribute "sex"' in f]
        assert bool(said) == caught
        if caught:
            assert by_name(found, "auc of members")["attributes with the release"].low > 0.9
            assert by_name(found, "auc of others")["attributes with the release"].low < 0.6


def test_shadow_models_teach_the_attacker_who_is_in(trained, monkeypatch):
    run, members, others = trained
    inside = []

    def shadow(recipe, cohort, folder, *, resume):
        inside.append(cohort)
        return SimpleNamespace(game=run.game, trained_on=run.trained_on, members=cohort)

    monkeypatch.setattr(shadow_models, "train", shadow)
    strangers = blobs(60, seed=5)
    for leaks in (True, False):
        made = noisy_copies(members) if leaks else strangers
        monkeypatch.setattr(leakage, "synthesise", lambda *a, made=made, **k: made)
        monkeypatch.setattr(
            shadow_models, "synthesise",
            lambda shadow, *a, leaks=leaks, **k: (
                noisy_copies(shadow.members) if leaks else strangers
            ),
        )  # fmt: skip
        found = workflow.audit(run, members, others, shadows=2, say=lambda line: None)
        area = by_name(found)["shadow models"]
        assert area.low > 0.9 if leaks else area.low <= 0.5 <= area.high
    assert len(inside) == 4
    unseen = set(others.table["patient_id"])
    assert all(set(part.table["patient_id"]) <= unseen for part in inside)


def test_what_so_few_cases_cannot_show_is_refused(trained):
    run, members, others = trained
    with pytest.raises(BadInputError, match="needs 1,000 other patients"):
        workflow.audit(run, members, others, rates=[0.001], say=lambda line: None)
    with pytest.raises(BadInputError, match='attribute "hair"'):
        workflow.audit(run, members, others, cases=20, attributes=["hair"], say=lambda line: None)


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
