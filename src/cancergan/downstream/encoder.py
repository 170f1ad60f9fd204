"""A feature space learnt from the real training part alone, with its labels or without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from cancergan.core.errors import BadInputError
from cancergan.core.provenance import fingerprint
from cancergan.core.seeds import numpy_generator, torch_generator
from cancergan.downstream.augmentation import moved
from cancergan.downstream.batches import Float64, Integers, checked_images, in_chunks
from cancergan.downstream.classifier import (
    checked_labels,
    new_encoder,
    new_head,
    weights_fingerprint,
)
from cancergan.downstream.optimisation import minimise

FEWEST_IMAGES = 8
TEMPERATURE = 0.2


@dataclass(frozen=True)
class Encoder:
    """A trained feature space.

    Attributes:
        network: images (B, C, *spatial) to raw features (B, 32).
        channels: C.
        mean, scale: (32,) of the raw features of the training images, which standardise them.
    """

    network: nn.Module
    channels: int
    mean: Float64
    scale: Float64
    device: str = "cpu"
    name: str = "encoder"

    def features(self, images: npt.ArrayLike) -> Float64:
        """Return features (n, 32) of images (n, C, *spatial) in [-1, 1].

        On the images it was trained on, each has mean 0 and variance 1.
        """
        batch = checked_images(images, channels=self.channels)
        return (in_chunks(self.network, batch, device=self.device) - self.mean) / self.scale

    @property
    def fingerprint(self) -> str:
        """Identifies weights and standardisation."""
        return fingerprint(weights_fingerprint(self.network), self.mean, self.scale)


def train_encoder(
    images: npt.ArrayLike,
    labels: npt.ArrayLike | None = None,
    *,
    seed: int,
    steps: int = 300,
    batch_size: int = 32,
    device: str = "cpu",
) -> Encoder:
    """Train the feature space on real training images (n, C, *spatial) in [-1, 1], n at least 8.

    It learns to tell images apart, each recognised after mirroring and shifts (instance
    discrimination, Chen et al. 2020, eq. 1), and with labels (n,) their classes too. Predicting
    rotations teaches nothing where tissue has no upright, and re-lighting is left out, for a metric
    cannot see what it makes invariant.

    The choice rests on small trials of mostly one seed. On tissue, without labels, it saw blur and
    brightness better than an autoencoder, which saw collapse and misplaced blocks better. On breast
    ultrasound, classes alone left features of nearly rank one, very keen on blur and blind to a
    collapsed generator; both objectives together saw collapse and were blind to blur. Read it
    beside ``random_convolution``, which saw both.

    Raises:
        BadInputError: fewer than 8 images, or images or labels that cannot be used.
    """
    batch = checked_images(images)
    if len(batch) < FEWEST_IMAGES:
        raise BadInputError(
            f"{len(batch)} images cannot train an encoder. Give {FEWEST_IMAGES} or more."
        )
    encoder = new_encoder(batch.shape[1], batch.ndim - 2, seed).to(device)
    truth = None if labels is None else checked_labels(labels, len(batch), int(np.max(labels)) + 1)
    head = None if truth is None else new_head(int(truth.max()) + 1, seed).to(device)
    generator = torch_generator(seed, "augmentation")

    def loss(rows: Integers) -> torch.Tensor:
        shown = torch.from_numpy(batch[rows]).to(device)
        features = encoder(torch.cat([moved(shown, generator), moved(shown, generator)]))
        if truth is None or head is None:
            return contrast(features)
        target = torch.from_numpy(np.tile(truth[rows], 2)).to(device)
        return contrast(features) + functional.cross_entropy(head(features), target)

    parameters = [*encoder.parameters(), *(head.parameters() if head else ())]
    minimise(loss, parameters, distinct_rows(len(batch), steps, batch_size, seed=seed))
    seen = in_chunks(encoder.eval(), batch, device=device)
    return Encoder(encoder, batch.shape[1], seen.mean(0), seen.std(0) + 1e-6, device)


def contrast(features: torch.Tensor) -> torch.Tensor:
    """Normalised temperature-scaled cross-entropy (Chen et al. 2020, eq. 1).

    Features (2B, d): rows i and i + B show the same image; all others are its negatives.
    """
    unit = functional.normalize(features, dim=1)
    itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    similarity = (unit @ unit.T / TEMPERATURE).masked_fill(itself, -torch.inf)
    partner = torch.arange(len(unit), device=unit.device).roll(len(unit) // 2)
    return functional.cross_entropy(similarity, partner)


def distinct_rows(n: int, steps: int, batch_size: int, *, seed: int) -> Integers:
    """Draw which images each step sees, none twice in one step: it would be its own negative."""
    generator = numpy_generator(seed, "batches")
    size = min(batch_size, n)
    drawn = [generator.choice(n, size, replace=False) for _ in range(steps)]
    return np.array(drawn, dtype=np.int64).reshape(steps, size)
