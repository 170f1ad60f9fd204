"""Synthetic cohorts: physical units, the classes asked for, and a provenance that says so."""

import numpy as np
import pandas as pd
import pytest

from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.provenance import fingerprint
from cancergan.training.run import Run
from tests.data import blobs

SMALL = {"training.steps": 2, "training.batch_size": 8, "image_size": 8,
         "game.generator.options.width": 4, "game.discriminator.options.width": 4}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return workflow.train("cgan", uneven(), tmp_path_factory.mktemp("run") / "r", **SMALL)


def uneven():
    """20 cases of the first class, 6 of the second."""
    cohort = blobs(40)
    return cohort.select((cohort.table["label"] == "class_0") | (np.arange(40) < 14))


def shares(cohort):
    return cohort.table["label"].value_counts().to_dict()


def test_without_a_condition_the_training_prevalence_is_kept(run):
    real = dict(zip(run.trained_on.classes, run.trained_on.prevalence, strict=True))
    asked = shares(workflow.synthesise(run, 1000))
    assert {name: asked[name] / 1000 for name in asked} == pytest.approx(real, abs=5e-4)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("class_1", {"class_1": 10}),
        ("balanced", {"class_0": 5, "class_1": 5}),
        ({"class_0": 1, "class_1": 4}, {"class_0": 2, "class_1": 8}),
    ],
)
def test_conditions_say_which_classes(run, condition, expected):
    assert shares(workflow.synthesise(run, 10, condition=condition)) == expected


def test_the_seed_decides(run):
    one, same, other = (workflow.synthesise(run, 5, seed=seed) for seed in (0, 0, 1))
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_the_cohort_on_disk_is_the_cohort_returned(run, tmp_path):
    made = workflow.synthesise(run.path, 5, tmp_path / "synthetic")
    opened = Cohort.open(tmp_path / "synthetic")
    assert opened.fingerprint == made.fingerprint
    assert opened.provenance["synthetic"] is True
    assert opened.provenance["training_patients"] == sorted(
        {fingerprint(patient) for patient in set(uneven().table["patient_id"])}
    )
    with pytest.raises(BadInputError, match="exists already"):
        workflow.synthesise(run, 5, tmp_path / "synthetic")


def test_units_and_spacing_are_those_of_the_training_cohort(tmp_path):
    """CT in Hounsfield units, 2 mm voxels, halved in size: out come HU and 4 mm."""
    random = np.random.default_rng(0)
    volumes = random.integers(-1000, 2000, (8, 1, 16, 16, 16)).astype(np.int16)
    table = pd.DataFrame({"patient_id": [f"P{n}" for n in range(8)]})
    cohort = Cohort.from_arrays(volumes, table, spacing=(2.0, 2.0, 2.0))
    run = workflow.train("wgan_gp", cohort, tmp_path / "run", **SMALL)
    case = workflow.synthesise(run, 2)[0]
    assert case.image.shape == (1, 8, 8, 8)
    assert case.spacing == pytest.approx((4.0, 4.0, 4.0))
    window = run.trained_on.preparation.window
    assert window.low[0] <= case.image.min() < case.image.max() <= window.high[0]
    assert case.image.max() - case.image.min() > 10  # not on the scale of [-1, 1]
    assert np.abs(case.image.mean() - cohort[0].image.mean()) < 500


@pytest.mark.parametrize(
    ("cases", "condition", "says"),
    [
        (0, None, "cases is 0"),
        (5, "clas_1", 'unknown class "clas_1"; did you mean "class_1"'),
        (5, {"class_0": -1, "class_1": 2}, "shares must be positive"),
    ],
)
def test_bad_requests_are_named(run, cases, condition, says):
    with pytest.raises(BadInputError, match=says):
        workflow.synthesise(run, cases, condition=condition)


def test_a_game_without_classes_takes_no_condition(tmp_path):
    run = workflow.train("dcgan", blobs(8), tmp_path / "run", **SMALL)
    assert "label" not in workflow.synthesise(run, 3).table
    with pytest.raises(BadInputError, match="has no classes"):
        workflow.synthesise(run, 3, condition="balanced")


def test_a_run_that_is_none_and_one_whose_weights_are_damaged(run, tmp_path):
    with pytest.raises(BadInputError, match="is not a run folder"):
        Run.open(tmp_path)
    other = workflow.train("dcgan", blobs(8), tmp_path / "run", **SMALL)
    (weights,) = other.checkpoints.glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(BadInputError, match="weights cannot be read"):
        workflow.synthesise(other, 3)
