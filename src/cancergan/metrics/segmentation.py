"""How alike two masks are: their overlap, and how far their surfaces lie apart; 2D and 3D."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, on_the_host

Mask = npt.NDArray[np.bool_]


def dice(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Dice coefficient 2 |a and b| / (|a| + |b|) of two masks of one shape; 1 where both are empty.

    >>> dice([1, 1, 0, 0], [1, 0, 1, 0])
    0.5
    """
    first, second = _masks(a, b)
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0


def iou(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Intersection over union (Jaccard index) of two masks of one shape; 1 where both are empty.

    >>> iou([1, 1, 0], [0, 1, 1])
    0.3333333333333333
    """
    first, second = _masks(a, b)
    union = int((first | second).sum())
    return int((first & second).sum()) / union if union else 1.0


def hausdorff95(
    a: npt.ArrayLike, b: npt.ArrayLike, spacing: Sequence[float] | None = None
) -> float:
    """Robust Hausdorff distance: the larger of the two directed 95th percentiles.

    Of the distances from each surface voxel of one mask to the surface of the other (Huttenlocher
    et al. 1993, with rank 0.95; Taha and Hanbury 2015). Masks (*spatial); ``spacing`` in
    millimetres per axis, 1 where absent, is the unit. 0 where both masks are empty, infinite where
    one is.
    """
    directed = _surface_distances(a, b, spacing)
    if directed is None:
        return 0.0
    return max(float(np.percentile(d, 95)) if len(d) else np.inf for d in directed)


def surface_distance(
    a: npt.ArrayLike, b: npt.ArrayLike, spacing: Sequence[float] | None = None
) -> float:
    """Average symmetric surface distance: the mean over the surface voxels of both masks.

    Masks (*spatial); ``spacing`` in millimetres per axis, 1 where absent, is the unit. 0 where both
    masks are empty, infinite where one is.
    """
    directed = _surface_distances(a, b, spacing)
    if directed is None:
        return 0.0
    return float(np.concatenate(directed).mean()) if all(map(len, directed)) else float("inf")


def _surface_distances(
    a: npt.ArrayLike, b: npt.ArrayLike, spacing: Sequence[float] | None
) -> tuple[Float64, Float64] | None:
    """Return both directed sets of distances, empty ones where one mask is, None where both are."""
    first, second = _masks(a, b)
    step = [1.0] * first.ndim if spacing is None else [float(s) for s in spacing]
    if len(step) != first.ndim or min(step) <= 0:
        raise BadInputError(
            f"spacing {spacing} of masks {first.shape}: one length above 0 an axis."
        )
    either = first | second
    if not either.any():
        return None
    if not (first.any() and second.any()):
        return np.empty(0), np.empty(0)
    box = tuple(slice(i.min(), i.max() + 1) for i in np.nonzero(either))
    surfaces = _surface(first[box]), _surface(second[box])
    return _distances(*surfaces, step), _distances(*surfaces[::-1], step)


def _surface(mask: Mask) -> Mask:
    """Return the voxels of a mask that share a face with the outside."""
    from scipy.ndimage import binary_erosion

    return np.asarray(mask & ~binary_erosion(mask))


def _distances(of: Mask, to: Mask, spacing: Sequence[float]) -> Float64:
    from scipy.ndimage import distance_transform_edt

    return np.asarray(distance_transform_edt(~to, sampling=spacing)[of])


def _masks(a: npt.ArrayLike, b: npt.ArrayLike) -> tuple[Mask, Mask]:
    first, second = (_mask(mask, name) for mask, name in ((a, "a"), (b, "b")))
    if first.shape != second.shape:
        raise BadInputError(f"masks of shapes {first.shape} and {second.shape}: must be equal.")
    return first, second


def _mask(values: npt.ArrayLike, name: str) -> Mask:
    array = np.asarray(on_the_host(values))
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise BadInputError(f"mask {name} holds NaN. Repair or leave out that case.")
    return array.astype(bool)
