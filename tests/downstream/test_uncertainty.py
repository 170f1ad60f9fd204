import numpy as np
import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.downstream.classifier import train_classifier
from cancergan.downstream.uncertainty import heteroscedastic_loss, mc_dropout
from cancergan.metrics.uncertainty import split_entropy
from tests.downstream.blobs import blobs


def test_dropout_passes_differ_the_seed_decides_and_the_classifier_stays_as_it_was() -> None:
    images, labels = blobs(24, seed=0)
    classifier = train_classifier(images, labels, n_classes=2, steps=10, seed=0, dropout=0.4)
    before = classifier.probabilities(images)
    first, again, other = (
        mc_dropout(classifier, images, passes=3, seed=seed) for seed in (0, 0, 1)
    )
    assert first.shape == (3, 24, 2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first[0], first[1])
    assert np.array_equal(classifier.probabilities(images), before)
    assert split_entropy(first)[1].max() > 0


def test_unlike_images_make_it_less_sure() -> None:
    images, labels = blobs(40, seed=0)
    classifier = train_classifier(images, labels, n_classes=2, steps=60, seed=0, dropout=0.3)
    between = images[:20] * 0.5 + images[1:21] * 0.5  # half of either class
    unsure, sure = (
        np.sum(split_entropy(mc_dropout(classifier, x, passes=10, seed=0)), axis=0).mean()
        for x in (between, images)
    )
    assert unsure > sure


def test_without_dropout_there_is_nothing_to_leave_on() -> None:
    classifier = train_classifier(*blobs(8, seed=0), n_classes=2, steps=1, seed=0)
    with pytest.raises(BadInputError, match="0 layers of dropout"):
        mc_dropout(classifier, blobs(8, seed=0)[0], passes=2, seed=0)


def test_the_loss_is_the_likelihood_and_finds_mean_and_variance_of_noisy_targets() -> None:
    random = np.random.default_rng(0)
    target = torch.tensor(random.normal(3.0, 2.0, 4000))
    answer = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([answer], lr=0.1)
    for _ in range(300):
        optimiser.zero_grad()
        heteroscedastic_loss(answer[0].expand(4000), answer[1].expand(4000), target).backward()
        optimiser.step()
    assert answer[0].item() == pytest.approx(3, abs=0.1)
    assert answer[1].exp().item() == pytest.approx(4, rel=0.08)
    normal = torch.distributions.Normal(1.0, 2.0)
    expected = -normal.log_prob(torch.tensor(4.0)) - np.log(2 * np.pi) / 2
    found = heteroscedastic_loss(*map(torch.tensor, (1.0, np.log(4.0), 4.0)))
    assert found.item() == pytest.approx(expected.item())
