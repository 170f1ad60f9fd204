"""Training under a budget: what it spends, what it refuses, and what a kill costs."""

import json

import numpy as np
import pytest
import torch

from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.games.base import Objective
from cancergan.privacy.budget import Ledger
from cancergan.training.private import KEY, PrivatePlay
from cancergan.training.run import PRIVACY_RECORD as RECORD
from tests.data import blobs
from tests.training.test_trainer import assert_bit_equal, weights

SMALL = {
    "image_size": 16,
    "training.batch_size": 8,
    "training.checkpoint_every": 4,
    "training.log_every": 2,
    "game.generator.options.width": 4,
    "game.discriminator.options.width": 4,
    "privacy.epsilon": 8.0,
    "privacy.delta": 1e-2,
    "privacy.repeatable": True,
}


def train(out, recipe="dpgan", steps=8, resume=False, cohort=None, **settings):
    cohort = blobs(48) if cohort is None else cohort
    return workflow.train(
        recipe, cohort, out, resume=resume, **{**SMALL, "training.steps": steps, **settings}
    )


def record(run):
    return json.loads((run.path / RECORD).read_text())


class KilledError(Exception):
    """As if the process had died here."""


def killed_before(monkeypatch, charge):
    """Let a run die right after the charge of this number, before its step."""
    honest = Ledger.charge

    def dying(self, steps=1):
        number = honest(self, steps)
        if number == charge:
            raise KilledError
        return number

    monkeypatch.setattr(Ledger, "charge", dying)


def test_a_run_charges_every_step_of_the_private_player_and_no_other(tmp_path):
    run = train(tmp_path / "run", **{"game.critic_steps": 3})
    kept = record(run)
    assert (kept["charged"], kept["steps"], kept["patients"]) == (24, 24, 24)
    assert kept["spent"] <= 8
    assert kept["spent"] == pytest.approx(8, abs=0.02)
    assert kept["unit"] == "patient"  # two images each: 48 images, 24 patients
    assert len(workflow.synthesise(run, 5)) == 5


def test_a_lazy_penalty_is_charged_too(tmp_path):
    run = train(tmp_path / "run", **{"game.penalty": {"name": "r1", "every": 4}})
    assert record(run)["charged"] == 8 + 2


def test_a_run_stopped_at_a_checkpoint_goes_on_bit_equal(tmp_path, monkeypatch):
    whole = train(tmp_path / "whole")
    with monkeypatch.context() as patched:
        honest = PrivatePlay.saved

        def dying(self, step):
            honest(self, step)
            if step == 4:
                raise KilledError

        patched.setattr(PrivatePlay, "saved", dying)
        with pytest.raises(KilledError):
            train(tmp_path / "parts")
    parts = train(tmp_path / "parts", resume=True)
    assert_bit_equal(weights(whole), weights(parts))
    assert record(parts)["charged"] == 8


def test_steps_lost_in_a_kill_are_paid_for_and_the_budget_is_kept(tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patched:
        killed_before(patched, 6)
        with pytest.raises(KilledError):
            train(tmp_path / "run")
    assert json.loads((tmp_path / "run" / RECORD).read_text())["charged"] == 7
    run = train(tmp_path / "run", resume=True)
    kept = record(run)
    assert (kept["charged"], kept["step"]) == (8, 5)  # 4 saved, 3 lost, 1 more
    assert kept["spent"] <= 8
    assert "the privacy budget is spent" in capsys.readouterr().err


def test_steps_taken_again_draw_other_lots_and_other_noise(tmp_path, monkeypatch):
    seen = []
    honest = PrivatePlay.move

    def watched(self, game, turn, optimiser):
        objective = honest(self, game, turn, optimiser)
        network = game.players[turn.player].network
        seen.append(next(iter(network.parameters())).grad.clone())
        return objective

    monkeypatch.setattr(PrivatePlay, "move", watched)
    with monkeypatch.context() as patched:
        killed_before(patched, 6)
        with pytest.raises(KilledError):
            train(tmp_path / "run")
    lost = seen[4]
    train(tmp_path / "run", resume=True)
    assert not torch.equal(lost, seen[-1])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"privacy.epsilon": 9.0}, "epsilon was 8.0 and is now 9.0"),
        ({"privacy.delta": 1e-3}, "delta was 0.01 and is now 0.001"),
        ({"steps": 12}, "steps was 8 and is now 12|noise was"),
        ({"privacy.clipping_norm": 2.0}, "privacy.clipping_norm was 1.0"),
    ],
)
def test_a_run_cannot_go_on_with_another_budget(tmp_path, changed, message):
    train(tmp_path / "run")
    before = (tmp_path / "run" / "recipe.yaml").read_text()
    with pytest.raises(BadInputError, match=message):
        train(tmp_path / "run", resume=True, **changed)
    assert (tmp_path / "run" / "recipe.yaml").read_text() == before


def test_the_key_of_the_noise_is_secret_and_does_not_outlive_the_training(tmp_path, monkeypatch):
    modes = []
    honest = PrivatePlay.finish

    def watched(self):
        path = self.folder / KEY
        modes.append((path.stat().st_mode & 0o777, len(path.read_text())))
        honest(self)

    monkeypatch.setattr(PrivatePlay, "finish", watched)
    secret = {"privacy.repeatable": False}
    one, two = train(tmp_path / "one", **secret), train(tmp_path / "two", **secret)
    assert modes[0][0] == 0o600
    assert modes[0][1] > 30
    assert not (one.path / KEY).exists()
    assert any(not torch.equal(weights(one)[k], weights(two)[k]) for k in weights(one))
    assert record(one)["secret_noise"]


def test_the_run_folder_shows_no_patient(tmp_path):
    """Neither a picture nor a loss of real images; the classes come in public shares."""
    cohort = blobs(60).select(np.arange(60) % 6 != 2)
    run = train(tmp_path / "run", "dpgan", cohort=cohort, **{"game.conditioning": "projection"})
    assert {path.stem.isdigit() for path in run.samples.iterdir()} == {True}  # no real.png
    names = {name for entry in run.metrics() for name in entry}
    assert names == {"step", "generator/adversarial", "waiting_share", "seconds"}
    assert run.trained_on.prevalence == (0.5, 0.5)
    shares = {"privacy.classes": {"class_0": 3, "class_1": 1}, "game.conditioning": "projection"}
    run = train(tmp_path / "shares", cohort=cohort, **shares)
    assert run.trained_on.prevalence == (0.75, 0.25)


def test_without_a_patient_nothing_but_noise_is_left_behind(tmp_path, monkeypatch):
    """Runs on two cohorts of one patient's difference differ only through the private player."""
    monkeypatch.setattr(PrivatePlay, "move", lambda self, game, turn, optimiser: Objective({}))
    one = train(tmp_path / "one", cohort=blobs(48, seed=0))
    two = train(tmp_path / "two", cohort=blobs(48, seed=1))
    assert_bit_equal(weights(one), weights(two))


def sixteen_bit(n=48):
    cohort = blobs(n)
    images = [case.image.astype(np.uint16) * 7 for case in cohort]
    return Cohort.from_arrays(images, cohort.table)


def with_split(n=48):
    cohort = blobs(n)
    return cohort.with_column("split", ["train" if i < n - 8 else "validation" for i in range(n)])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"privacy.epsilon": 0}, "privacy.epsilon: Input should be greater than 0"),
        ({"privacy.epsilon": -1}, "privacy.epsilon: Input should be greater than 0"),
        ({"privacy.delta": 0.5}, "delta is 0.5: must be above 0 and below 1/24"),
        ({"training.batch_size": 25}, "24 patients are too few for lots of 25"),
        ({"game.discriminator.options.normalise": "batch"}, "judges images together"),
        ({"game.discriminator.options.minibatch_deviation": True}, "judges images together"),
        ({"game.loss": "relativistic_average"}, "would carry patients out"),
        ({"training.sampling": "class_balanced"}, "looks at the labels"),
        ({"training.minutes": 1}, "not training.minutes"),
        ({"privacy.players": ["encoder"]}, "unknown player"),
        ({"privacy.classes": {"class_0": 1}, "game.conditioning": "projection"}, "must name"),
        ({"privacy.budget": 3}, "unknown key"),
        ({"cohort": sixteen_bit()}, "intensity window of image follows"),
        ({"cohort": with_split()}, "validation cases would choose"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(tmp_path, settings, message):
    with pytest.raises(BadInputError, match=message) as raised:
        train(tmp_path / "run", **settings)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_what_is_declared_public_is_used(tmp_path):
    run = train(tmp_path / "window", cohort=sixteen_bit(), **{"privacy.window": [0, 2000]})
    assert run.trained_on.preparation.window.high == (2000.0,)
    train(tmp_path / "read", cohort=sixteen_bit(), **{"privacy.public": ["window"]})
    train(tmp_path / "validated", cohort=with_split(), **{"privacy.public": ["validation"]})


def test_several_devices_are_refused():
    from cancergan.recipes.loader import load_recipe
    from cancergan.training.private import check_training

    with pytest.raises(BadInputError, match=r"training\.devices=1"):
        check_training(load_recipe("dpgan", {"training.devices": 2}))


def test_the_plan_says_what_will_be_spent(tmp_path):
    lines = workflow.plan("dpgan", blobs(48), **{**SMALL, "training.steps": 8}).lines()
    (line,) = [line for line in lines if line.startswith("privacy")]
    assert "epsilon 8 at delta 0.01 for each of 24 patients" in line
    assert "NOT private" in lines[-1]


def test_any_private_recipe_needs_no_more_than_the_budget(tmp_path):
    """A published game that was not written for it learns privately by settings alone."""
    alone = {
        "game.discriminator.options.normalise": "group",
        "game.generator.options.normalise": "group",
        "game.augmentation.probability": 0.5,
    }
    for recipe in ("dcgan", "wgan_gp"):
        run = train(tmp_path / recipe, recipe, **alone)
        assert record(run)["charged"] == record(run)["steps"]


PATE = {"game.teachers": 4, "game.latent_size": 8, "training.batch_size": 8}


def test_an_ensemble_charges_every_vote_and_says_when_they_drown(tmp_path, capsys):
    run = train(tmp_path / "run", "pate_gan", steps=4, **PATE)
    kept = record(run)
    assert (kept["charged"], kept["steps"], kept["sampling_rate"]) == (32, 32, 1.0)
    assert kept["spent"] <= 8
    assert "the student will learn little" in capsys.readouterr().err
    names = {name for entry in run.metrics() for name in entry}
    assert not any(name.startswith("teacher") for name in names)


def test_an_ensemble_resumes_bit_equal_with_and_without_a_budget(tmp_path, monkeypatch):
    honest = PrivatePlay.saved

    def dying(self, step):
        honest(self, step)
        if step == 4:
            raise KilledError

    whole = train(tmp_path / "whole", "pate_gan", **PATE)
    with monkeypatch.context() as patched:
        patched.setattr(PrivatePlay, "saved", dying)
        with pytest.raises(KilledError):
            train(tmp_path / "parts", "pate_gan", **PATE)
    parts = train(tmp_path / "parts", "pate_gan", resume=True, **PATE)
    assert_bit_equal(weights(whole), weights(parts))
    small = {key: value for key, value in SMALL.items() if not key.startswith("privacy")} | PATE
    settings = {**small, "training.steps": 6}
    whole = workflow.train("pate_gan", blobs(48), tmp_path / "open", **settings)
    workflow.train("pate_gan", blobs(48), tmp_path / "cut", **{**settings, "training.steps": 4})
    parts = workflow.train("pate_gan", blobs(48), tmp_path / "cut", resume=True, **settings)
    assert_bit_equal(weights(whole), weights(parts))


def test_teachers_see_their_own_patients_alone(tmp_path, monkeypatch):
    """Whoever's image is changed, one teacher changes and no other."""
    monkeypatch.setattr(Ledger, "charge", lambda self, steps=1: 0)
    cohort = blobs(48)
    images = [case.image.astype(np.uint8) for case in cohort]
    images[0][:] = 255 - images[0]
    images[1][:] = 255 - images[1]  # both of patient 0
    changed = Cohort.from_arrays(images, cohort.table)
    settings = {**PATE, "privacy.epsilon": 1e-3 + 1, "training.steps": 8}
    one = weights(train(tmp_path / "one", "pate_gan", cohort=cohort, **settings))
    two = weights(train(tmp_path / "two", "pate_gan", cohort=changed, **settings))
    moved = {
        name.split("/")[0]
        for name in one
        if name.startswith("teacher") and not torch.equal(one[name], two[name])
    }
    assert len(moved) == 1
