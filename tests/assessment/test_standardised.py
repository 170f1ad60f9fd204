import numpy as np
import pytest

from cancergan.assessment.standardised import standardised

RANDOM = np.random.default_rng(0)


class Means:
    name = "means"
    fingerprint = "0"

    def features(self, images):
        return np.stack([images.mean((1, 2, 3)), 5 + 3 * images.std((1, 2, 3))], axis=1)


def test_features_of_the_same_images_have_mean_zero_and_variance_one():
    images = RANDOM.normal(size=(30, 1, 4, 4)).astype(np.float32)
    features = standardised(Means(), Means().features(images)).features(images)
    assert features.mean(0) == pytest.approx([0, 0], abs=1e-5)
    assert features.std(0) == pytest.approx([1, 1], rel=1e-3)


def test_the_standardisation_is_part_of_the_fingerprint():
    first, second = (RANDOM.normal(size=(9, 2)) for _ in range(2))
    assert standardised(Means(), first).fingerprint != standardised(Means(), second).fingerprint
    assert standardised(Means(), first).fingerprint == standardised(Means(), first).fingerprint
    assert standardised(Means(), first).name == "means"
