"""Whether a model knows when it errs: uncertainty against error, and what rejection would save."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, Integers, finite, on_the_host

LOWEST = 1e-12
TEMPERATURES = (0.05, 20.0)


def predictive_entropy(probabilities: npt.ArrayLike) -> Float64:
    """Return -sum p log p of each row (..., K), in nats: 0 is sure, log K is at a loss."""
    rows = np.maximum(finite(probabilities, "probabilities"), LOWEST)
    return np.asarray(-(rows * np.log(rows)).sum(-1))


def split_entropy(by_model: npt.ArrayLike) -> tuple[Float64, Float64]:
    """Return the intrinsic and the parameter part of the uncertainty of each case, in nats.

    Class probabilities (models, n, K) of an ensemble, or of passes with dropout. The entropy of the
    mean is the sum of the mean entropy (noise in the data) and the mutual information of answer and
    model (what more data would settle), Depeweg et al. 2018, eq. 2.
    """
    rows = finite(by_model, "probabilities")
    if rows.ndim != 3 or not rows.size:
        raise BadInputError(f"probabilities of shape {rows.shape}: must be (models, n, classes).")
    intrinsic = predictive_entropy(rows).mean(0)
    return intrinsic, np.maximum(predictive_entropy(rows.mean(0)) - intrinsic, 0.0)


def split_variance(means: npt.ArrayLike, variances: npt.ArrayLike) -> tuple[Float64, Float64]:
    """Return intrinsic and parameter variance of predictions (models, ...): Kendall and Gal 2017.

    The mean of the variances that the models predict, and the variance of their means (eq. 9).
    """
    mean, variance = finite(means, "means"), finite(variances, "variances")
    if mean.shape != variance.shape or mean.ndim < 1 or (variance < 0).any():
        raise BadInputError(
            f"means {mean.shape} and variances {variance.shape}: must be equal, and from 0."
        )
    return np.asarray(variance.mean(0)), np.asarray(mean.var(0))


def uncertainty_error_correlation(uncertainty: npt.ArrayLike, error: npt.ArrayLike) -> float:
    """Return Spearman's rank correlation of uncertainty and error of cases (n,).

    In [-1, 1]; 1: the surer, the righter. 0 where either is constant, for it then tells nothing.
    """
    from scipy.stats import spearmanr

    first, second = _paired(uncertainty, error)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(first, second).statistic)


def rejection_curve(uncertainty: npt.ArrayLike, error: npt.ArrayLike) -> tuple[Float64, Float64]:
    """Return shares of cases kept, from 1/n to 1, and the mean error of the surest so many.

    A model that knows when it errs has a curve that rises. Cases that are equally sure share the
    mean of all of them, so that the order of the input does not matter.
    """
    first, second = _paired(uncertainty, error)
    _, place = np.unique(first, return_inverse=True)
    shared = np.bincount(place, weights=second) / np.bincount(place)
    ordered = shared[np.sort(place)]
    kept = np.arange(1, len(first) + 1)
    return kept / len(first), np.cumsum(ordered) / kept


def rejection_gain(uncertainty: npt.ArrayLike, error: npt.ArrayLike) -> float:
    """Return how much of the best possible rejection the uncertainty achieves.

    (random - found) / (random - best) of the areas under ``rejection_curve``, where best rejects by
    the error itself (Malinin et al. 2021's prediction rejection ratio). 1 is best, 0 is chance,
    below 0 the sure cases are the wrong ones. 0 where all errors are equal.
    """
    first, second = _paired(uncertainty, error)
    best, found = (rejection_curve(by, second)[1].mean() for by in (second, first))
    chance = float(second.mean())
    return float((chance - found) / (chance - best)) if chance > best else 0.0


def temperature(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """Return the temperature that calibrates probabilities (n, K) best, by likelihood.

    Guo et al. 2017, section 4.2; bounded to 1/20 to 20. Above 1 the model was too sure. Fit it on
    cases that the model has not learnt from.
    """
    from scipy.optimize import minimize_scalar

    truth, rows = _labelled(labels, probabilities)

    def loss(log_temperature: float) -> float:
        return negative_log_likelihood(truth, tempered(rows, float(np.exp(log_temperature))))

    low, high = np.log(TEMPERATURES)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))


def tempered(probabilities: npt.ArrayLike, temperature: float) -> Float64:
    """Return probabilities (n, K) as they are at another temperature: p^(1/T), normalised."""
    logits = np.log(np.maximum(finite(probabilities, "probabilities"), LOWEST)) / temperature
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def negative_log_likelihood(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """Return the mean of -log p(label), in nats: 0 is best, log K is guessing evenly."""
    truth, rows = _labelled(labels, probabilities)
    return float(-np.log(np.maximum(rows[np.arange(len(rows)), truth], LOWEST)).mean())


def _labelled(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> tuple[Integers, Float64]:
    truth = np.asarray(on_the_host(labels), dtype=np.int64)
    rows = finite(probabilities, "probabilities")
    if rows.ndim != 2 or truth.shape != (len(rows),) or not len(rows):
        raise BadInputError(
            f"labels {truth.shape} and probabilities {rows.shape} must be (n,) and (n, K)."
        )
    if truth.min() < 0 or truth.max() >= rows.shape[1]:
        raise BadInputError(f"labels reach to {truth.max()} of {rows.shape[1]} classes.")
    return truth, rows


def _paired(uncertainty: npt.ArrayLike, error: npt.ArrayLike) -> tuple[Float64, Float64]:
    first, second = finite(uncertainty, "uncertainty"), finite(error, "error")
    if first.ndim != 1 or first.shape != second.shape or len(first) < 2:
        raise BadInputError(
            f"uncertainty {first.shape} and error {second.shape} must be (n,), n 2 or more."
        )
    return first, second
