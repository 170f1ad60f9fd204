"""How unsure a network is: dropout kept on, an ensemble, or a second output that says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import derive_seed, numpy_generator, torch_generator
from cancergan.downstream.batches import Float64, Integers, checked_images, in_chunks
from cancergan.downstream.classifier import Classifier, new_encoder
from cancergan.downstream.feature_space import FEATURES
from cancergan.downstream.optimisation import minimise
from cancergan.metrics.uncertainty import split_variance

_DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)


def mc_dropout(classifier: Classifier, images: npt.ArrayLike, *, passes: int, seed: int) -> Float64:
    """Return class probabilities (passes, n, K) with dropout left on (Gal and Ghahramani 2016).

    The classifier is as it was afterwards.

    Raises:
        BadInputError: it has no dropout, or no passes are asked for.
    """
    layers = [m for part in (classifier.encoder, classifier.head) for m in part.modules()
              if isinstance(m, _DROPOUTS)]  # fmt: skip
    if not layers or passes < 1:
        raise BadInputError(
            f"{passes} passes through a classifier with {len(layers)} layers of dropout: needs one "
            "of each or more. Train it with dropout=0.2."
        )
    batch = checked_images(images, channels=classifier.channels)

    def probabilities(part: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = classifier.head(classifier.encoder(part))
        return logits.double().softmax(1)

    for layer in layers:
        layer.train()
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed(seed, "mc_dropout"))
            found = [in_chunks(probabilities, batch, device=classifier.device)
                     for _ in range(passes)]  # fmt: skip
    finally:
        for layer in layers:
            layer.eval()
    return np.stack(found)


def heteroscedastic_loss(
    mean: torch.Tensor, log_variance: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    """Negative log-likelihood of a normal distribution whose variance is an output as well.

    Mean of ((target - mean)^2 / variance + log variance) / 2 (Kendall and Gal 2017, eq. 8), with
    the logarithm as output, so that no variance is below 0. All shapes equal; returns a scalar.
    """
    return ((target - mean).square() * (-log_variance).exp() + log_variance).mean() / 2


@dataclass(frozen=True)
class Regressors:
    """Networks that predict a number of each image and how far it may be off.

    Attributes:
        members: each from images (B, C, *spatial) to standardised mean and log variance (B, 2).
        mean, deviation: of the targets that they learnt from.
    """

    members: tuple[nn.Module, ...]
    mean: float
    deviation: float

    def predict(self, images: npt.ArrayLike) -> tuple[Float64, Float64, Float64]:
        """Return mean, intrinsic and parameter variance (n,) of images (n, C, *spatial)."""
        batch = checked_images(images)
        found = np.stack([in_chunks(member, batch) for member in self.members])
        means, variances = found[..., 0], np.exp(found[..., 1])
        intrinsic, parameter = split_variance(means, variances)
        scale = self.deviation**2
        return means.mean(0) * self.deviation + self.mean, intrinsic * scale, parameter * scale


def train_regressors(
    images: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    steps: int,
    seed: int,
    members: int = 5,
    batch_size: int = 32,
) -> Regressors:
    """Train an ensemble with heteroscedastic heads (Lakshminarayanan et al. 2017, section 2.4).

    Args:
        images: (n, C, *spatial) in [-1, 1].
        targets: (n,) a number of each, such as age or the size of a lesion.
        steps: optimiser steps of each member.
        seed: of weights and batches; each member draws its own.
        members: how many; with one, parameter variance is 0.
        batch_size: images a step, drawn with replacement.

    Raises:
        BadInputError: images that cannot be used, or targets that are no numbers or all equal.
    """
    batch, truth = checked_images(images), np.asarray(targets, dtype=np.float64)
    if truth.shape != (len(batch),) or not np.isfinite(truth).all() or np.ptp(truth) == 0:
        raise BadInputError(
            f"targets of shape {truth.shape} for {len(batch)} images: give a number for each, "
            "and not the same for all."
        )
    if members < 1:
        raise BadInputError(f"members is {members}, must be 1 or more. 5 is usual.")
    mean, deviation = float(truth.mean()), float(truth.std())
    wanted = torch.from_numpy((truth - mean) / deviation).float()
    networks = []
    for member in range(members):
        own = derive_seed(seed, "regressor", member)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(own)
            head = nn.Linear(FEATURES, 2)
        network = nn.Sequential(new_encoder(batch.shape[1], batch.ndim - 2, own), nn.SiLU(), head)

        def loss(rows: Integers, network: nn.Module = network) -> torch.Tensor:
            answer = network(torch.from_numpy(batch[rows]))
            return heteroscedastic_loss(answer[:, 0], answer[:, 1], wanted[torch.from_numpy(rows)])

        drawn = numpy_generator(own, "batches").integers(len(batch), size=(steps, batch_size))
        minimise(loss, network.parameters(), drawn)
        networks.append(network.eval())
    return Regressors(tuple(networks), mean, deviation)


def stein_risk(
    denoise: Callable[[torch.Tensor], torch.Tensor],
    noisy: npt.ArrayLike,
    *,
    sigma: float,
    seed: int,
    draws: int = 4,
) -> Float64:
    """Return Stein's unbiased estimate of the mean squared error of each denoised image (n,).

    No clean image is needed: for normal noise of standard deviation ``sigma``, the expectation of
    |f(y) - y|^2 / N - sigma^2 + 2 sigma^2 div f(y) / N is that of |f(y) - x|^2 / N (Stein 1981),
    the divergence by random probes (Ramani et al. 2008, eq. 12). May come out negative.

    Args:
        denoise: from images (B, C, *spatial) to images of the same shape, each by itself.
        noisy: (n, C, *spatial).
        sigma: of the noise, above 0, in the units of the images.
        seed: of the probes.
        draws: probes an image; more make it steadier.

    Raises:
        BadInputError: images that cannot be used, or a sigma or number of draws that is none.
    """
    images = checked_images(noisy)
    if not sigma > 0 or draws < 1:
        raise BadInputError(f"sigma {sigma} and draws {draws}: must be above 0.")
    generator = torch_generator(seed, "stein")
    given = torch.from_numpy(images).double()
    axes = tuple(range(1, given.ndim))
    step = sigma / 100
    with torch.no_grad():
        made = denoise(given)
        divergence = torch.zeros(len(given), dtype=torch.float64)
        for _ in range(draws):
            probe = torch.randint(0, 2, given.shape, generator=generator).double() * 2 - 1
            divergence += (probe * (denoise(given + step * probe) - made)).mean(axes) / step
    risk = (made - given).square().mean(axes) - sigma**2 + 2 * sigma**2 * divergence / draws
    return np.asarray(risk.numpy())
