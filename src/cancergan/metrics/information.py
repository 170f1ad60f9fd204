"""What one set of numbers says about another: mutual information, and the inception score."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, finite, on_the_host


def mutual_information(
    x: npt.ArrayLike, y: npt.ArrayLike, mask: npt.ArrayLike | None = None, *, bins: int = 64
) -> float:
    """Mutual information of two images' intensities, in nats, from their joint histogram.

    Sum p(x, y) log(p(x, y) / (p(x) p(y))) over ``bins`` by ``bins`` equal bins (Viola and Wells
    1997). Images of one shape, of any modalities; a mask over the spatial axes is repeated over
    channels. In [0, log bins]; 0 for independent images, but few voxels inflate it by about
    (bins - 1)^2 / (2 n).

    Raises:
        BadInputError: shapes differ, NaN, or the mask is empty.
    """
    first, second = finite(x, "x"), finite(y, "y")
    if first.shape != second.shape:
        raise BadInputError(f"images of shapes {first.shape} and {second.shape}: must be equal.")
    inside = np.ones(first.shape, bool) if mask is None else _repeated(mask, first.shape)
    if not inside.any():
        raise BadInputError("nothing to compare: the mask is empty. Leave this case out.")
    joint, _, _ = np.histogram2d(first[inside], second[inside], bins=bins)
    joint /= joint.sum()
    independent = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    occurs = joint > 0
    return max(0.0, float((joint[occurs] * np.log(joint[occurs] / independent[occurs])).sum()))


def inception_score(probabilities: npt.ArrayLike, *, splits: int = 1) -> float:
    """Exponential of the mutual information of image and class (Salimans et al. 2016, section 4).

    exp(mean KL(p(class | image) || p(class))), averaged over ``splits`` consecutive parts. Class
    probabilities (n, K) of synthetic images, from a classifier of the domain. In [1, K]: K where
    every image is surely of one class and all classes are equally frequent. It never sees a real
    image; it says nothing of diversity within a class, and few cases in a part bias it downwards.

    Raises:
        BadInputError: rows that are no probabilities, or fewer than 2 cases a part.

    >>> round(inception_score(np.eye(3)), 9)
    3.0
    """
    rows = finite(probabilities, "probabilities")
    if rows.ndim != 2 or rows.shape[1] < 2 or len(rows) < 2 * splits or splits < 1:
        raise BadInputError(
            f"probabilities {rows.shape} in {splits} parts: must be (n, K) with 2 cases a part."
        )
    if (rows < 0).any() or not np.allclose(rows.sum(1), 1, atol=1e-4):
        raise BadInputError("probabilities: a row is negative or does not sum to 1. Use a softmax.")
    return float(np.mean([np.exp(_mean_divergence(part)) for part in np.array_split(rows, splits)]))


def _mean_divergence(rows: Float64) -> float:
    from scipy.special import rel_entr

    return float(rel_entr(rows, rows.mean(0)).sum(1).mean())


def _repeated(mask: npt.ArrayLike, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    inside = np.asarray(on_the_host(mask)).astype(bool)
    if inside.shape not in (shape, shape[1:]):
        raise BadInputError(f"mask of shape {inside.shape} on images of {shape}.")
    return np.broadcast_to(inside, shape)
