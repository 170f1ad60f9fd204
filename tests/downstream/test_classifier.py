import numpy as np
import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.downstream.classifier import (
    ConvolutionalEncoder,
    batch_rows,
    new_encoder,
    train_classifier,
)
from cancergan.metrics.classification import auc
from tests.downstream.blobs import blobs


@pytest.mark.parametrize(
    ("classes", "channels", "spatial"), [(2, 1, (16, 20)), (3, 3, (17, 16)), (2, 1, (9, 8, 16))]
)
def test_learns_an_easy_task(classes: int, channels: int, spatial: tuple[int, ...]) -> None:
    shape = {"classes": classes, "channels": channels, "spatial": spatial}
    images, labels = blobs(60, seed=0, **shape)
    unseen, truth = blobs(60, seed=1, **shape)
    classifier = train_classifier(images, labels, n_classes=classes, steps=60, seed=0)
    probabilities = classifier.probabilities(unseen)
    assert probabilities.shape == (60, classes)
    assert probabilities.sum(1) == pytest.approx(np.ones(60))
    assert auc(truth, probabilities) > 0.95
    features = classifier.features(unseen)
    assert (features.shape, features.dtype) == ((60, 32), np.float64)


def test_steps_are_counted_and_the_seed_decides() -> None:
    images, labels = blobs(20, seed=0)

    def trained(seed: int, **settings: object) -> str:
        classifier = train_classifier(
            images, labels, n_classes=2, steps=7, seed=seed, augmentation="classical"
        )
        assert classifier.steps == 7
        return classifier.fingerprint

    before = torch.get_rng_state()
    assert trained(0) == trained(0) != trained(1)
    assert torch.equal(torch.get_rng_state(), before)


def test_no_image_sees_another() -> None:
    encoder = new_encoder(1, 2, seed=0)
    images = torch.rand(4, 1, 16, 16)
    assert torch.allclose(encoder(images)[:1], encoder(images[:1]), atol=1e-5)


def test_size_of_the_network() -> None:
    count = sum(weights.numel() for weights in ConvolutionalEncoder(3, 2).parameters())
    assert 50_000 < count < 150_000


def test_batches_are_balanced_or_natural() -> None:
    labels = np.array([0] * 90 + [1] * 10)
    balanced, natural = (
        labels[batch_rows(labels, 500, 20, seed=0, class_balanced=choice)].mean()
        for choice in (True, False)
    )
    assert balanced == pytest.approx(0.5, abs=0.02)
    assert natural == pytest.approx(0.1, abs=0.02)


def test_refusals() -> None:
    images, labels = blobs(10, seed=0)

    def train(labels: object, n_classes: int = 2, augmentation: str = "none") -> None:
        train_classifier(
            images, labels, n_classes=n_classes, steps=1, seed=0, augmentation=augmentation
        )

    with pytest.raises(BadInputError, match='unknown augmentation "clasical"'):
        train(labels, augmentation="clasical")
    with pytest.raises(BadInputError, match="one whole number for each"):
        train(labels[:5])
    with pytest.raises(BadInputError, match="one whole number for each"):
        train(labels * 0.5)
    with pytest.raises(BadInputError, match=r"not 0\.\.1"):
        train(labels + 1)
    with pytest.raises(BadInputError, match="needs two classes"):
        train(labels * 0)
