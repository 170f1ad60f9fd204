import numpy as np
import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.downstream.classifier import train_classifier
from cancergan.downstream.uncertainty import (
    heteroscedastic_loss,
    mc_dropout,
    stein_risk,
    train_regressors,
)
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


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0])
def test_steins_risk_is_the_error_without_the_clean_image(factor: float) -> None:
    """For f(y) = a y the error is (1 - a)^2 |x|^2 / N + a^2 sigma^2 on average."""
    random = np.random.default_rng(0)
    clean, sigma = random.uniform(-1, 1, (200, 1, 16, 16)), 0.3
    noisy = clean + random.normal(0, sigma, clean.shape)
    risk = stein_risk(lambda y: factor * y, noisy, sigma=sigma, seed=0)
    expected = (1 - factor) ** 2 * (clean**2).mean() + factor**2 * sigma**2
    assert risk.shape == (200,)
    assert risk.mean() == pytest.approx(expected, abs=0.004)


def test_steins_risk_ranks_a_nonlinear_denoiser_as_the_error_does() -> None:
    random = np.random.default_rng(0)
    clean = np.repeat(random.uniform(-1, 1, (60, 1, 4, 4)), 4, axis=2).repeat(4, axis=3)
    noisy = clean + random.normal(0, 0.2, clean.shape)

    def smooth(images: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.avg_pool2d(images, 3, 1, 1, count_include_pad=False).tanh()

    risk = stein_risk(smooth, noisy, sigma=0.2, seed=0, draws=8)
    error = (smooth(torch.from_numpy(noisy)).numpy() - clean) ** 2
    assert risk.mean() == pytest.approx(error.mean(), rel=0.05)
    assert np.corrcoef(risk, error.mean((1, 2, 3)))[0, 1] > 0.7


def test_heteroscedastic_heads_tell_noise_in_the_data_from_ignorance() -> None:
    """The brightness is the target; where a corner is marked, it is noisy."""
    random = np.random.default_rng(0)
    level, marked = random.uniform(-0.2, 0.6, 300), np.arange(300) % 2 == 0
    images = np.tile(level[:, None, None, None], (1, 1, 16, 16))
    images[marked, :, :6, :6] = 1.0
    targets = 10 * level + np.where(marked, 3.0, 0.1) * random.normal(size=300)
    found = train_regressors(images, targets, steps=150, seed=0, members=3)
    mean, intrinsic, parameter = found.predict(images)
    assert np.abs(mean - 10 * level)[~marked].mean() < 0.8
    assert np.median(intrinsic[marked]) > 5 * np.median(intrinsic[~marked])
    assert parameter.min() > 0
    alone = train_regressors(images, targets, steps=2, seed=0, members=1)
    assert not alone.predict(images)[2].any()


def test_targets_that_cannot_be_learnt_are_refused() -> None:
    images = np.zeros((4, 1, 16, 16))
    for targets in (np.ones(4), np.array([1, 2, 3, np.nan]), np.arange(3)):
        with pytest.raises(BadInputError, match="give a number for each"):
            train_regressors(images, targets, steps=1, seed=0)
    with pytest.raises(BadInputError, match="above 0"):
        stein_risk(lambda y: y, images, sigma=0.0, seed=0)
