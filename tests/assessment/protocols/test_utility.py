from dataclasses import replace

import numpy as np
import pytest

from cancergan.assessment.protocols.utility import utility
from tests.assessment.cohorts import QUICK, context, found, textures

REAL, TRAINING, MADE = textures(40, seed=2), textures(48, seed=1), textures(40, seed=3)


def mislabelled(cohort):
    other = cohort.table["label"].map({"dark": "bright", "bright": "dark"})
    return cohort.with_column("label", other.to_numpy())


@pytest.fixture(scope="module")
def honest():
    return utility(context(REAL, MADE, TRAINING))


def test_good_synthetic_cases_train_as_well_as_real_ones(honest):
    assert found(honest, "auc_real").value > 0.9
    assert found(honest, "auc_synthetic").value > 0.9
    loss = found(honest, "auc_loss_of_replacing")
    assert loss.low <= 0 <= loss.high
    assert loss.value == pytest.approx(
        found(honest, "auc_synthetic").value - found(honest, "auc_real").value
    )


def test_mislabelled_synthetic_cases_are_worse_than_useless():
    outcome = utility(context(REAL, mislabelled(MADE), TRAINING))
    assert found(outcome, "auc_synthetic").value < 0.1
    assert found(outcome, "auc_loss_of_replacing").high < -0.5


def test_references_stand_beside_the_arms(honest):
    assert found(honest, "auc_synthetic").floor == found(honest, "auc_real").value
    both = found(honest, "auc_real_plus_synthetic")
    assert both.floor == found(honest, "auc_real_augmented").value


def test_the_note_tells_the_equal_effort(honest):
    assert "30 optimiser steps in every arm" in found(honest, "auc_gain_of_adding").note


@pytest.mark.parametrize(
    ("real", "synthetic", "training", "says"),
    [
        (REAL, MADE, None, "trained on"),
        (REAL, MADE.select("label == 'dark'"), TRAINING, 'synthetic cohort has no .* "bright"'),
        (REAL.select("label == 'dark'"), MADE, TRAINING, 'real cohort has no case .* "bright"'),
    ],
)
def test_what_hinders_is_said(real, synthetic, training, says):
    (skipped,) = utility(context(real, synthetic, training))
    assert skipped.name == "*"
    assert np.any([part in skipped.reason for part in says.split(" .* ")])


def test_more_steps_are_another_measurement(honest):
    longer = replace(QUICK, utility_steps=31)
    other = found(utility(context(REAL, MADE, TRAINING, longer)), "auc_real")
    assert other.fingerprint != found(honest, "auc_real").fingerprint
