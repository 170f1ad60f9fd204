"""Detectors of edits in crops: noise residual, statistics of shells, and a trained classifier.

All are shown crops that are centred on the place in question; whoever searches whole scans has more
places to be wrong about. Scores are higher where an edit is likelier.

Sources: Immerkaer 1996 (noise from second differences, which leave smooth structure out); Mirsky et
al. 2019 (edits of CT by networks); noise residuals and seams as in splicing forensics.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from cancergan.core.registry import Registry
from cancergan.downstream.batches import Float32, Float64, checked_images
from cancergan.downstream.classifier import train_classifier

Bits = npt.NDArray[np.bool_]
Scores = Callable[[npt.ArrayLike], Float64]
Fit = Callable[[Float32, Bits, int, int], Scores]
SHELLS = 6
_TINY = 1e-6

tampering_detectors: Registry[Fit] = Registry("tampering detector")


def fitted(
    name: str, crops: npt.ArrayLike, is_edited: npt.ArrayLike, *, steps: int, seed: int
) -> Scores:
    """Return a detector as a function from crops (n, C, *spatial) to scores (n,).

    Args:
        name: of the registry: "noise residual", "boundary statistics" or "classifier".
        crops: training crops (n, C, *spatial), in physical units.
        is_edited: (n,) which of them are edited.
        steps: optimiser steps, of the classifier alone.
        seed: of the classifier.

    Raises:
        BadInputError: crops that are no images, or an unknown name.
    """
    return tampering_detectors[name](
        checked_images(crops), np.asarray(is_edited, bool), steps, seed
    )


def residual(crops: npt.ArrayLike) -> Float64:
    """Return what second differences along every axis leave of crops (n, C, *spatial).

    Scaled so that white noise keeps its deviation; linear ramps leave nothing. The outermost
    pixels, which have no second difference, repeat their neighbours.
    """
    left = np.asarray(crops, np.float64)
    for axis in range(2, left.ndim):
        left = np.diff(left, 2, axis=axis) / np.sqrt(6)
    return np.pad(left, ((0, 0), (0, 0), *((1, 1),) * (left.ndim - 2)), mode="edge")


def noise_level(crop: npt.ArrayLike, where: Bits | None = None) -> float:
    """Return the deviation of the noise of a crop (C, *spatial), by the median of its residual."""
    left = np.abs(residual(np.asarray(crop)[None])[0])
    return float(np.median(left if where is None else left[:, where]) / 0.6745)


@tampering_detectors.register("noise residual")
def noise_residual(crops: Float32, is_edited: Bits, steps: int, seed: int) -> Scores:
    """Compare the noise in the middle with that around it; learns from untouched crops alone."""

    def ratio(images: npt.ArrayLike) -> Float64:
        levels = _shells(np.abs(residual(images)), np.median)
        inner, outer = levels[:, : SHELLS // 2].mean(axis=1), levels[:, SHELLS // 2 :].mean(axis=1)
        return np.asarray(np.log((inner + _TINY) / (outer + _TINY)))

    usual = float(np.median(ratio(crops[~is_edited])))
    return lambda images: np.abs(ratio(checked_images(images)) - usual)


@tampering_detectors.register("boundary statistics")
def boundary_statistics(crops: Float32, is_edited: Bits, steps: int, seed: int) -> Scores:
    """Judge slope and noise of every shell about the middle, by logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=1000))
    model.fit(shell_statistics(crops), is_edited)
    return lambda images: np.asarray(
        model.decision_function(shell_statistics(checked_images(images))), np.float64
    )


@tampering_detectors.register("classifier")
def classifier(crops: Float32, is_edited: Bits, steps: int, seed: int) -> Scores:
    """Show a convolutional network the crops and their residuals."""
    scales = [(float(a.mean()), 3 * float(a.std()) + _TINY) for a in (crops, residual(crops))]

    def seen(images: npt.ArrayLike) -> Float32:
        parts = zip((np.asarray(images), residual(images)), scales, strict=True)
        scaled = [np.clip((part - mean) / spread, -1, 1) for part, (mean, spread) in parts]
        return np.concatenate(scaled, axis=1).astype(np.float32)

    network = train_classifier(
        seen(crops), is_edited.astype(np.int64), n_classes=2, steps=steps, seed=seed,
        augmentation="classical",
    )  # fmt: skip
    return lambda images: network.probabilities(seen(checked_images(images)))[:, 1]


def shell_statistics(crops: npt.ArrayLike) -> Float64:
    """Return log slope and log noise of each shell about the middle, (n, 2 SHELLS)."""
    images = np.asarray(crops, np.float64)
    axes = tuple(range(2, images.ndim))
    slopes = np.sqrt(sum(np.square(part) for part in np.gradient(images, axis=axes)))
    levels = [_shells(slopes, np.mean), _shells(np.abs(residual(images)), np.median)]
    return np.log(np.concatenate(levels, axis=1) + _TINY)


def _shells(values: Float64, statistic: Callable[..., Float64]) -> Float64:
    """Return a statistic of the pixels at each distance from the middle, (n, SHELLS)."""
    spatial = values.shape[2:]
    offsets = [np.arange(n) - (n - 1) / 2 for n in spatial]
    distance = np.sqrt(sum(np.square(o) for o in np.meshgrid(*offsets, indexing="ij")))
    number = np.minimum(distance / (min(spatial) / 2) * SHELLS, SHELLS - 1).astype(int)
    found = [statistic(values[:, :, number == shell], axis=(1, 2)) for shell in range(SHELLS)]
    return np.stack(found, axis=1)
