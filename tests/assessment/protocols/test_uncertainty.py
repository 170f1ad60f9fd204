"""Uncertainty: noise unsettles a judge, and rejection saves what it should."""

from dataclasses import replace

import numpy as np
import pytest

from cancergan.assessment.findings import Skipped
from cancergan.assessment.protocols import PROTOCOLS
from cancergan.assessment.protocols import uncertainty as protocol
from cancergan.assessment.protocols.registry import NO_CLASSES
from cancergan.assessment.protocols.uncertainty import rejection_curves, uncertainty
from tests.assessment.cohorts import QUICK, changed, context, found, textures

REAL, TRAINING, MADE = textures(40, seed=2), textures(48, seed=1), textures(40, seed=3)


def test_synthetic_cases_like_real_ones_unsettle_a_judge_as_little():
    outcome = uncertainty(context(REAL, MADE, TRAINING))
    parameter = found(outcome, "parameter_uncertainty")
    assert 0 <= parameter.low <= parameter.value <= parameter.high
    assert parameter.value < 3 * parameter.floor + 0.02
    assert found(outcome, "intrinsic_uncertainty").direction == "neither"


def test_images_between_the_classes_unsettle_it_more():
    def grey(images):
        return np.full_like(images, images.mean())

    like, between = (
        found(uncertainty(context(REAL, made, TRAINING)), "intrinsic_uncertainty")
        for made in (MADE, changed(MADE, grey))
    )
    assert between.low > 2 * like.high


def test_an_ensemble_that_is_unsure_where_it_errs_gains_all(monkeypatch):
    """Ten of forty wrong, and these the least sure: the gain is 1, and the curve ends at 3/4."""
    truth = np.arange(40) % 2
    sure = np.where(np.arange(40) < 10, 0.45, 0.9 + np.arange(40) / 1000)
    chances = np.stack([np.where(truth == 0, sure, 1 - sure), np.where(truth == 1, sure, 1 - sure)])
    unsure, wrong = protocol._errors(chances.T, truth)
    monkeypatch.setattr(protocol, "_ensemble", lambda context, arm: (unsure, wrong))
    made = context(REAL, MADE, TRAINING)
    gain = protocol._rejection_by_ensemble(made)
    assert gain.value == pytest.approx(1.0)
    (curve,) = rejection_curves(made)
    points = curve.lines["real and synthetic"]
    assert points[0].y == 1.0
    assert (points[-1].x, points[-1].y) == (1.0, 0.75)


def test_gains_without_errors_are_skipped_not_zero():
    truth = np.arange(40) % 2
    unsure, wrong = protocol._errors(np.eye(2)[truth], truth)
    made = protocol._gain(
        context(REAL, MADE, TRAINING), "rejection_gain", unsure, wrong, floor=None
    )
    assert isinstance(made, Skipped)
    assert "0 of 40 unseen real cases" in made.reason


def test_what_cannot_be_measured_is_skipped_with_the_reason():
    bare = context(REAL, MADE, TRAINING, replace(QUICK, families=("uncertainty",)))
    skipped = [item for item in uncertainty(bare) if isinstance(item, Skipped)]
    assert ("rejection_gain", protocol.LEFT_OUT) in [(item.name, item.reason) for item in skipped]
    assert rejection_curves(bare) == ()


@pytest.mark.parametrize("family", ["condition", "utility", "uncertainty"])
def test_one_class_only_is_skipped_with_the_reason(family):
    one = [
        cohort.with_column("label", ["bright"] * len(cohort)) for cohort in (REAL, MADE, TRAINING)
    ]
    (skipped,) = PROTOCOLS[family](context(*one))
    assert (skipped.name, skipped.reason) == ("*", NO_CLASSES)
