"""How alike two images or masks are, voxel by voxel and structure by structure; 2D and 3D."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.arrays import Float64, Integers, finite

if TYPE_CHECKING:
    import torch

WINDOW = 11
SHORTEST_SIDES = (11, 22, 44, 99, 176)  # for 1 to 5 scales; 99 and not 88 is torchmetrics' rule
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
BATCH = 32


def mse(x: npt.ArrayLike, y: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> float:
    """Mean squared error of images (C, *spatial), inside a mask (*spatial) where one is given.

    >>> mse(np.zeros((1, 2, 2)), np.full((1, 2, 2), 3.0))
    9.0
    """
    return float(_masked_mean((_image(x, "x") - _image(y, "y", like=x)) ** 2, mask))


def mae(x: npt.ArrayLike, y: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> float:
    """Mean absolute error of images (C, *spatial), inside a mask (*spatial) where one is given."""
    return float(_masked_mean(np.abs(_image(x, "x") - _image(y, "y", like=x)), mask))


def psnr(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
    data_range: float | None = None,
) -> float:
    """Peak signal-to-noise ratio in decibels, 10 log10(data_range^2 / mse); inf for equal images.

    ``data_range`` defaults to the range of ``x``, the reference.
    """
    error = mse(x, y, mask)
    return float(10 * np.log10(_range(x, data_range) ** 2 / error)) if error else float("inf")


def ssim(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
    data_range: float | None = None,
) -> float:
    """Mean structural similarity with a Gaussian window of 11 and sigma 1.5 (Wang et al. 2004).

    Images (C, *spatial), each side of 11 or more; the map is averaged over channels and, where
    given, the mask (*spatial). In [-1, 1], 1 is best. Luminance is counted from zero: shift signed
    units (HU) so that their lowest is 0. ``data_range`` defaults to the range of ``x``.
    """
    from skimage.metrics import structural_similarity

    first, second = _image(x, "x"), _image(y, "y", like=x)
    _check_window(first.shape[1:])
    _, similarity = structural_similarity(  # type: ignore[no-untyped-call]
        first, second, data_range=_range(x, data_range), channel_axis=0, full=True,
        gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
    )  # fmt: skip
    return float(_masked_mean(similarity, mask))


def ms_ssim(
    x: npt.ArrayLike, y: npt.ArrayLike, *, value_range: tuple[float, float] = (-1.0, 1.0)
) -> Float64:
    """Multi-scale structural similarity of each pair of images, as an array (n,).

    Wang et al. 2003. Batches (n, C, *spatial), 2D or 3D. Each scale halves the image and the window
    of 11 must fit into the smallest, so small images have fewer of the 5 scales: 1, 2, 3, 4 below a
    shortest side of 22, 44, 99, 176. The published weights of those kept are rescaled to sum to 1.
    Values are shifted so that the low end of ``value_range`` is 0. In [0, 1]; 1 for equal images.

    Raises:
        BadInputError: shapes differ, or a side is below 11.
    """
    first, second = finite(x, "x"), finite(y, "y")
    if first.shape != second.shape or first.ndim not in (4, 5):
        raise BadInputError(
            f"shapes {first.shape} and {second.shape} must be equal and (n, C, *spatial)."
        )
    low, high = value_range
    weights = _scale_weights(first.shape[2:])
    return np.concatenate([
        _ms_ssim(first[part] - low, second[part] - low, high - low, weights)
        for part in (slice(start, start + BATCH) for start in range(0, len(first), BATCH))
    ])  # fmt: skip


def mean_pairwise_ms_ssim(
    images: npt.ArrayLike,
    *,
    pairs: int,
    seed: int,
    groups: npt.ArrayLike | None = None,
    value_range: tuple[float, float] = (-1.0, 1.0),
) -> float:
    """Mean MS-SSIM of random pairs of one set of images (Odena et al. 2017, section 4.2).

    In [0, 1]; the higher, the less diverse, and 1 is total collapse. Read it beside the same figure
    of real images. With ``groups`` (a class per image) both images of a pair are of one class.
    """
    chosen = random_pairs(len(np.asarray(images)), pairs=pairs, seed=seed, groups=groups)
    return float(pairwise_ms_ssim(images, chosen, value_range=value_range).mean())


def pairwise_ms_ssim(
    images: npt.ArrayLike, chosen: Integers, *, value_range: tuple[float, float] = (-1.0, 1.0)
) -> Float64:
    """Return the MS-SSIM of each chosen pair (p, 2) of the images (n, C, *spatial)."""
    batch = np.asarray(images)
    return ms_ssim(batch[chosen[:, 0]], batch[chosen[:, 1]], value_range=value_range)


def random_pairs(n: int, *, pairs: int, seed: int, groups: npt.ArrayLike | None = None) -> Integers:
    """Draw pairs of two different numbers below n, of one group where groups are given: (pairs, 2).

    Raises:
        BadInputError: no group has two members.
    """
    generator = numpy_generator(seed, "pairs")
    group = np.zeros(n, dtype=np.int64) if groups is None else np.asarray(groups)
    members = [np.flatnonzero(group == name) for name in np.unique(group)]
    mates = {int(i): set_ for set_ in members if len(set_) > 1 for i in set_}
    if not mates:
        raise BadInputError("no two images of one class to compare. Give more images.")
    first = generator.choice(sorted(mates), pairs)
    # A step of 1 to size - 1 round the ring of mates never lands on the image itself.
    second = [
        mates[i][(np.searchsorted(mates[i], i) + generator.integers(1, len(mates[i])))
                 % len(mates[i])]
        for i in map(int, first)
    ]  # fmt: skip
    return np.stack([first, np.array(second, dtype=np.int64)], axis=1)


def dice(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Dice coefficient 2 |a and b| / (|a| + |b|) of two masks of one shape; 1 where both are empty.

    >>> dice([1, 1, 0, 0], [1, 0, 1, 0])
    0.5
    """
    first, second = np.asarray(a).astype(bool), np.asarray(b).astype(bool)
    if first.shape != second.shape:
        raise BadInputError(f"masks of shapes {first.shape} and {second.shape}: must be equal.")
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0


def _image(values: npt.ArrayLike, name: str, *, like: npt.ArrayLike | None = None) -> Float64:
    array = finite(values, name)
    if like is not None and array.shape != np.shape(like):
        raise BadInputError(f"images of shapes {np.shape(like)} and {array.shape}: must be equal.")
    return array


def _masked_mean(values: Float64, mask: npt.ArrayLike | None) -> float:
    if mask is None:
        return float(values.mean())
    inside = np.asarray(mask).astype(bool)
    if inside.shape != values.shape[1:]:
        raise BadInputError(f"mask of shape {inside.shape} on images of {values.shape[1:]}.")
    if not inside.any():
        raise BadInputError("the mask is empty: nothing to compare. Leave this case out.")
    return float(values[:, inside].mean())


def _range(reference: npt.ArrayLike, data_range: float | None) -> float:
    found = float(np.ptp(np.asarray(reference))) if data_range is None else float(data_range)
    if found <= 0:
        raise BadInputError("the reference image is constant: state data_range.")
    return found


def _check_window(spatial: tuple[int, ...]) -> None:
    if min(spatial) < WINDOW:
        raise BadInputError(f"images of {spatial}: every side must be {WINDOW} or more for SSIM.")


def _scale_weights(spatial: tuple[int, ...]) -> tuple[float, ...]:
    _check_window(spatial)
    kept = SCALE_WEIGHTS[: sum(min(spatial) >= side for side in SHORTEST_SIDES)]
    return tuple(weight / sum(kept) for weight in kept)


def _ms_ssim(x: Float64, y: Float64, data_range: float, weights: tuple[float, ...]) -> Float64:
    import torch
    from torchmetrics.functional.image import (
        multiscale_structural_similarity_index_measure as multiscale,
    )

    def tensor(images: Float64) -> torch.Tensor:
        return torch.from_numpy(images.astype(np.float32))

    similarity = multiscale(
        tensor(x), tensor(y), data_range=data_range, betas=weights, reduction="none",
        normalize="relu", sigma=1.5,
    )  # fmt: skip
    return np.asarray(similarity.double().reshape(-1).numpy())
