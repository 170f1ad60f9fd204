"""Showing a classifier what a generator makes of an image, and the attack that knows of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from cancergan.downstream.classifier import Classifier
from cancergan.games.latent import LatentGame
from cancergan.training.latent import invert

Floats = npt.NDArray[np.float32]


def purified(game: LatentGame, images: Floats, *, steps: int) -> Floats:
    """Return the generator's nearest images (n, C, *spatial), by latent search (Defense-GAN).

    No class is told to the search, or it would tell the classifier: where the game has classes,
    each is tried and the nearest image kept (Samangouei et al. 2018, section 3).
    """
    classes = len(game.shape.classes)
    if not classes:
        return invert(game, images, steps=steps).images
    tried = [invert(game, images, np.full(len(images), code, np.int64), steps=steps)
             for code in range(classes)]  # fmt: skip
    nearest = np.argmin([found.errors for found in tried], axis=0)
    return np.stack([tried[code].images[row] for row, code in enumerate(nearest)])


def lesion_contrast(images: Floats, masks: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Return how far each lesion stands out, (n,): its mean against that of the ring around it.

    Images (n, C, *spatial), masks (n, *spatial), a lesion wherever above 0; the ring is as wide as
    a twelfth of the shortest side. Channels are averaged, and signs kept, so that a lesion painted
    away gives about 0 and one turned dark to bright a negative share. NaN without a lesion.
    """
    from scipy.ndimage import binary_dilation

    width = max(1, min(masks.shape[1:]) // 12)
    found = np.full(len(images), np.nan)
    for row, (image, mask) in enumerate(zip(images.mean(axis=1), masks > 0, strict=True)):
        ring = binary_dilation(mask, iterations=width) & ~mask
        if mask.any() and ring.any():
            found[row] = image[mask].mean() - image[ring].mean()
    return found


def adaptive_attack(
    classifier: Classifier,
    game: LatentGame,
    images: Floats,
    labels: npt.NDArray[Any],
    *,
    budget: float,
    steps: int,
    rounds: int,
) -> Floats:
    """Return images changed within the budget so that even the purified ones are misread.

    The search for the nearest image has no slope worth following; the attack takes the slope of the
    classifier at the purified image for that at the image itself (BPDA, Athalye et al. 2018,
    section 4.1), and keeps the most misleading point of all rounds.
    """
    network = nn.Sequential(classifier.encoder, classifier.head)
    truth = torch.from_numpy(np.asarray(labels))
    current, best = images.copy(), images.copy()
    most = np.full(len(images), -np.inf)
    for _ in range(rounds):
        shown = torch.from_numpy(purified(game, current, steps=steps)).requires_grad_()
        losses = nn.functional.cross_entropy(network(shown), truth, reduction="none")
        (slope,) = torch.autograd.grad(losses.sum(), shown)
        found = losses.detach().double().numpy()
        better = found > most
        best[better], most[better] = current[better], found[better]
        moved = current + 2.5 * budget / rounds * np.sign(slope.numpy())
        current = np.clip(np.clip(moved, images - budget, images + budget), -1, 1)
        current = current.astype(np.float32)
    return best
