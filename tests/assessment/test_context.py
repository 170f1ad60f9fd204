import numpy as np
import pytest

from tests.assessment.cohorts import context, textures

REAL, TRAINING, MADE = textures(24, seed=2), textures(32, seed=1), textures(20, seed=3)


def test_features_are_computed_once():
    sides, calls = context(REAL, MADE, TRAINING), []

    class Counting:
        name = "counting"
        fingerprint = "0"

        def features(self, images):
            calls.append(len(images))
            return np.zeros((len(images), 2))

    for _ in range(3):
        sides.features(Counting(), "real")
    sides.features(Counting(), "synthetic")
    assert calls == [24, 20]


def test_physical_cases_have_the_grey_values_of_the_files():
    sides = context(REAL, MADE, TRAINING)
    for case, original in zip(sides.physical("synthetic"), MADE, strict=True):
        assert case.case_id == original.case_id
        assert case.attributes["label"] == original.attributes["label"]
        assert case.image == pytest.approx(original.image, abs=1e-3)


def test_the_fingerprint_depends_on_space_and_settings_and_on_nothing_else():
    sides = context(REAL, MADE, TRAINING)

    def fingerprint(value, name="coverage", measured_in=("space", 5)):
        estimate = sides.estimate(
            "diversity", name, "x", value, None, direction="higher", measured_in=measured_in
        )
        return estimate.fingerprint

    assert fingerprint(0.1) == fingerprint(0.9)
    assert fingerprint(0.1) != fingerprint(0.1, measured_in=("space", 3))
    assert fingerprint(0.1) != fingerprint(0.1, name="recall")


def test_seeds_differ_by_purpose_and_repeat():
    sides = context(REAL, MADE, TRAINING)
    assert sides.seed_for("a") == sides.seed_for("a") != sides.seed_for("b")


def test_radiomic_features_that_do_not_vary_are_left_out_of_the_space():
    from tests.assessment.cohorts import changed

    def halves(images):
        # Two levels in equal parts: whatever the contrast, one entropy for all.
        columns = np.arange(images.shape[-1]) < images.shape[-1] / 2
        contrast = images.mean((1, 2, 3), keepdims=True) / 4
        return np.broadcast_to(128 + contrast * np.where(columns, 1, -1), images.shape)

    training = changed(textures(30, seed=5), halves, "t")
    sides = context(changed(textures(20, seed=6), halves, "r"), textures(20, seed=7), training)
    assert "histogram_entropy" in sides.radiomics_space.left_out
    seen = sides.features(sides.radiomics, "learning")
    assert seen.shape == (30, 32 - len(sides.radiomics_space.left_out))
    np.testing.assert_allclose(seen.std(0), 1, rtol=0.02)
    assert np.isfinite(sides.features(sides.radiomics, "synthetic")).all()
