"""A small convolutional classifier, 2D and 3D, trained for an exact number of optimiser steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from cancergan.core.errors import BadInputError, unknown
from cancergan.core.provenance import fingerprint
from cancergan.core.seeds import derive_seed, numpy_generator, torch_generator
from cancergan.downstream.augmentation import classical
from cancergan.downstream.batches import Float64, Integers, checked_images, in_chunks
from cancergan.downstream.feature_space import FEATURES
from cancergan.downstream.optimisation import minimise
from cancergan.networks.dense import dense_layers

Augmentation = Literal["none", "classical"]
Hardening = Callable[[nn.Module, torch.Tensor, torch.Tensor], torch.Tensor]

WIDTHS = (16, 32, 64, 96)
GROUPS = 8


class ConvolutionalEncoder(nn.Sequential):
    """Four halving convolutions, a mean over space and a linear map: (B, C, *spatial) -> (B, 32).

    Halving from the first layer on keeps it quick on a CPU; GroupNorm, since BatchNorm would let
    the images of a batch see one another.
    """

    def __init__(self, channels: int, spatial_dims: int) -> None:
        convolution = nn.Conv2d if spatial_dims == 2 else nn.Conv3d
        layers: list[nn.Module] = []
        for before, after in zip((channels, *WIDTHS), WIDTHS, strict=False):
            layers += [
                convolution(before, after, kernel_size=3, stride=2, padding=1),
                nn.GroupNorm(GROUPS, after),
                nn.SiLU(),
            ]
        pool = nn.AdaptiveAvgPool2d(1) if spatial_dims == 2 else nn.AdaptiveAvgPool3d(1)
        super().__init__(*layers, pool, nn.Flatten(), nn.Linear(WIDTHS[-1], FEATURES))


@dataclass(frozen=True)
class Classifier:
    """A trained classifier.

    Attributes:
        encoder: images (B, C, *spatial) to features (B, 32).
        head: features to logits (B, n_classes).
        channels: C.
        steps: optimiser steps taken.
        device: where it computes.
    """

    encoder: nn.Module
    head: nn.Module
    channels: int
    steps: int
    device: str = "cpu"

    def probabilities(self, images: npt.ArrayLike) -> Float64:
        """Return class probabilities (n, n_classes) of images (n, C, *spatial) in [-1, 1]."""
        return in_chunks(
            lambda batch: self.head(self.encoder(batch)).double().softmax(1),
            checked_images(images, channels=self.channels), device=self.device,
        )  # fmt: skip

    def features(self, images: npt.ArrayLike) -> Float64:
        """Return the features (n, 32) before the head."""
        return in_chunks(
            self.encoder, checked_images(images, channels=self.channels), device=self.device
        )

    @property
    def fingerprint(self) -> str:
        """Identifies the weights."""
        return weights_fingerprint(self.encoder, self.head)


def train_classifier(
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    n_classes: int,
    steps: int,
    seed: int,
    batch_size: int = 32,
    augmentation: Augmentation = "none",
    class_balanced: bool = True,
    start: Classifier | None = None,
    dropout: float = 0.0,
    hardening: Hardening | None = None,
    device: str = "cpu",
) -> Classifier:
    """Train by cross-entropy with Adam and a cosine schedule for exactly ``steps`` steps.

    Args:
        images: (n, C, *spatial) in [-1, 1].
        labels: (n,) whole numbers 0..n_classes-1; at least two classes occur.
        n_classes: how many classes the task has.
        steps: optimiser steps.
        seed: of weights, batches and augmentation; on one machine it decides every bit.
        batch_size: images a step, drawn with replacement.
        augmentation: "classical" mirrors, shifts and re-lights.
        class_balanced: draw every class equally often, whatever its prevalence.
        start: a classifier whose weights are the first ones (fine-tuning).
        dropout: probability of a feature to drop out before the head.
        hardening: what each batch is changed into before the step, given the network as it is:
            adversarial training (``adversarial_training.py``).
        device: where to compute.

    Raises:
        BadInputError: images or labels cannot be used.
    """
    if augmentation not in ("none", "classical"):
        raise unknown("augmentation", augmentation, ("none", "classical"))
    batch = checked_images(images)
    truth = checked_labels(labels, len(batch), n_classes)
    encoder = new_encoder(batch.shape[1], batch.ndim - 2, seed).to(device)
    head = new_head(n_classes, seed, dropout=dropout).to(device)
    _set_weights(start, encoder, head)
    generator = torch_generator(seed, "augmentation")

    def loss(rows: Integers) -> torch.Tensor:
        shown = torch.from_numpy(batch[rows]).to(device)
        shown = classical(shown, generator) if augmentation == "classical" else shown
        target = torch.from_numpy(truth[rows]).to(device)
        if hardening is not None:
            shown = hardening(nn.Sequential(encoder, head), shown, target)
        return functional.cross_entropy(head(encoder(shown)), target)

    drawn = batch_rows(truth, steps, batch_size, seed=seed, class_balanced=class_balanced)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "dropout"))
        taken = minimise(loss, [*encoder.parameters(), *head.parameters()], drawn)
    return Classifier(encoder.eval(), head.eval(), batch.shape[1], taken, device)


def _set_weights(start: Classifier | None, encoder: nn.Module, head: nn.Module) -> None:
    if start is not None:
        encoder.load_state_dict(start.encoder.state_dict())
        head.load_state_dict(start.head.state_dict())


def checked_labels(labels: npt.ArrayLike, n: int, n_classes: int) -> Integers:
    """Return labels (n,) as whole numbers.

    Raises:
        BadInputError: not one for each image, outside 0..n_classes-1, or one class only.
    """
    truth = np.asarray(labels)
    if truth.shape != (n,) or not np.issubdtype(truth.dtype, np.integer):
        raise BadInputError(
            f"labels of shape {truth.shape} and type {truth.dtype} for {n} images: give one whole "
            "number for each."
        )
    present = np.unique(truth)
    if present[0] < 0 or present[-1] >= n_classes:
        raise BadInputError(
            f"labels reach from {present[0]} to {present[-1]}, not 0..{n_classes - 1}."
        )
    if len(present) < 2:
        raise BadInputError(f"all {n} labels are {present[0]}: a classifier needs two classes.")
    return truth.astype(np.int64)


def batch_rows(
    labels: Integers, steps: int, batch_size: int, *, seed: int, class_balanced: bool
) -> Integers:
    """Draw which images each step sees: (steps, batch_size)."""
    counts = np.bincount(labels)[labels] if class_balanced else np.ones(len(labels))
    chance = (1 / counts) / (1 / counts).sum()
    generator = numpy_generator(seed, "batches")
    return generator.choice(len(labels), size=(steps, batch_size), p=chance)


def weights_fingerprint(*modules: nn.Module) -> str:
    """Return the fingerprint of all weights of some modules."""
    states = [tensor for module in modules for tensor in module.state_dict().values()]
    return fingerprint(*(tensor.detach().cpu().numpy() for tensor in states))


def new_encoder(channels: int, spatial_dims: int, seed: int) -> nn.Module:
    """Return an untrained encoder whose weights the seed decides; a dense one for tables (0)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "encoder"))
        if spatial_dims == 0:
            return dense_layers(channels, FEATURES, width=WIDTHS[-1], depth=2)
        return ConvolutionalEncoder(channels, spatial_dims)


def new_head(n_classes: int, seed: int, *, dropout: float = 0.0) -> nn.Module:
    """Return an untrained map from features to logits whose weights the seed decides."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "head"))
        linear = nn.Linear(FEATURES, n_classes)
    return nn.Sequential(nn.SiLU(), *([nn.Dropout(dropout)] if dropout else []), linear)
