"""Copies turned by any angle: the same small patterns (SIFT) in the same arrangement.

Augmented data sets hold images that were turned by some degrees, cut to the inner rectangle and
enlarged again. A layout embedding does not see them; key points do, and the transform that they
agree on lays one picture on the other, where its detail must correlate as that of copies does.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float32, Float64
from cancergan.cohort.curation.thumbnails import DETAIL_SCALE, SIDE, local_contrast
from cancergan.core.seeds import derive_seed

LEAST_CORRELATION = 0.8
LEAST_MATCHES = 8  # key points that agree on one transform
LEAST_OVERLAP = 0.3  # share of the picture that both show
PARTNERS = 8  # pictures that a picture is laid on, those that share most patterns
MOST_POINTS = 200
RATIO = 0.85  # of the best to the second-best match of a key point, Lowe 2004
BLOCK = 4096


@dataclass(frozen=True)
class Turned:
    """Two pictures that show the same, one turned against the other.

    Attributes:
        first, second: rows.
        correlation: of the detail that both show, once laid on each other.
        degrees: by how much the one is turned, -180 to 180.
        zoom: how much larger the second shows things.
        mirrored: whether it was also mirrored.
    """

    first: int
    second: int
    correlation: float
    degrees: float
    zoom: float
    mirrored: bool

    @property
    def change(self) -> str:
        """What was done, in words."""
        words = ["mirrored"] if self.mirrored else []
        words.append(f"turned by {abs(self.degrees):.0f} degrees")
        return ", ".join(words)


@dataclass(frozen=True, eq=False)
class _Points:
    """The key points of one picture: places (n, 2) as column and row, descriptors (n, 128)."""

    places: Float64
    descriptors: Float32


def turned_copies(thumbnails: Float32, *, threshold: float = LEAST_CORRELATION) -> list[Turned]:
    """Return the pairs of (n, 96, 96) pictures that are turned copies, surest first.

    Costs about 0.2 s of one core a picture. Not found: pictures without key points (blurred or
    smooth ones), and copies that share less than a third of the picture.
    """
    plain = [_points(picture) for picture in thumbnails]
    mirrored = [_points(picture[:, ::-1]) for picture in thumbnails]
    detail = local_contrast(thumbnails, DETAIL_SCALE)
    found: dict[tuple[int, int], Turned] = {}
    for flip, queries in ((False, plain), (True, mirrored)):
        for first, second in _partners(queries, plain):
            one = _laid_on(first, second, queries[first], plain[second], detail, flip)
            if one is None or one.correlation < threshold:
                continue
            pair = min(first, second), max(first, second)
            if pair not in found or one.correlation > found[pair].correlation:
                found[pair] = one
    return sorted(found.values(), key=lambda one: (-one.correlation, one.first, one.second))


def _points(picture: Float32) -> _Points:
    from skimage.feature import SIFT

    span = float(np.ptp(picture))
    nothing = _Points(np.empty((0, 2)), np.empty((0, 128), np.float32))
    if span <= 0:
        return nothing
    found = SIFT()
    try:
        found.detect_and_extract((picture - picture.min()) / span)
    except RuntimeError:  # scikit-image's word for "no key points"
        return nothing
    strongest = np.argsort(-found.sigmas, kind="stable")[:MOST_POINTS]
    described = found.descriptors[strongest].astype(np.float32)
    described /= np.maximum(np.linalg.norm(described, axis=1, keepdims=True), 1e-9)
    return _Points(found.positions[strongest][:, ::-1].astype(np.float64), described)


def _partners(queries: list[_Points], others: list[_Points]) -> Iterator[tuple[int, int]]:
    """Yield (row of a query, row of another picture) that share most patterns."""
    owner = np.repeat(np.arange(len(others)), [len(one.places) for one in others])
    everything = np.concatenate([one.descriptors for one in others])
    number = len(others)
    for row, query in enumerate(queries):
        if len(query.places) < LEAST_MATCHES:
            continue
        best = np.zeros((len(query.places), number), np.float32)
        for start in range(0, len(everything), BLOCK):
            likeness = query.descriptors @ everything[start : start + BLOCK].T
            part = owner[start : start + BLOCK]
            starts = np.flatnonzero(np.diff(part, prepend=-1))
            best[:, part[starts]] = np.maximum(
                best[:, part[starts]], np.maximum.reduceat(likeness, starts, axis=1)
            )
        best[:, row] = 0
        # A pattern speaks for the pictures that hold it nearly as well as the best one does.
        votes = (best >= 0.97 * best.max(1, keepdims=True)).sum(0)
        votes[row] = 0
        for partner in np.argsort(-votes, kind="stable")[:PARTNERS]:
            if votes[partner] >= LEAST_MATCHES:
                yield row, int(partner)


def _laid_on(
    first: int, second: int, query: _Points, other: _Points, detail: Float32, flip: bool
) -> Turned | None:
    """Lay one picture on another by their key points, and correlate what both show."""
    matches = _matches(query.descriptors, other.descriptors)
    if len(matches) < LEAST_MATCHES:
        return None
    matrix = _transform(query.places[matches[:, 0]], other.places[matches[:, 1]], (first, second))
    if matrix is None:
        return None
    moving = detail[first][:, ::-1] if flip else detail[first]
    value = _correlation(moving, detail[second], matrix)
    degrees = float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    zoom = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    return Turned(first, second, value, degrees, zoom, flip)


def _matches(first: Float32, second: Float32) -> npt.NDArray[np.intp]:
    """Return rows of descriptors that are each other's nearest, and clearly so (Lowe 2004)."""
    distance = np.sqrt(np.maximum(2 - 2 * first @ second.T, 0))
    if min(distance.shape) < 2:
        return np.empty((0, 2), np.intp)
    nearest = distance.argmin(1)
    two = np.partition(distance, 1, axis=1)[:, :2]
    mutual = distance.argmin(0)[nearest] == np.arange(len(first))
    kept = np.flatnonzero(mutual & (two[:, 0] < RATIO * two[:, 1]))
    return np.stack([kept, nearest[kept]], axis=1)


def _transform(source: Float64, target: Float64, pair: tuple[int, int]) -> Float64 | None:
    """Return the affine matrix (3, 3) that most matches agree on, where it is plausible."""
    from skimage.measure import ransac
    from skimage.transform import AffineTransform

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-image warns where no draw agrees
        model, inliers = ransac(
            (source, target), AffineTransform, min_samples=3, residual_threshold=2.0,
            max_trials=300, rng=derive_seed(0, "turned", *pair) % 2**32,
        )  # fmt: skip
    if model is None or inliers is None or inliers.sum() < LEAST_MATCHES:
        return None
    matrix = np.asarray(model.params, dtype=np.float64)
    stretch = np.linalg.svd(matrix[:2, :2], compute_uv=False)
    plausible = np.isfinite(matrix).all() and stretch[1] > 0.4 and stretch[0] < 2.5
    even = stretch[0] < 1.6 * stretch[1]  # oblong pictures were stretched to squares
    return matrix if plausible and even and np.linalg.det(matrix[:2, :2]) > 0 else None


def _correlation(moving: Float32, fixed: Float32, matrix: Float64) -> float:
    """Return the correlation of two pictures where both show something; -1 where too little."""
    from scipy.ndimage import map_coordinates

    rows, columns = np.indices((SIDE, SIDE)).reshape(2, -1)
    back = np.linalg.inv(matrix) @ np.stack([columns, rows, np.ones(SIDE * SIDE)])
    inside = ((back[:2] >= 0) & (back[:2] <= SIDE - 1)).all(0)
    if inside.mean() < LEAST_OVERLAP:
        return -1.0
    seen = map_coordinates(moving, back[1::-1, inside], order=1)
    return float(np.corrcoef(seen, fixed.reshape(-1)[inside])[0, 1])
