"""Bodies and lines of random shape in two or three dimensions: lesions, nuclei, hairs, vessels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64

Generator = np.random.Generator


def positions(
    shape: Sequence[int],
    *,
    spacing: float | Sequence[float] = 1.0,
    centre: npt.ArrayLike | None = None,
) -> Float64:
    """Return the positions (d, *shape) of pixel centres in millimetres, relative to ``centre``.

    ``centre`` is in millimetres from the centre of the first pixel; None is the image's middle.
    """
    steps = np.broadcast_to(np.asarray(spacing, dtype=float), (len(shape),))
    origin = (np.asarray(shape) - 1) * steps / 2 if centre is None else np.asarray(centre, float)
    axes = [np.arange(n) * s - o for n, s, o in zip(shape, steps, origin, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"))


def inner_point(
    random: Generator,
    shape: Sequence[int],
    *,
    spacing: float | Sequence[float] = 1.0,
    margin: float = 0.0,
) -> Float64:
    """Return a random point in millimetres, at least ``margin`` from every side of the image.

    Where the image is too small for that, the point is the middle along the axis.
    """
    extent = (np.asarray(shape) - 1) * np.asarray(spacing, dtype=float)
    room = np.maximum(extent - 2 * margin, 0.0)
    return np.asarray((extent - room) / 2 + room * random.random(len(shape)))


def soft_edge(depth: Float64, width: float) -> Float64:
    """Return 0 outside, 1 inside, 1/2 on the edge: a logistic step about ``width`` wide.

    ``depth`` is positive inside, in the units of ``width``.
    """
    return np.asarray(0.5 * (1 + np.tanh(2 * depth / max(width, 1e-9))))


@dataclass(frozen=True, eq=False)
class Blob:
    """A star-shaped body around the origin, of the area (2D) or volume (3D) of a ball.

    Its reach along a unit vector u is scale * (exp(sum_j height_j cos(wave_j . u + phase_j)) +
    spikes), after a stretch that keeps area and volume. Positions are in the units of its radius.

    Attributes:
        radius: of the ball of equal area or volume.
        scale: what brings the area or volume to that of the ball.
        waves: (n, d) wave vectors of the outline; ``phases`` and ``heights`` (n,).
        spikes: (m, d) unit vectors along which the outline is drawn out.
        spike_height: in units of the radius.
        stretch: (d, d) map from positions to those of the unstretched body; determinant 1.
    """

    radius: float
    scale: float
    waves: Float64
    phases: Float64
    heights: Float64
    spikes: Float64
    spike_height: float
    stretch: Float64

    def depth(self, at: Float64) -> Float64:
        """Return reach minus distance from the origin: positive inside, about the depth below it.

        ``at`` is (d, *shape), as ``positions`` returns it; the result is (*shape).
        """
        moved = np.tensordot(self.stretch, at, axes=1)
        distance = np.sqrt((moved**2).sum(axis=0))
        return np.asarray(self.reach(moved / np.maximum(distance, 1e-9)) - distance)

    def contains(self, at: Float64) -> npt.NDArray[np.bool_]:
        """Return which positions (d, *shape) lie inside."""
        return np.asarray(self.depth(at) > 0)

    def reach(self, directions: Float64) -> Float64:
        """Return the radius (*shape) of the unstretched body along unit vectors (d, *shape)."""
        outline = _outline(
            directions, self.waves, self.phases, self.heights, self.spikes, self.spike_height
        )
        return np.asarray(self.scale * outline)


def blob(
    random: Generator,
    *,
    radius: float,
    dimensions: int = 2,
    irregularity: float = 0.1,
    detail: float = 3.0,
    elongation: float = 1.0,
    spikes: int = 0,
    spike_height: float = 0.3,
    turned: bool = True,
) -> Blob:
    """Draw a body of random outline with the area or volume of a ball of ``radius``.

    Args:
        random: where draws come from.
        radius: of that ball, in any unit; positions are then in the same one.
        dimensions: 2 or 3.
        irregularity: standard deviation of the outline relative to the radius (0: an ellipsoid).
        detail: how many bumps go round, about: 2 lobulated, 8 frayed.
        elongation: long axis to short axes.
        spikes: number of spicules; ``spike_height`` is their length relative to the radius.
        turned: whether the long axis points anywhere, rather than along the last axis.
    """
    waves = random.normal(0.0, detail, (16, dimensions))
    heights = np.full(16, irregularity * np.sqrt(2 / 16))
    phases = random.uniform(0, 2 * np.pi, 16)
    tips = _unit(random.standard_normal((spikes, dimensions)), axis=1)
    round_about = _directions(dimensions)
    reach = _outline(round_about, waves, phases, heights, tips, spike_height)
    scale = radius / float((reach**dimensions).mean()) ** (1 / dimensions)
    axes = np.full(dimensions, elongation ** (1 / dimensions))
    axes[-1] /= elongation
    turn = rotation(random, dimensions) if turned else np.eye(dimensions)
    stretch = turn.T @ np.diag(axes) @ turn
    return Blob(radius, scale, waves, phases, heights, tips, spike_height, stretch)


def rotation(random: Generator, dimensions: int) -> Float64:
    """Return a (d, d) rotation or reflection, uniform among all (QR of a Gaussian matrix)."""
    q, r = np.linalg.qr(random.standard_normal((dimensions, dimensions)))
    return np.asarray(q * np.sign(np.diag(r)))


def rotation_by(angles: npt.ArrayLike) -> Float64:
    """Return the (3, 3) rotation by three angles in radians, about x, then y, then z."""
    turn = np.eye(3)
    for axis, angle in enumerate(np.asarray(angles, dtype=float)):
        one, two = (axis + 1) % 3, (axis + 2) % 3
        step = np.eye(3)
        step[[one, two], [one, two]] = np.cos(angle)
        step[one, two], step[two, one] = -np.sin(angle), np.sin(angle)
        turn = step @ turn
    return turn


def random_curve(
    random: Generator,
    *,
    start: npt.ArrayLike,
    heading: npt.ArrayLike,
    length: float,
    bend: float = 0.1,
    step: float = 0.5,
) -> Float64:
    """Return points (n, d) every ``step`` along a line from ``start`` towards ``heading``.

    Its direction does a random walk: ``bend`` is the standard deviation of the turn, in radians,
    over one unit of length; 0 is straight.
    """
    count = max(2, int(np.ceil(length / step)) + 1)
    begin, ahead = np.asarray(start, dtype=float), np.asarray(heading, dtype=float)
    turns = random.normal(0.0, bend * np.sqrt(step), (count - 1, len(begin)))
    tangents = _unit(_unit(ahead, axis=0) + np.cumsum(turns, axis=0), axis=1)
    return np.vstack([begin, begin + step * np.cumsum(tangents, axis=0)])


def distance_to_points(shape: Sequence[int], points: Float64, *, within: float = np.inf) -> Float64:
    """Return the distance (pixels) from every pixel to the nearest of points (n, d) in pixels.

    Beyond ``within`` it is infinite. Points along a curve give the distance to the curve.
    """
    return _nearest(shape, points, 1, within)[..., 0]


def distance_to_borders(shape: Sequence[int], points: Float64) -> Float64:
    """Return how much farther the second nearest point is than the nearest, for every pixel.

    0 on the borders of the points' Voronoi cells; near them about twice the distance to them.
    """
    distance = _nearest(shape, points, 2, np.inf)
    return np.asarray(distance[..., 1] - distance[..., 0])


def scattered(
    random: Generator, shape: Sequence[int], *, distance: float, margin: float = 0.0
) -> Float64:
    """Return points (n, d) in and ``margin`` around an image, one to a cell of a jittered grid.

    Their neighbours are about ``distance`` pixels apart and seldom closer than half of it.
    """
    axes = [np.arange(-margin, size + margin, distance) for size in shape]
    corners = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    return np.asarray(corners + distance * random.uniform(0.1, 0.9, corners.shape))


def _nearest(shape: Sequence[int], points: Float64, count: int, within: float) -> Float64:
    """Return distances (*shape, count) to the nearest points; infinite where there is none."""
    from scipy.spatial import cKDTree

    pixels = np.stack([axis.ravel() for axis in np.indices(shape)], axis=1)
    wanted = list(range(1, count + 1))
    distance, _ = cKDTree(points).query(pixels, k=wanted, distance_upper_bound=within)
    return np.asarray(distance, dtype=np.float64).reshape(*shape, count)


def _outline(
    directions: Float64,
    waves: Float64,
    phases: Float64,
    heights: Float64,
    spikes: Float64,
    spike_height: float,
) -> Float64:
    shape = directions.shape[1:]
    flat = directions.reshape(len(directions), -1)
    bumps = heights @ np.cos(waves @ flat + phases[:, None])
    outline = np.exp(bumps)
    if len(spikes):
        nearness = np.exp(60 * (np.clip((spikes @ flat), -1, 1) - 1))
        outline = outline + spike_height * nearness.max(axis=0)
    return np.asarray(outline.reshape(shape))


@lru_cache(maxsize=4)
def _directions(dimensions: int) -> Float64:
    """Return (d, n) unit vectors, evenly spread: a circle, or Fibonacci's sphere."""
    count = 256 if dimensions == 2 else 1024
    number = np.arange(count) + 0.5
    if dimensions == 2:
        angle = 2 * np.pi * number / count
        return np.stack([np.sin(angle), np.cos(angle)])
    height, angle = 1 - 2 * number / count, np.pi * (1 + np.sqrt(5)) * number
    width = np.sqrt(1 - height**2)
    return np.stack([height, width * np.sin(angle), width * np.cos(angle)])


def _unit(vectors: Float64, *, axis: int) -> Float64:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=axis, keepdims=True))
