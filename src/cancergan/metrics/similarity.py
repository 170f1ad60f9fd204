"""How alike two images are, voxel by voxel and structure by structure; 2D and 3D."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.arrays import Float64, Integers, finite, on_the_host

WINDOW = 11
SHORTEST_SIDES = (11, 22, 44, 99, 176)  # for 1 to 5 scales; 99 and not 88 is torchmetrics' rule
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
BATCH = 32


def mse(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
    data_range: float | None = None,
) -> float:
    """Mean squared error of images (C, *spatial), inside a mask (*spatial) where one is given.

    In squared units of the images, or as a share of ``data_range`` squared where that is given.

    >>> mse(np.zeros((1, 2, 2)), np.full((1, 2, 2), 3.0))
    9.0
    """
    squares = (_image(x, "x") - _image(y, "y", like=x)) ** 2
    return _masked_mean(squares, mask) / (1.0 if data_range is None else _range(x, data_range) ** 2)


def nmse(x: npt.ArrayLike, y: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> float:
    """Squared error as a share of the squared reference: |x - y|^2 / |x|^2 (Zbontar et al. 2018).

    Images (C, *spatial); in [0, inf), 0 is best, 1 is what an empty image scores.

    Raises:
        BadInputError: the reference is zero everywhere (in the mask).
    """
    power = _masked_mean(_image(x, "x") ** 2, mask)
    if power == 0:
        raise BadInputError("the reference image is zero everywhere: nothing to relate errors to.")
    return mse(x, y, mask) / power


def mae(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
    data_range: float | None = None,
) -> float:
    """Mean absolute error of images (C, *spatial), inside a mask (*spatial) where one is given.

    In units of the images, or as a share of ``data_range`` where that is given.
    """
    errors = np.abs(_image(x, "x") - _image(y, "y", like=x))
    return _masked_mean(errors, mask) / (1.0 if data_range is None else _range(x, data_range))


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
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
    *,
    value_range: tuple[float, float] = (-1.0, 1.0),
) -> Float64:
    """Multi-scale structural similarity of each pair of images, as an array (n,).

    Wang et al. 2003; equal to torchmetrics', but in float64, several times faster in 3D, and with a
    mask (n, *spatial) that weighs the maps. Batches (n, C, *spatial), 2D or 3D. Each scale halves
    the image and the window of 11 must fit into the smallest, so small images have fewer of the 5
    scales: 1, 2, 3, 4 below a shortest side of 22, 44, 99, 176. The published weights of those kept
    are rescaled to sum to 1. Values are shifted so that the low end of ``value_range`` is 0. In
    [0, 1]; 1 for equal images.

    Raises:
        BadInputError: shapes differ, a side is below 11, or a mask is empty where the window fits.
    """
    first, second = finite(x, "x"), finite(y, "y")
    if first.shape != second.shape or first.ndim not in (4, 5):
        raise BadInputError(
            f"shapes {first.shape} and {second.shape} must be equal and (n, C, *spatial)."
        )
    low, high = value_range
    weights = _scale_weights(first.shape[2:])
    region = _region(mask, (len(first), *first.shape[2:]))
    return np.concatenate([
        _ms_ssim(first[part] - low, second[part] - low, region[part], high - low, weights)
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
    batch = np.asarray(on_the_host(images))
    chosen = random_pairs(len(batch), pairs=pairs, seed=seed, groups=groups)
    return float(pairwise_ms_ssim(batch, chosen, value_range=value_range).mean())


def pairwise_ms_ssim(
    images: npt.ArrayLike, chosen: Integers, *, value_range: tuple[float, float] = (-1.0, 1.0)
) -> Float64:
    """Return the MS-SSIM of each chosen pair (p, 2) of the images (n, C, *spatial)."""
    batch = np.asarray(on_the_host(images))
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


def _image(values: npt.ArrayLike, name: str, *, like: npt.ArrayLike | None = None) -> Float64:
    array = finite(values, name)
    if like is not None and array.shape != np.shape(like):
        raise BadInputError(f"images of shapes {np.shape(like)} and {array.shape}: must be equal.")
    return array


def _masked_mean(values: Float64, mask: npt.ArrayLike | None) -> float:
    if mask is None:
        return float(values.mean())
    inside = np.asarray(on_the_host(mask)).astype(bool)
    if inside.shape != values.shape[1:]:
        raise BadInputError(f"mask of shape {inside.shape} on images of {values.shape[1:]}.")
    if not inside.any():
        raise BadInputError("the mask is empty: nothing to compare. Leave this case out.")
    return float(values[:, inside].mean())


def _range(reference: npt.ArrayLike, data_range: float | None) -> float:
    found = float(np.ptp(finite(reference, "x"))) if data_range is None else float(data_range)
    if found <= 0:
        raise BadInputError("the range is not above 0 (a constant reference?): state data_range.")
    return found


def _check_window(spatial: tuple[int, ...]) -> None:
    if min(spatial) < WINDOW:
        raise BadInputError(f"images of {spatial}: every side must be {WINDOW} or more for SSIM.")


def _region(mask: npt.ArrayLike | None, shape: tuple[int, ...]) -> Float64:
    region = np.ones(shape) if mask is None else finite(mask, "mask")
    if region.shape != shape:
        raise BadInputError(f"mask of shape {region.shape} on images of {shape}.")
    return region[:, None]


def _scale_weights(spatial: tuple[int, ...]) -> tuple[float, ...]:
    _check_window(spatial)
    kept = SCALE_WEIGHTS[: sum(min(spatial) >= side for side in SHORTEST_SIDES)]
    return tuple(weight / sum(kept) for weight in kept)


def _ms_ssim(
    x: Float64, y: Float64, region: Float64, data_range: float, weights: tuple[float, ...]
) -> Float64:
    """Multiply the scales' contrast and structure, and the last one's luminance, per image."""
    product = np.ones(len(x))
    for weight in weights[:-1]:
        # torchmetrics counts the mirrored borders in the last scale alone, and so do we.
        structure = _weighted_mean(_valid(_ssim_maps(x, y, data_range)[1]), _valid(region))
        product *= np.maximum(structure, 0.0) ** weight
        x, y, region = _halved(x), _halved(y), _halved(region)
    luminance, structure = _ssim_maps(x, y, data_range)
    whole = _weighted_mean(luminance * structure, region)
    return np.asarray(product * np.maximum(whole, 0.0) ** weights[-1])


def _ssim_maps(x: Float64, y: Float64, data_range: float) -> tuple[Float64, Float64]:
    """Return the maps of luminance, and of contrast times structure."""
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    mean_x, mean_y = _blurred(x), _blurred(y)
    variances = _blurred(x**2) + _blurred(y**2) - mean_x**2 - mean_y**2
    covariance = _blurred(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return luminance, (2 * covariance + c2) / (variances + c2)


def _blurred(batch: Float64) -> Float64:
    """Return a batch under the Gaussian window of sigma 1.5, mirrored at its borders."""
    from scipy.ndimage import gaussian_filter

    sigma = (0.0, 0.0) + (1.5,) * (batch.ndim - 2)
    return np.asarray(gaussian_filter(batch, sigma, radius=WINDOW // 2, mode="mirror"))


def _valid(batch: Float64) -> Float64:
    """Return a batch without the borders that the window overhangs."""
    return batch[
        (slice(None), slice(None)) + (slice(WINDOW // 2, -(WINDOW // 2)),) * (batch.ndim - 2)
    ]


def _halved(batch: Float64) -> Float64:
    """Return the means of blocks of 2 along every spatial axis; an odd last row is left out."""
    for axis in range(2, batch.ndim):
        half = batch.shape[axis] // 2
        even = np.moveaxis(batch, axis, -1)[..., : 2 * half]
        batch = np.moveaxis(even.reshape(*even.shape[:-1], half, 2).mean(-1), -1, axis)
    return batch


def _weighted_mean(values: Float64, weights: Float64) -> Float64:
    axes = tuple(range(1, values.ndim))
    total = np.broadcast_to(weights, values.shape).sum(axes)
    if (total <= 0).any():
        raise BadInputError("a mask is empty, or so near the border that no window fits. Widen it.")
    return np.asarray((values * weights).sum(axes) / total)
