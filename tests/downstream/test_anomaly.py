"""Anomaly scores: what is explained scores 0, and figures are what they say."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.anomaly import (
    anomalies,
    best_threshold,
    brightness,
    detection,
    distance_to_mean,
    linear_manifold,
    pixel_detection,
)


def noise(*shape, seed=0):
    return numpy_generator(seed, "anomaly").uniform(-1, 1, shape).astype(np.float32)


def test_perfect_reconstruction_scores_zero():
    images, features = noise(3, 2, 8, 8), noise(3, 5)
    found = anomalies(images, images.copy(), features, features.copy())
    assert np.array_equal(found.scores, np.zeros(3))
    assert np.array_equal(found.maps, np.zeros((3, 8, 8)))


def test_score_is_residual_plus_kappa_times_feature_residual():
    images = np.zeros((1, 2, 4, 4), np.float32)
    made = images.copy()
    made[0, 0] = 0.5  # one of two channels off by a half: mean square 1/8, mean absolute 1/4
    found = anomalies(images, made, np.zeros((1, 4)), np.full((1, 4), 2.0), kappa=0.1)
    assert found.scores == pytest.approx([0.125 + 0.1 * 4.0])
    assert found.maps == pytest.approx(0.25)


def test_shapes_must_agree():
    with pytest.raises(BadInputError, match="must be equal"):
        anomalies(noise(2, 1, 8, 8), noise(2, 1, 8, 9))


def test_distance_to_mean_is_zero_at_the_mean():
    healthy = noise(6, 1, 8, 8)
    mean = healthy.mean(axis=0, keepdims=True)
    assert distance_to_mean(mean, healthy).scores == pytest.approx([0.0])
    assert distance_to_mean(mean + 0.3, healthy).scores == pytest.approx([0.09], rel=1e-4)


def test_a_linear_manifold_explains_what_lies_in_it_alone():
    basis = noise(2, 64, seed=1)
    weights = noise(20, 2, seed=2)
    healthy = (weights @ basis).reshape(20, 1, 8, 8)
    inside = (noise(1, 2, seed=3) @ basis).reshape(1, 1, 8, 8)
    assert linear_manifold(inside, healthy, components=2).scores[0] < 1e-10
    assert linear_manifold(inside + noise(1, 1, 8, 8), healthy, components=2).scores[0] > 0.1


def test_brightness_finds_the_bright_and_darkness_the_dark():
    image = np.full((1, 1, 10, 10), -1.0, np.float32)
    image[0, 0, 2, 3] = 1.0
    assert brightness(image).maps[0].argmax() == 23
    assert brightness(image, dark=True).maps[0].argmin() == 23
    assert brightness(image).scores[0] <= 1


def test_detection_agrees_with_scikit_learn_whatever_the_scale():
    scores, truth = noise(40)[:, None].ravel() * 1000, np.arange(40) % 3 == 0
    found = detection(scores, truth)
    assert found["auc"] == pytest.approx(roc_auc_score(truth, scores))
    assert found["average_precision"] == pytest.approx(average_precision_score(truth, scores))


@pytest.mark.parametrize(("truth", "kind"), [([1, 1], "abnormal"), ([0, 0], "normal")])
def test_cases_of_one_kind_are_refused(truth, kind):
    with pytest.raises(BadInputError, match=f"all 2 cases are {kind}"):
        detection([0.1, 0.2], truth)


def test_pixels_are_judged_within_cases_that_have_a_lesion():
    mask = np.zeros((4, 4), int)
    mask[1, 1:3] = 1
    maps = np.stack([mask * 1.0, -mask * 1.0, mask * 1.0])
    found = pixel_detection(maps, [mask, mask, None], threshold=0.5)
    assert found["pixel_auc"][:2] == pytest.approx([1.0, 0.0])
    assert found["dice"][:2] == pytest.approx([1.0, 0.0])
    assert np.isnan(found["pixel_auc"][2])


def test_the_threshold_is_where_dice_is_highest():
    mask = np.zeros((8, 8), int)
    mask[2:4, 2:4] = 1
    values = np.where(mask, 0.8, 0.2) + 0.01 * noise(8, 8)
    threshold = best_threshold(values[None], [mask])
    assert pixel_detection(values[None], [mask], threshold)["dice"][0] == 1.0
    assert best_threshold(values[None], [None]) is None
