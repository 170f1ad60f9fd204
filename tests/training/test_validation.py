"""Validation cases: they choose the checkpoint, and nothing else."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from cancergan import workflow
from cancergan.core.errors import BadInputError
from cancergan.training.checkpoints import read_state
from cancergan.training.run import Run
from cancergan.training.validation import Best, Validation
from tests.data import blobs
from tests.training.test_trainer import SMALL


class Sampler:
    """A game whose samples are given images, chosen by the requested class."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        self.players = {"generator": Player()}

    def synthesise(self, request):
        random = np.random.default_rng(request.generator.initial_seed())
        chosen = [random.choice(np.flatnonzero(self.labels == int(code))) for code in request.label]
        return {"image": torch.from_numpy(self.images[chosen])}


class Player:
    network = best = torch.nn.Linear(1, 1)


def textures(count, seed, roughness=1.0):
    """Return noise (count, 1, 16, 16) of two classes, the second four times as strong."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    strength = np.where(labels == 1, 0.4, 0.1)[:, None, None, None] * roughness
    return (random.normal(size=(count, 1, 16, 16)) * strength).astype(np.float32), labels


def test_samples_of_the_same_distribution_are_at_distance_zero_and_others_far():
    validation = Validation.of(*textures(120, seed=1), {})
    same = validation.distance(Sampler(*textures(400, seed=2)), seed=0)
    rougher = validation.distance(Sampler(*textures(400, seed=2, roughness=1.5)), seed=0)
    assert abs(same) < 0.05 < 1 < rougher


def test_samples_are_asked_for_in_the_shares_of_the_validation_classes():
    images, labels = textures(100, seed=1)
    mostly_weak = np.concatenate([np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)[:5]])
    asked = []

    class Asking(Sampler):
        def synthesise(self, request):
            asked.extend(request.label.tolist())
            return super().synthesise(request)

    validation = Validation.of(images[mostly_weak], labels[mostly_weak], {})
    validation.distance(Asking(images, labels), seed=0)
    assert np.mean(asked) == pytest.approx(5 / 55, abs=0.01)


def test_best_counts_what_came_after_it():
    best = Best()
    for step, distance in enumerate([3.0, 1.0, 2.0, 1.0]):
        best.hear(step, distance)
    assert (best.step, best.distance, best.since) == (1, 1.0, 2)


def parts():
    cohort = blobs(48)
    named = cohort.with_column("split", ["train"] * 32 + ["validation"] * 16)
    return named.with_column("patient_id", [f"p{i}" for i in range(48)])


def train(out, steps=12, resume=False, **settings):
    every = {"training.checkpoint_every": 2}
    settings = {**SMALL, "training.steps": steps, **every, **settings}
    return workflow.train("cgan", parts(), out, resume=resume, **settings)


def estimates(run):
    name = "validation/kernel_distance"
    return {record["step"]: record[name] for record in run.metrics() if name in record}


def test_synthesis_uses_the_checkpoint_of_the_best_estimate(tmp_path):
    run = train(tmp_path / "run")
    found = estimates(run)
    assert sorted(found) == [2, 4, 6, 8, 10, 12]
    best = min(found, key=found.get)
    assert run.step == best == read_state(run.checkpoints)["best"]["step"]
    kept = load_file(run.checkpoints / f"best_{best:08d}.safetensors")
    used = dict(run.game().players["generator"].average.named_parameters())
    for name, value in used.items():
        assert torch.equal(value, kept[f"generator/average/{name}"])


def test_a_resumed_run_keeps_the_same_best(tmp_path):
    whole = train(tmp_path / "whole")
    train(tmp_path / "parts", steps=6)
    resumed = train(tmp_path / "parts", resume=True)
    assert estimates(resumed) == estimates(whole)
    one, two = read_state(whole.checkpoints), read_state(resumed.checkpoints)
    assert one["best"] == two["best"]


def test_training_stops_when_patience_is_at_an_end(tmp_path):
    still = {"game.generator_optimiser.learning_rate": 1e-12}
    run = train(tmp_path / "run", steps=400, **{"training.patience": 2}, **still)
    state = read_state(run.checkpoints)
    assert state["step"] < 400
    assert state["best"]["since"] == 2


def test_without_validation_cases_the_last_weights_are_used(tmp_path):
    settings = {**SMALL, "training.steps": 4}
    run = workflow.train("cgan", blobs(24), tmp_path / "run", **settings)
    assert Run.open(tmp_path / "run").step == 4
    assert "best" not in read_state(run.checkpoints)


def test_validation_patients_must_be_others(tmp_path):
    cohort = blobs(24).with_column("patient_id", [f"p{i}" for i in range(24)])
    with pytest.raises(BadInputError, match="in both training and validation"):
        workflow.train("cgan", cohort, tmp_path / "run", validation=cohort, **SMALL)
    assert not (tmp_path / "run").exists()


def test_a_class_that_training_does_not_have_is_named(tmp_path):
    other = blobs(12).with_column("label", ["strange"] * 12)
    with pytest.raises(BadInputError, match='"strange"'):
        workflow.train("cgan", blobs(24), tmp_path / "run", validation=other, **SMALL)
