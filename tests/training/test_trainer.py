"""The trainer: exact resume, honest records, and games that it knows nothing about."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from cancergan import workflow
from cancergan.core.errors import BadInputError
from cancergan.training.health import DivergedError
from cancergan.training.run import Run
from tests.data import blobs

SMALL = {
    "image_size": 16,
    "training.batch_size": 8,
    "training.checkpoint_every": 4,
    "training.log_every": 2,
    "game.generator.options.width": 4,
    "game.discriminator.options.width": 4,
}


def weights(run):
    (path,) = run.checkpoints.glob("*.safetensors")
    return load_file(path)


def assert_bit_equal(one, two):
    assert one.keys() == two.keys()
    different = [name for name in one if not torch.equal(one[name], two[name])]
    assert not different


def train(out, recipe="cgan", steps=10, resume=False, cohort=None, **settings):
    cohort = blobs(24) if cohort is None else cohort
    return workflow.train(
        recipe, cohort, out, resume=resume, **{**SMALL, "training.steps": steps, **settings}
    )


@pytest.mark.parametrize("recipe", ["cgan", "wgan", "wgan_gp"])
def test_a_resumed_run_ends_bit_equal(tmp_path, recipe):
    whole = train(tmp_path / "whole", recipe)
    train(tmp_path / "parts", recipe, steps=6)
    parts = train(tmp_path / "parts", recipe, resume=True)
    assert_bit_equal(weights(whole), weights(parts))


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [
        ("pggan", {"game.rounds_fading": 4, "game.rounds_stable": 3}),  # step 6 is in mid-fade
        ("style", {"game.encoder.options.width": 4}),
        ("began", {"game.balance_rate": 0.5}),
        ("lapgan", {}),
        ("triple_gan", {"game.classifier.options.width": 4}),
    ],
)
def test_games_with_more_to_remember_resume_bit_equal(tmp_path, recipe, settings):
    whole = train(tmp_path / "whole", recipe, **settings)
    train(tmp_path / "parts", recipe, steps=6, **settings)
    parts = train(tmp_path / "parts", recipe, resume=True, **settings)
    assert_bit_equal(weights(whole), weights(parts))
    assert len(workflow.synthesise(parts, 5)) == 5


def test_adaptive_augmentation_is_part_of_the_state(tmp_path):
    always_more = {"probability": "adaptive", "target": -2.0}
    adaptive = {"game.augmentation": always_more}
    whole = train(tmp_path / "whole", steps=8, **adaptive)
    train(tmp_path / "parts", steps=4, **adaptive)
    parts = train(tmp_path / "parts", steps=8, resume=True, **adaptive)
    assert_bit_equal(weights(whole), weights(parts))
    assert weights(whole)["memory/augmentation_probability"] > 0


def test_killed_at_a_random_instant_and_resumed_it_ends_bit_equal(tmp_path):
    cohort = tmp_path / "cohort"
    blobs(24).save(cohort)
    settings = {**SMALL, "training.steps": 60}
    assignments = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    command = [sys.executable, "-m", "cancergan", "train", "cgan", "--cohort", str(cohort)]
    whole = workflow.train("cgan", cohort, tmp_path / "whole", **settings)
    out = tmp_path / "killed"
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    process = subprocess.Popen([*command, "--out", str(out), *assignments], env=environment)
    wait_for(lambda: (out / "checkpoints" / "state.json").exists(), process)
    time.sleep(random.uniform(0, 0.5))
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert json.loads((out / "checkpoints" / "state.json").read_text())["step"] < 60
    subprocess.run(
        [*command, "--out", str(out), *assignments, "--resume"], check=True, env=environment
    )
    assert_bit_equal(weights(whole), weights(Run.open(out)))
    steps = [record["step"] for record in Run.open(out).metrics()]
    assert steps == list(range(2, 61, 2))


def wait_for(condition, process, seconds=120):
    for _ in range(seconds * 100):
        if condition():
            return
        assert process.poll() is None, "the training ended before it could be killed"
        time.sleep(0.01)
    raise AssertionError("no checkpoint appeared")


def test_the_run_folder_is_the_record(tmp_path):
    run = train(tmp_path / "run")
    names = {path.name for path in run.path.iterdir()}
    assert {"recipe.yaml", "environment.json", "cohort.json", "metrics.jsonl", "samples",
            "checkpoints", "events"} <= names  # fmt: skip
    assert list((run.path / "events").iterdir())
    assert {"real.png", "00000000.png", "00000010.png"} <= {p.name for p in run.samples.iterdir()}
    record = run.metrics()[-1]
    assert record["step"] == 10
    assert {"generator/adversarial", "discriminator/adversarial", "ranking_accuracy"} <= set(record)
    assert Run.open(run.path).trained_on == run.trained_on


def test_patients_are_recorded_as_fingerprints_only(tmp_path):
    cohort = blobs(24)
    cohort = cohort.with_column("patient_id", [f"Jane Doe {number}" for number in range(24)])
    run = train(tmp_path / "run", steps=2, cohort=cohort)
    assert len(run.trained_on.patients) == 24
    for path in run.path.rglob("*"):
        assert not path.is_file() or b"Jane" not in path.read_bytes()


def test_only_the_training_split_is_seen(tmp_path):
    cohort = blobs(24)
    cohort = cohort.with_column("split", ["train"] * 16 + ["test"] * 8)
    run = train(tmp_path / "run", steps=2, cohort=cohort)
    assert run.trained_on.cases == 16


def test_training_learns_what_the_classes_look_like(tmp_path):
    """After a short game the synthetic classes differ as the real ones do."""
    cohort = blobs(64, shape=(16, 16))
    wide = {"game.generator.options.width": 16, "game.discriminator.options.width": 16}
    run = train(tmp_path / "run", steps=250, cohort=cohort, **wide, **{"training.batch_size": 16})

    def means(of):
        groups = [of.select(f"label == '{name}'") for name in of.classes]
        return [np.mean([case.image for case in group], axis=0).ravel() for group in groups]

    real, synthetic = means(cohort), means(workflow.synthesise(run, 64, condition="balanced"))
    agreement = np.corrcoef(real[0] - real[1], synthetic[0] - synthetic[1])[0, 1]
    assert agreement > 0.8


def test_a_diverged_game_stops_and_keeps_the_last_good_state(tmp_path):
    run = train(tmp_path / "run", steps=4)
    before = weights(run)
    absurd = {"game.generator_optimiser.learning_rate": 1e38,
              "game.discriminator_optimiser.learning_rate": 1e38}  # fmt: skip
    with pytest.raises(DivergedError, match="last good checkpoint: none"):
        train(tmp_path / "other", steps=8, **absurd)
    assert not list((tmp_path / "other").rglob("*.safetensors"))
    assert_bit_equal(before, weights(run))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": 1}, "seed was 0 and is now 1"),
        ({"game.loss": "hinge"}, "game.loss was non_saturating and is now hinge"),
    ],
)
def test_resume_refuses_another_recipe(tmp_path, change, says):
    train(tmp_path / "run", steps=2)
    with pytest.raises(BadInputError, match=says):
        train(tmp_path / "run", steps=4, resume=True, **change)


def test_resume_refuses_another_cohort_and_a_new_run_an_old_folder(tmp_path):
    train(tmp_path / "run", steps=2)
    with pytest.raises(BadInputError, match="another cohort"):
        train(tmp_path / "run", steps=4, resume=True, cohort=blobs(24, seed=1))
    with pytest.raises(BadInputError, match="exists already"):
        train(tmp_path / "run", steps=4)


@pytest.mark.parametrize("recipe", ["cgan", "acgan"])
def test_a_recipe_that_needs_labels_refuses_a_cohort_without(tmp_path, recipe):
    from cancergan.cohort import Cohort

    unlabelled = Cohort.from_arrays(np.zeros((8, 1, 16, 16), np.uint8))
    with pytest.raises(BadInputError, match="label"):
        train(tmp_path / "run", recipe, cohort=unlabelled)
    assert not (tmp_path / "run").exists()


def test_three_images_are_too_few(tmp_path):
    with pytest.raises(BadInputError, match="3 cases to train on; at least 4"):
        train(tmp_path / "run", "dcgan", cohort=blobs(3))


def test_two_processes_end_with_the_same_weights(tmp_path):
    """gloo on CPU: each process has half of every batch, gradients are averaged."""
    cohort = tmp_path / "cohort"
    blobs(24).save(cohort)
    script = tmp_path / "both.py"
    script.write_text(TWO_PROCESSES.format(settings={**SMALL, "training.steps": 6,
                                                     "training.devices": 2,
                                                     "training.accelerator": "cpu",
                                                     "game.augmentation.target": 0.0}))  # fmt: skip
    out = tmp_path / "run"
    subprocess.run([sys.executable, str(script), str(cohort), str(out), str(tmp_path)], check=True)
    first, second = (load_file(tmp_path / f"rank{rank}.safetensors") for rank in range(2))
    assert_bit_equal(first, second)
    assert Run.open(out).metrics()[-1]["step"] == 6


TWO_PROCESSES = """
import os, sys
from safetensors.torch import save_file
import cancergan.training.session as session
from cancergan import workflow
from cancergan.training.checkpoints import game_tensors

kept = []
build = session.new_game
session.new_game = lambda *arguments: kept.append(build(*arguments)) or kept[-1]
workflow.train("cgan", sys.argv[1], sys.argv[2], **{settings!r})
tensors = {{name: value.contiguous() for name, value in game_tensors(kept[0]).items()}}
save_file(tensors, f"{{sys.argv[3]}}/rank{{os.environ.get('LOCAL_RANK', '0')}}.safetensors")
"""
