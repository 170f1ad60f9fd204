import numpy as np
import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.downstream.encoder import contrast, distinct_rows, train_encoder
from cancergan.metrics.classification import auc
from tests.downstream.blobs import blobs


@pytest.mark.parametrize("spatial", [(16, 20), (9, 8, 12)])
@pytest.mark.parametrize("labelled", [True, False])
def test_standardised_on_its_training_images(spatial: tuple[int, ...], labelled: bool) -> None:
    images, labels = blobs(24, seed=0, spatial=spatial)
    encoder = train_encoder(images, labels if labelled else None, seed=0, steps=4)
    features = encoder.features(images)
    assert (features.shape, features.dtype, encoder.name) == ((24, 32), np.float64, "encoder")
    assert features.mean(0) == pytest.approx(np.zeros(32), abs=1e-6)
    assert features.std(0) == pytest.approx(np.ones(32), abs=1e-2)


@pytest.mark.parametrize("labelled", [True, False])
def test_its_features_separate_what_differs(labelled: bool) -> None:
    from sklearn.linear_model import LogisticRegression

    images, labels = blobs(64, seed=0)
    unseen, truth = blobs(64, seed=1)
    encoder = train_encoder(images, labels if labelled else None, seed=0, steps=60)
    probe = LogisticRegression(max_iter=1000).fit(encoder.features(images), labels)
    assert auc(truth, probe.predict_proba(encoder.features(unseen))) > 0.95


def test_training_brings_the_views_of_an_image_together() -> None:
    images = np.random.default_rng(0).uniform(-1, 1, (16, 1, 2, 2)).repeat(8, 2).repeat(8, 3)
    shifted = np.concatenate([images[..., 1:], images[..., -1:]], axis=-1)

    def margin(steps: int) -> float:
        """Distance to one's own shifted view, as a share of that to another image's."""
        encoder = train_encoder(images, seed=0, steps=steps)
        first, second = encoder.features(images), encoder.features(shifted)
        distance = np.linalg.norm(first[:, None] - second[None], axis=2)
        return float(distance.diagonal().mean() / distance[~np.eye(16, dtype=bool)].mean())

    assert margin(60) < 0.7 * margin(0)


def test_the_seed_decides() -> None:
    images, labels = blobs(16, seed=0)
    first, again, other = (
        train_encoder(images, labels, seed=seed, steps=3).fingerprint for seed in (0, 0, 1)
    )
    assert first == again != other


def test_contrast_by_hand() -> None:
    # Two images, orthogonal, their views equal: -log(e^5 / (e^5 + 2 e^0)) at temperature 0.2.
    features = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0], [0.0, 1.0]])
    expected = -np.log(np.exp(5) / (np.exp(5) + 2))
    assert contrast(features).item() == pytest.approx(expected, rel=1e-4)


def test_no_image_twice_in_a_step() -> None:
    rows = distinct_rows(10, 50, 8, seed=0)
    assert all(len(set(step)) == 8 for step in rows.tolist())
    assert distinct_rows(5, 3, 8, seed=0).shape == (3, 5)


def test_refuses_too_few() -> None:
    with pytest.raises(BadInputError, match="7 images cannot train"):
        train_encoder(blobs(7, seed=0)[0], seed=0)
