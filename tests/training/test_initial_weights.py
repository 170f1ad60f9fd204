"""Training that begins with another run's weights: what is copied, recorded and refused."""

import pytest

from cancergan import workflow
from cancergan.cohort.identity import patient_fingerprints
from cancergan.core.errors import BadInputError
from tests.data import blobs
from tests.training.test_private import SMALL, train
from tests.training.test_trainer import weights

OPEN = {"privacy": None, "training.batch_size": 4, "game.conditioning": "projection"}


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    """A run on other cases, as on phantoms."""
    others = blobs(16, seed=7)
    out = tmp_path_factory.mktemp("earlier") / "run"
    return train(out, steps=2, cohort=others, **OPEN), others


def begun(out, earlier, **settings):
    run, _ = earlier
    named = {"training.weights_from": str(run.path)}
    return train(out, steps=1, **{"game.conditioning": "projection", **named, **settings})


def test_training_begins_where_the_other_run_ended(earlier, tmp_path):
    """With steps that move nothing, the weights are the other run's own."""
    still = {f"game.{name}_optimiser.learning_rate": 0.0 for name in ("generator", "discriminator")}
    run = begun(tmp_path / "run", earlier, **OPEN, **still)
    before, after = weights(earlier[0]), weights(run)
    networks = [key for key in before if "/network/" in key and "running" not in key]
    assert networks
    assert all(before[key].equal(after[key]) for key in networks)


def test_what_it_makes_may_show_the_patients_of_both(earlier, tmp_path):
    run = begun(tmp_path / "run", earlier, **OPEN)
    assert set(patient_fingerprints(earlier[1])) < set(run.trained_on.patients)
    with pytest.raises(BadInputError, match="8 patients of these"):
        run.require_unseen(earlier[1])


def test_a_budget_counts_from_public_weights_alone(earlier, tmp_path):
    with pytest.raises(BadInputError, match=r"privacy.public=\[weights\]"):
        begun(tmp_path / "undeclared", earlier)
    run = begun(tmp_path / "run", earlier, **{"privacy.public": ["weights"]})
    assert run.privacy["spent"] <= SMALL["privacy.epsilon"]
    with pytest.raises(BadInputError, match="was trained on 8 patients of this cohort"):
        begun(tmp_path / "own", earlier, cohort=earlier[1], **{"privacy.public": ["weights"]})
    assert not (tmp_path / "undeclared").exists()
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"training.weights_from": "nowhere"}, "nowhere: is not a run folder"),
        ({"game.generator.options.width": 8}, "Is it another run's"),
    ],
)
def test_weights_that_do_not_fit_are_refused_before_anything_is_written(
    earlier, tmp_path, settings, message
):
    with pytest.raises(BadInputError, match=message):
        begun(tmp_path / "run", earlier, **OPEN, **settings)
    assert not (tmp_path / "run").exists()


def test_other_classes_are_refused(earlier, tmp_path):
    renamed = blobs(16).with_column("label", ["healthy", "ill"] * 8)
    with pytest.raises(BadInputError, match="not healthy, ill"):
        begun(tmp_path / "run", earlier, cohort=renamed, **OPEN)


def test_a_dry_run_looks_at_the_weights_too(earlier):
    settings = {**SMALL, **OPEN, "training.steps": 1} | {
        "training.weights_from": str(earlier[0].path),
        "privacy": {"epsilon": 8.0, "delta": 1e-2},
    }
    settings = {key: value for key, value in settings.items() if "privacy." not in key}
    with pytest.raises(BadInputError, match=r"privacy.public=\[weights\]"):
        workflow.plan("dpgan", blobs(16), **settings)
