"""The gamma index: how far two dose distributions lie apart, in dose and in place at once.

Source: Low et al. 1998, Medical Physics 25:656. Of every reference point the least distance to the
evaluated distribution in a space whose axes are place over the distance to agreement and dose over
the dose criterion. At most 1 is agreement.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, finite


def gamma_index(
    reference: npt.ArrayLike,
    evaluated: npt.ArrayLike,
    spacing: Sequence[float],
    *,
    percent: float = 3.0,
    millimetres: float = 2.0,
    threshold: float = 10.0,
    local: bool = False,
    most: float = 2.0,
    steps: int = 10,
) -> Float64:
    """Return the gamma index of every reference point, (*spatial); NaN where it is not taken.

    Args:
        reference: dose in gray, one to three axes.
        evaluated: dose on the same grid, interpolated linearly between its points.
        spacing: millimetres per axis.
        percent: dose criterion, of the reference's largest dose, or of each point's (``local``).
        millimetres: distance to agreement.
        threshold: percent of the largest dose below which a point is not taken.
        local: see ``percent``.
        most: larger indices are not told apart: they are ``most``.
        steps: places per distance to agreement at which the evaluated dose is read. An index is
            never too small; it is too large by at most ``sqrt(axes) / (2 steps) * sqrt(1 + s^2)``,
            where s is the slope of the dose in criteria per distance to agreement.

    Raises:
        BadInputError: shapes or spacing do not fit, or a criterion is not positive.
    """
    first, second = finite(reference, "reference dose"), finite(evaluated, "evaluated dose")
    if first.shape != second.shape or len(spacing) != first.ndim:
        raise BadInputError(
            f"doses of {first.shape} and {second.shape}, spacing {tuple(spacing)}: must agree."
        )
    if min(percent, millimetres, most, steps, *spacing) <= 0:
        raise BadInputError("criteria, steps and spacing of the gamma index must be positive.")
    highest = float(first.max())
    taken = (first >= threshold / 100 * highest) & (first > 0)
    points, dose = np.argwhere(taken), first[taken]
    criterion = percent / 100 * (dose if local else np.full_like(dose, highest))
    found = np.full(first.shape, np.nan)
    found[taken] = _least(
        second, points, dose, criterion, np.asarray(spacing) / millimetres, most, steps
    )
    return found


def gamma_pass_rate(gamma: npt.ArrayLike) -> float:
    """Share of the points taken whose gamma index is at most 1, in [0, 1].

    >>> gamma_pass_rate([0.5, 1.5, float("nan"), 1.0])
    0.6666666666666666
    """
    values = np.asarray(gamma, float)
    values = values[~np.isnan(values)]
    if not len(values):
        raise BadInputError("the gamma index was taken nowhere: no dose above the threshold.")
    return float((values <= 1).mean())


def _least(
    evaluated: Float64,
    points: npt.NDArray[np.int64],
    dose: Float64,
    criterion: Float64,
    spacing: Float64,
    most: float,
    steps: int,
) -> Float64:
    """Search outwards; a point is done once all that is left lies further than what it has found.

    ``spacing`` is in distances to agreement.
    """
    from scipy.ndimage import map_coordinates

    squares = np.full(len(points), most**2)
    left = np.arange(len(points))
    for offset in _offsets(len(spacing), most, steps):
        distance = float(offset @ offset)
        left = left[squares[left] > distance]
        if not len(left):
            break
        places = points[left] + offset / spacing
        there = map_coordinates(evaluated, places.T, order=1, mode="nearest")
        found = distance + ((there - dose[left]) / criterion[left]) ** 2
        # Beyond the grid there is no dose to agree with.
        outside = ((places < 0) | (places > np.array(evaluated.shape) - 1)).any(axis=1)
        squares[left] = np.minimum(squares[left], np.where(outside, np.inf, found))
    roots: Float64 = np.sqrt(squares)
    return roots


def _offsets(axes: int, most: float, steps: int) -> Float64:
    """Return all places (n, axes) within ``most`` distances to agreement, the nearest first."""
    side = np.arange(-int(most * steps), int(most * steps) + 1) / steps
    grid = np.stack(np.meshgrid(*[side] * axes, indexing="ij"), axis=-1).reshape(-1, axes)
    squares = np.square(grid).sum(axis=1)
    inside = squares <= most**2 + 1e-12
    return np.asarray(grid[inside][np.argsort(squares[inside], kind="stable")])
