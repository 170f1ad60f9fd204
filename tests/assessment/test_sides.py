from dataclasses import replace

import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.identity import patient_fingerprints
from cancergan.cohort.preparation import Preparation
from cancergan.core.errors import BadInputError
from tests.assessment.cohorts import QUICK, context, textures

REAL, TRAINING, MADE = textures(24, seed=2), textures(32, seed=1), textures(20, seed=3)


def test_real_cases_are_brought_to_the_size_of_the_synthetic_ones():
    small = textures(20, seed=3, size=12)
    sides = context(REAL, small, TRAINING)
    assert sides.real.images.shape == (24, 1, 12, 12)
    assert sides.learning.images.shape == (32, 1, 12, 12)
    assert sides.synthetic.images.shape == (20, 1, 12, 12)


def test_the_preparation_that_made_the_synthetic_cases_is_the_common_one():
    recorded = Preparation.plan(TRAINING, image_size=14)
    images = np.stack([case.image for case in MADE])
    made = Cohort.from_arrays(images, MADE.table, provenance={"preparation": recorded.to_json()})
    assert context(REAL, made, TRAINING).preparation == recorded


def test_classes_are_numbered_alike_on_all_sides_in_whatever_order_they_come():
    backwards = MADE.select(np.arange(len(MADE)) > 0)
    sides = context(REAL, backwards, TRAINING)
    for name, cohort in (("real", REAL), ("synthetic", backwards), ("learning", TRAINING)):
        labels = [sides.classes[code] for code in sides.codes(name)]
        assert labels == list(cohort.table["label"])


def test_an_unknown_label_is_named_with_the_known_ones():
    odd = MADE.with_column("label", ["brihgt", *MADE.table["label"][1:]])
    with pytest.raises(BadInputError, match=r'label "brihgt"; did you mean "bright"\?'):
        context(REAL, odd, TRAINING)


def test_a_missing_label_is_named():
    holed = MADE.with_column("label", [None, *MADE.table["label"][1:]])
    with pytest.raises(BadInputError, match="no label"):
        context(REAL, holed, TRAINING)


def test_pixels_that_are_no_numbers_are_refused_by_case():
    images = np.stack([case.image for case in MADE])
    images[3, 0, 2, 2] = np.nan
    with pytest.raises(BadInputError, match="p3_003"):
        context(REAL, Cohort.from_arrays(images, MADE.table), TRAINING)


class Network:
    """A feature space that says what it has seen."""

    name, fingerprint = "network", "0"

    def __init__(self, *trained_on):
        self.trained_on = trained_on

    def features(self, images):
        return images.reshape(len(images), -1)[:, :3].astype(float)


def test_a_network_that_has_seen_the_test_cases_is_no_judge():

    real = textures(24, seed=2)
    patient = patient_fingerprints(real)[3]
    for seen in (real.fingerprint, patient):
        settings = replace(QUICK, spaces=(Network(seen),))
        with pytest.raises(BadInputError, match="was trained on the real test cases"):
            context(real, textures(20, seed=3), textures(32, seed=1), settings)
    fresh = replace(QUICK, spaces=(Network("another cohort"),))
    made = context(real, textures(20, seed=3), textures(32, seed=1), fresh)
    assert [space.name for space in made.spaces][3:] == ["network"]
    learnt = made.features(made.spaces[3], "learning")
    assert learnt.mean(0) == pytest.approx([0, 0, 0], abs=1e-6)
    assert "network 0" in settings.to_json()["spaces"][0]
