"""How far an image is from the healthy ones: scores, maps, and what they are worth.

A method that has learnt healthy images alone shows the nearest healthy image that it can make; what
it leaves unexplained is the anomaly (Schlegl et al. 2017, 2019). The two baselines here learn
nothing but a mean, or nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.downstream.batches import Float32, Float64, checked_images
from cancergan.metrics.classification import auc, average_precision
from cancergan.metrics.segmentation import dice

_BRIGHTEST = 0.01  # the share of pixels whose brightness an intensity score asks for
_THRESHOLDS = 200


@dataclass(frozen=True, eq=False)
class Anomalies:
    """How anomalous each image is, and where.

    Attributes:
        scores: (n,), 0 for an image that is explained perfectly.
        maps: (n, *spatial), of the same order, at least 0.
    """

    scores: Float64
    maps: Float32


def anomalies(
    images: npt.ArrayLike,
    made: npt.ArrayLike,
    features: npt.ArrayLike | None = None,
    features_made: npt.ArrayLike | None = None,
    *,
    kappa: float = 1.0,
) -> Anomalies:
    """Return scores and maps of images (n, C, *spatial) and the healthy ones made in their place.

    The score is the mean squared residual of pixels plus ``kappa`` times that of the
    discriminator's features (n, F) where they are given; the map is the absolute residual, the mean
    over channels (Schlegl et al. 2019, eq. 3-5). Equal images score 0.

    Raises:
        BadInputError: shapes differ.
    """
    real, again = checked_images(images), checked_images(made)
    if real.shape != again.shape:
        raise BadInputError(f"images {real.shape} and reconstructions {again.shape} must be equal.")
    residual = real.astype(np.float64) - again
    scores = np.square(residual).reshape(len(real), -1).mean(axis=1)
    if features is not None and features_made is not None:
        error = np.square(np.asarray(features, np.float64) - np.asarray(features_made, np.float64))
        scores = scores + kappa * error.mean(axis=1)
    return Anomalies(scores, np.abs(residual).mean(axis=1).astype(np.float32))


def distance_to_mean(images: npt.ArrayLike, healthy: npt.ArrayLike) -> Anomalies:
    """Return how far images are from the mean of the healthy ones: what a method has to beat."""
    mean = checked_images(healthy).mean(axis=0, keepdims=True)
    batch = checked_images(images)
    return anomalies(batch, np.broadcast_to(mean, batch.shape))


def linear_manifold(
    images: npt.ArrayLike, healthy: npt.ArrayLike, *, components: int = 32
) -> Anomalies:
    """Return what the first principal components of the healthy images leave unexplained."""
    from sklearn.decomposition import PCA

    batch, known = checked_images(images), checked_images(healthy)
    space = PCA(n_components=min(components, len(known) - 1), svd_solver="full")
    space.fit(known.reshape(len(known), -1))
    flat = batch.reshape(len(batch), -1)
    made = space.inverse_transform(space.transform(flat)).reshape(batch.shape)
    return anomalies(batch, made)


def brightness(images: npt.ArrayLike, *, dark: bool = False) -> Anomalies:
    """Return brightness (or darkness) itself as the anomaly: nothing is learnt.

    The map is the mean over channels, from 0 to 1; the score is the brightness that the brightest
    hundredth of the pixels reaches.
    """
    mean = checked_images(images).mean(axis=1)
    maps = np.clip((1 - mean if dark else 1 + mean) / 2, 0, 1).astype(np.float32)
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    return Anomalies(np.quantile(flat, 1 - _BRIGHTEST, axis=1), maps)


def check_both_occur(abnormal: npt.ArrayLike, of: str) -> npt.NDArray[np.bool_]:
    """Return which cases are abnormal (n,), if some are and some are not.

    Raises:
        BadInputError: all cases are of one kind.
    """
    truth = np.asarray(abnormal, bool)
    if truth.all() or not truth.any():
        kind = "abnormal" if truth.all() else "normal"
        raise BadInputError(
            f"{of}: all {len(truth)} cases are {kind}; a test of anomaly detection needs both "
            "kinds. Add the other, or leave --normal out to have scores without a test."
        )
    return truth


def detection(scores: npt.ArrayLike, abnormal: npt.ArrayLike) -> dict[str, float]:
    """Return AUC and average precision of scores (n,) for telling abnormal cases (n,)."""
    truth = check_both_occur(abnormal, "detection").astype(np.int64)
    found = _as_probabilities(np.asarray(scores, np.float64))
    return {"auc": auc(truth, found), "average_precision": average_precision(truth, found)}


def pixel_detection(
    maps: npt.ArrayLike, masks: Sequence[npt.ArrayLike | None], threshold: float | None = None
) -> dict[str, Float64]:
    """Return how well maps (n, *spatial) find the lesions of each case, NaN in cases without one.

    AUC and average precision tell pixels of the lesion from the others of the same image; Dice
    counts pixels above ``threshold``, where one is given.
    """
    found = np.asarray(maps)
    names = ["pixel_auc", "pixel_average_precision", *([] if threshold is None else ["dice"])]
    figures = {name: np.full(len(found), np.nan) for name in names}
    for row, (values, mask) in enumerate(zip(found, masks, strict=True)):
        truth = None if mask is None else np.asarray(mask).ravel() != 0
        if truth is None or truth.all() or not truth.any():
            continue
        labels, flat = truth.astype(np.int64), _as_probabilities(values.ravel().astype(np.float64))
        figures["pixel_auc"][row] = auc(labels, flat)
        figures["pixel_average_precision"][row] = average_precision(labels, flat)
        if threshold is not None:
            figures["dice"][row] = dice(values.ravel() > threshold, truth)
    return figures


def best_threshold(maps: npt.ArrayLike, masks: Sequence[npt.ArrayLike | None]) -> float | None:
    """Return the threshold with the highest mean Dice over cases with a lesion, None without any.

    For validation cases: never choose it where it is judged.
    """
    found = np.asarray(maps)
    there = [
        (values, np.asarray(mask) != 0)
        for values, mask in zip(found, masks, strict=True)
        if mask is not None and np.any(mask)
    ]
    if not there:
        return None
    levels = np.unique(np.quantile(found, np.linspace(0.5, 1, _THRESHOLDS)))
    reached = [np.mean([dice(values > level, mask) for values, mask in there]) for level in levels]
    return float(levels[int(np.argmax(reached))])


def _as_probabilities(scores: Float64) -> Float64:
    """Return scores moved into [0, 1] in the same order: what ranking figures ask for."""
    span = scores.max() - scores.min()
    return (scores - scores.min()) / span if span > 0 else np.zeros_like(scores)
