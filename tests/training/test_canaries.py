"""The audit of a whole training: an honest one stands, a bug in its noise is proved."""

import json

import numpy as np
import pytest
import torch

from cancergan import workflow
from cancergan.core.errors import BadInputError
from cancergan.privacy import gradients
from cancergan.training.canaries import Canaries
from tests.data import blobs
from tests.training.test_private import SMALL

AUDIT = {
    **SMALL,
    "training.steps": 120,
    "training.batch_size": 40,
    "training.checkpoint_every": 120,
    "privacy.epsilon": 0.3,
    "privacy.delta": 1e-3,
    "game.loss": "hinge",
    "game.discriminator_optimiser": {"learning_rate": 5e-3, "clip_weights": None},
    "game.discriminator.options.width": 16,
}


def audit(out, **changed):
    settings = {**AUDIT, **changed}
    audits = workflow.audit_privacy("dpgan", blobs(20), out, canaries=100, **settings)
    return {found.attack: found for found in audits}


def test_canaries_are_like_the_cohort_in_format_and_in_by_a_coin():
    made = Canaries.like(blobs(20), 400, seed=0)
    assert made.images.shape == (400, 1, 16, 16)
    assert made.images.dtype == np.uint8
    assert set(np.unique(made.images)) == {0, 255}
    assert 160 < made.included.sum() < 240
    joined = made.joined(blobs(20))
    assert len(joined) == 20 + made.included.sum()
    assert joined.classes == blobs(20).classes


@pytest.mark.slow
def test_noise_scaled_by_patients_is_proved_and_honest_noise_is_not(tmp_path, monkeypatch):
    honest = audit(tmp_path / "honest")
    assert not any(found.refutes for found in honest.values())

    def scaled(total, mechanism, generator):
        """Divide the noise by the number of patients, as published code did."""
        few = {name: torch.zeros_like(value) for name, value in total.items()}
        noise = noised(few, mechanism, generator)
        return {k: v / mechanism.expected_lot + noise[k] / 70 for k, v in total.items()}

    noised = gradients.noised
    monkeypatch.setattr(gradients, "noised", scaled)
    broken = audit(tmp_path / "broken")
    assert broken["discriminator"].refutes
    kept = json.loads((tmp_path / "broken" / "audit.json").read_text())
    assert kept["audits"][0]["refutes"]


def test_what_cannot_be_audited_is_one_line(tmp_path):
    with pytest.raises(BadInputError, match="claims no privacy"):
        workflow.audit_privacy("wgan", blobs(20), tmp_path / "run")
    with pytest.raises(BadInputError, match="at least 20"):
        workflow.audit_privacy("dpgan", blobs(20), tmp_path / "run", canaries=3)
