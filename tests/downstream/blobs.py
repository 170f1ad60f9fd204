"""Tiny images of two or more classes that differ in where a blob lies."""

from __future__ import annotations

import numpy as np


def blobs(
    n: int, *, seed: int, classes: int = 2, channels: int = 1, spatial: tuple[int, ...] = (16, 20)
) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a bright patch whose height tells the class: images in [-1, 1], labels."""
    random = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    images = random.normal(-0.4, 0.15, size=(n, channels, *spatial))
    for image, label in zip(images, labels, strict=True):
        image[..., : 5 + random.integers(3)] += 0.2 + 0.5 * label / (classes - 1)
    return np.clip(images, -1, 1).astype(np.float32), labels


def lesions(
    n: int, *, seed: int, spatial: tuple[int, ...] = (16, 20), empty: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Noise with one bright box, in all but the first ``empty`` images: images, masks."""
    random = np.random.default_rng(seed)
    images = random.normal(-0.4, 0.15, size=(n, 1, *spatial))
    masks = np.zeros((n, *spatial), dtype=np.uint8)
    for mask in masks[empty:]:
        corner = [int(random.integers(1, side - 7)) for side in spatial]
        mask[tuple(slice(at, at + int(random.integers(4, 7))) for at in corner)] = 1
    images += 0.8 * masks[:, None]
    return np.clip(images, -1, 1).astype(np.float32), masks
