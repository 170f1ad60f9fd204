"""Radiotherapy dose of coplanar beams: depth dose, intensity modulation, penumbra, prescription."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.cohort.phantoms.space import Grid

# 6 MV photons: attenuation in water per millimetre, depth over which dose builds up, penumbra (mm).
ATTENUATION = 0.0046
BUILD_UP = 4.0
PENUMBRA = 3.5
ROUNDS = 25


@dataclass(frozen=True, eq=False)
class Goals:
    """What a plan aims at in every pixel: dose (Gy) and how much a deviation weighs."""

    dose: Float64
    weight: Float64


@dataclass(frozen=True, eq=False)
class _Beam:
    """One direction: which beamlet feeds which pixel (beamlets, pixels), and how much of it
    arrives there (pixels, planes)."""

    spread: Any
    depth_dose: Float64


@dataclass(frozen=True, eq=False)
class Fields:
    """The beams of a plan and how strong every beamlet is: what the machine would deliver.

    ``intensities`` has (beamlets, planes) for each beam.
    """

    body: npt.NDArray[np.bool_]
    grid: Grid
    beams: int
    first: float
    intensities: tuple[Float64, ...]


def planned_dose(
    density: Float64,
    body: npt.NDArray[np.bool_],
    goals: Goals,
    grid: Grid,
    *,
    beams: int,
    first: float = 0.0,
) -> Float64:
    """Return the dose (*grid.shape) of evenly spaced coplanar beams that best meets the goals.

    See ``planned_fields`` and ``delivered_dose``, one after the other.
    """
    return _planned(density, body, goals, grid, beams=beams, first=first)[1]


def planned_fields(
    density: Float64,
    body: npt.NDArray[np.bool_],
    goals: Goals,
    grid: Grid,
    *,
    beams: int,
    first: float = 0.0,
) -> Fields:
    """Return evenly spaced coplanar beams whose dose best meets the goals.

    Beamlets' intensities are fitted by weighted least squares under the bound of 0 with
    multiplicative steps (image space reconstruction: Daube-Witherspoon and Muehllehner 1986), each
    axial plane by itself.

    Args:
        density: relative to water (*grid.shape).
        body: where dose is wanted; it is 0 elsewhere.
        goals: aims and weights; pixels with weight 0 are free.
        grid: slice (rows, columns) or volume (x, y, z).
        beams: how many directions; 5 to 9 are fixed fields, 24 and more resemble an arc.
        first: angle of the first beam, radians.
    """
    return _planned(density, body, goals, grid, beams=beams, first=first)[0]


def delivered_dose(fields: Fields, density: Float64) -> Float64:
    """Return the dose (*grid.shape) that the same beams give through another density."""
    fan, inside = _fan(density, fields.body, fields.grid, fields.beams, fields.first)
    return _blurred(_delivered(fan, list(fields.intensities)), inside, fields.body, fields.grid)


def _planned(
    density: Float64,
    body: npt.NDArray[np.bool_],
    goals: Goals,
    grid: Grid,
    *,
    beams: int,
    first: float,
) -> tuple[Fields, Float64]:
    """Return the fields that meet the goals, and their dose."""
    fan, inside = _fan(density, body, grid, beams, first)
    aim, weight = _widened(goals, body, grid)
    planes = (*grid.shape[:2], -1)
    intensity, dose = _fitted(fan, aim.reshape(planes)[inside], weight.reshape(planes)[inside])
    fields = Fields(body, grid, beams, first, tuple(intensity))
    return fields, _blurred(dose, inside, body, grid)


def _fan(
    density: Float64, body: npt.NDArray[np.bool_], grid: Grid, beams: int, first: float
) -> tuple[list[_Beam], npt.NDArray[np.bool_]]:
    """Return all beams, and the pixels (rows, columns) that they are of."""
    planes = density.reshape(*grid.shape[:2], -1)
    inside = np.asarray(body.reshape(planes.shape).any(axis=2))
    angles = first + 2 * np.pi * np.arange(beams) / beams
    return [_beam(planes, inside, grid, angle) for angle in angles], inside


def _blurred(
    dose: Float64, inside: npt.NDArray[np.bool_], body: npt.NDArray[np.bool_], grid: Grid
) -> Float64:
    """Return the dose (pixels, planes) in its place, blurred by the penumbra, across planes too."""
    from scipy.ndimage import gaussian_filter

    placed = np.zeros((*inside.shape, dose.shape[1]))
    placed[inside] = dose
    sigma = [PENUMBRA / step for step in grid.spacing]
    blurred = gaussian_filter(placed.reshape(grid.shape), sigma, mode="nearest")
    # What the blur would lose through the skin stays inside.
    present = gaussian_filter(body.astype(float), sigma, mode="nearest")
    return np.where(body, blurred / np.maximum(present, 0.3), 0.0)


def _widened(goals: Goals, body: npt.NDArray[np.bool_], grid: Grid) -> tuple[Float64, Float64]:
    """Return aims and weights that reach a penumbra farther along the body than the goals.

    Leaves open that much wider, or the blur would leave the first and last plane of a target cold.
    """
    from scipy.ndimage import maximum_filter1d

    if len(grid.shape) == 2:
        return goals.dose, goals.weight
    width = 2 * round(PENUMBRA / grid.spacing[2]) + 1
    aim = maximum_filter1d(goals.dose, width, axis=2)
    weight = np.where(aim > goals.dose, maximum_filter1d(goals.weight, width, axis=2), goals.weight)
    return aim, np.where(body, weight, 0.0)


def depth_dose(depth: npt.ArrayLike) -> Float64:
    """Return the dose at a depth (mm of water) relative to the beam's intensity."""
    below = np.asarray(depth, float)
    return np.asarray(np.exp(-ATTENUATION * below) * (1 - 0.7 * np.exp(-below / BUILD_UP)))


def dose_at_volume(dose: Float64, inside: npt.NDArray[np.bool_], percent: float) -> float:
    """Return D_percent: the least dose of the hottest ``percent`` of a structure, in Gy."""
    return float(np.percentile(dose[inside], 100 - percent))


def _fitted(fan: list[_Beam], aims: Float64, weight: Float64) -> tuple[list[Float64], Float64]:
    """Return the fitted intensities of every beam, and their dose (pixels, planes)."""
    wanted = [beam.spread @ (beam.depth_dose * (weight * aims)) for beam in fan]
    target = weight * (aims > 0.6 * aims.max())
    open_ = [beam.spread @ (beam.depth_dose * target) > 0 for beam in fan]
    intensity = [np.where(seen, 1.0, 0.0) for seen in open_]
    dose = _delivered(fan, intensity)
    for _ in range(ROUNDS):
        for number, beam in enumerate(fan):
            reached = beam.spread @ (beam.depth_dose * (weight * dose))
            intensity[number] = intensity[number] * wanted[number] / np.maximum(reached, 1e-9)
        dose = _delivered(fan, intensity)
    return intensity, dose


def _delivered(fan: list[_Beam], intensity: list[Float64]) -> Float64:
    parts = (
        beam.depth_dose * (beam.spread.T @ fluence)
        for beam, fluence in zip(fan, intensity, strict=True)
    )
    return np.asarray(sum(parts, np.zeros_like(fan[0].depth_dose)))


def _beam(planes: Float64, body: npt.NDArray[np.bool_], grid: Grid, angle: float) -> _Beam:
    """Return one beam that comes from ``angle``, for the pixels of the body."""
    from scipy.ndimage import map_coordinates
    from scipy.sparse import csr_array

    steps = np.asarray(grid.spacing[:2])
    step = float(steps.min())
    middle = (np.asarray(planes.shape[:2]) - 1) / 2
    reach = int(np.ceil(np.linalg.norm(middle * steps) / step)) + 1
    along, across = (
        np.array([np.cos(angle), np.sin(angle)]),
        np.array([-np.sin(angle), np.cos(angle)]),
    )
    line = np.arange(-reach, reach + 1) * step
    rays = along[:, None, None] * line[:, None] + across[:, None, None] * line
    index = rays / steps[:, None, None] + middle[:, None, None]
    at = (np.argwhere(body) - middle) * steps
    depths = (at @ along / step + reach, at @ across / step + reach)
    arrived = np.empty((len(at), planes.shape[2]))
    for plane in range(planes.shape[2]):
        density = map_coordinates(planes[..., plane], index, order=1)
        path = np.cumsum(density, axis=0) * step - density * step / 2
        arrived[:, plane] = map_coordinates(path, depths, order=1, mode="nearest")
    low = np.floor(depths[1]).astype(int)
    share = depths[1] - low
    pixels = np.arange(len(at))
    spread = csr_array(
        (
            np.concatenate([1 - share, share]),
            (np.concatenate([low, low + 1]), np.concatenate([pixels, pixels])),
        ),
        shape=(2 * reach + 2, len(at)),
    )
    return _Beam(spread, depth_dose(arrived))
