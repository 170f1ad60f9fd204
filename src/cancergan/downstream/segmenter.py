"""A small U-Net that segments, 2D and 3D, trained for an exact number of optimiser steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from cancergan.core.errors import BadInputError, unknown
from cancergan.core.seeds import derive_seed, numpy_generator, torch_generator
from cancergan.downstream.augmentation import moved, relit
from cancergan.downstream.batches import Float32, Float64, Integers, checked_images, in_chunks
from cancergan.downstream.classifier import Augmentation, weights_fingerprint
from cancergan.downstream.optimisation import minimise
from cancergan.losses.segmentation import cross_entropy_map, soft_dice_loss
from cancergan.networks.unet import UNet

WIDTH, DEPTH = 16, 3


@dataclass(frozen=True)
class Segmenter:
    """A trained segmenter of foreground against background.

    Attributes:
        network: images (B, C, *spatial) to logits (B, 1, *spatial).
        channels: C.
        spatial: size of the images that it was trained on.
        steps: optimiser steps taken.
        device: where it computes.
    """

    network: nn.Module
    channels: int
    spatial: tuple[int, ...]
    steps: int
    device: str = "cpu"

    def probabilities(self, images: npt.ArrayLike) -> Float64:
        """Return the probability of foreground (n, *spatial) of images (n, C, *spatial)."""
        return in_chunks(
            lambda batch: self.network(batch).sigmoid()[:, 0],
            checked_images(images, channels=self.channels), device=self.device,
        )  # fmt: skip

    @property
    def fingerprint(self) -> str:
        """Identifies the weights."""
        return weights_fingerprint(self.network)


def train_segmenter(
    images: npt.ArrayLike,
    masks: npt.ArrayLike,
    *,
    steps: int,
    seed: int,
    batch_size: int = 16,
    augmentation: Augmentation = "none",
    start: Segmenter | None = None,
    device: str = "cpu",
) -> Segmenter:
    """Train by cross-entropy plus soft Dice with Adam, for exactly ``steps`` steps.

    Args:
        images: (n, C, *spatial) in [-1, 1].
        masks: (n, *spatial); whatever is not 0 is foreground, which must occur.
        steps: optimiser steps.
        seed: of weights, batches and augmentation.
        batch_size: images a step, drawn with replacement.
        augmentation: "classical" mirrors and shifts image and mask together, and re-lights.
        start: a segmenter whose weights are the first ones (fine-tuning); itself it stays.
        device: where to compute.

    Raises:
        BadInputError: images or masks cannot be used.
    """
    if augmentation not in ("none", "classical"):
        raise unknown("augmentation", augmentation, ("none", "classical"))
    batch = checked_images(images)
    truth = checked_masks(masks, batch)
    network = _new_network(batch, seed).to(device)
    if start is not None:
        network.load_state_dict(start.network.state_dict())
    generator = torch_generator(seed, "augmentation")

    def loss(rows: Integers) -> torch.Tensor:
        shown = torch.from_numpy(batch[rows]).to(device)
        target = torch.from_numpy(truth[rows])[:, None].to(device)
        if augmentation == "classical":
            together = moved(torch.cat([shown, target], dim=1), generator)
            shown, target = relit(together[:, :-1], generator), together[:, -1:]
        return segmentation_loss(network(shown), target)

    drawn = numpy_generator(seed, "batches").integers(len(batch), size=(steps, batch_size))
    taken = minimise(loss, network.parameters(), drawn)
    return Segmenter(network.eval(), batch.shape[1], batch.shape[2:], taken, device)


def segmentation_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross-entropy plus 1 - soft Dice over the batch (Milletari et al. 2016, eq. 1).

    Over the batch, for a single image without any foreground has no Dice.
    """
    return cross_entropy_map(logits, target).mean() + soft_dice_loss(logits.sigmoid(), target)


def checked_masks(masks: npt.ArrayLike, images: Float32) -> Float32:
    """Return masks (n, *spatial) as float32 0 and 1.

    Raises:
        BadInputError: not the shape of the images, NaN, or no foreground at all.
    """
    array = np.asarray(masks)
    if array.shape != (len(images), *images.shape[2:]):
        raise BadInputError(f"masks of shape {array.shape} for images of {images.shape}.")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise BadInputError("a mask holds NaN. Repair or leave out that case.")
    if not array.any():
        raise BadInputError(f"all {len(array)} masks are empty: there is nothing to segment.")
    return np.asarray(array != 0, dtype=np.float32)


def _new_network(images: Float32, seed: int) -> UNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "segmenter"))
        return UNet(images.shape[1], 1, images.shape[2:], width=WIDTH, depth=DEPTH)
