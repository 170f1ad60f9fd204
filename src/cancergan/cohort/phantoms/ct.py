"""Computed tomography: Hounsfield units of tissues, ribs and spine, and the look of a scan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.cohort.phantoms.fields import (
    Generator,
    radial_frequency,
    smooth_field,
    standardised,
)
from cancergan.cohort.phantoms.people import style_of
from cancergan.cohort.phantoms.solids import ellipsoid, paint, superellipse, union
from cancergan.cohort.phantoms.space import Grid

AIR, LUNG, FAT, WATER, MUSCLE, BLOOD = -1000.0, -850.0, -100.0, 0.0, 55.0, 45.0
MARROW, CORTEX = 180.0, 750.0


@dataclass(frozen=True)
class Build:
    """The size of a trunk, in millimetres.

    Attributes:
        half: half width and half depth of the body's outline.
        fat: thickness of the fat under the skin.
        wall: thickness of muscle and ribs.
    """

    half: tuple[float, float]
    fat: float
    wall: float = 16.0


def trunk(grid: Grid, random: Generator, build: Build) -> tuple[Float64, Float64]:
    """Return Hounsfield units of skin, fat and muscular wall, and the depth below the inner wall.

    The inside is filled with fat, in which the organs go; beneath the patient lies the couch.
    """
    at, edge = grid.positions, grid.pixel
    body = superellipse(at[0], at[1], build.half, power=2.4)
    inner = superellipse(
        at[0],
        at[1],
        (build.half[0] - build.fat - build.wall, build.half[1] - build.fat - build.wall),
        power=2.3,
    )
    image = np.full(grid.shape, AIR)
    paint(image, body, 20.0, edge=edge)
    paint(image, body - 2.0, FAT, edge=edge)
    streaks = smooth_field(grid.shape, random, width=3.0, spacing=grid.spacing)
    # Fat lies between the layers of the wall and streaks through its muscle.
    paint(image, body - build.fat, MUSCLE - 25 * np.maximum(streaks - 0.6, 0), edge=edge)
    layer = np.abs(body - build.fat - 0.45 * build.wall)
    paint(image, 0.9 - layer, FAT, edge=edge)
    paint(image, inner, FAT, edge=edge)
    curve = at[1] + build.half[1] + 6.0 - 0.0009 * at[0] ** 2
    couch = np.where(np.abs(at[0]) < 0.95 * build.half[0], 3.0 - np.abs(curve), -9.0)
    paint(image, couch, -550.0, edge=edge)
    return image, inner


def spine(
    grid: Grid, image: Float64, *, back: float, scale: float = 1.0, middle: float = 0.0
) -> None:
    """Draw vertebrae, with canal, cord and processes, in place.

    The middle of their bodies is at x = ``middle``, y = ``back``; at scale 1 each is 30 mm high.
    """
    at = grid.around((middle, back, 0.0)) / scale
    edge = grid.pixel / scale
    disc = np.cos(2 * np.pi * at[2] / 30.0) < -0.82
    body = superellipse(at[0], at[1], (19.0, 15.0), power=2.6)
    arch = union(
        *(ellipsoid(at[:2], (side * 13.0, -24.0), (6.0, 11.0)) for side in (-1, 1)),
        *(ellipsoid(at[:2], (side * 30.0, -24.0), (18.0, 4.0)) for side in (-1, 1)),
        ellipsoid(at[:2], (0.0, -43.0), (4.5, 17.0)),
        blend=4.0,
    )
    muscles = union(*(ellipsoid(at[:2], (side * 30.0, -34.0), (25.0, 19.0)) for side in (-1, 1)))
    paint(image, muscles, MUSCLE, edge=edge)
    bone(image, np.where(disc, arch - 3.0, union(arch, body)), edge=edge)
    paint(image, np.where(disc, body, -9.0), 90.0, edge=edge)
    paint(image, ellipsoid(at[:2], (0.0, -22.0), (9.0, 7.5)), 10.0, edge=edge)
    paint(image, ellipsoid(at[:2], (0.0, -22.0), (6.0, 4.5)), 40.0, edge=edge)


def bone(image: Float64, depth: Float64, *, edge: float, shell: float = 2.0) -> None:
    """Draw a body of bone in place: a dense cortex around marrow."""
    paint(image, depth, CORTEX, edge=edge)
    paint(image, depth - shell, MARROW, edge=edge)


def ribs(grid: Grid, image: Float64, inner: Float64, *, spine_at: float, phase: float) -> None:
    """Draw ribs into the wall, just outside ``inner``: they slope down from the spine forward."""
    at = grid.positions
    round_about = np.abs(np.arctan2(at[0], -(at[1] - spine_at * 0.2))) / np.pi
    turns = (at[2] + 150.0 * round_about**1.2) / 30.0 + phase
    height = (turns - np.floor(turns) - 0.5) * 30.0
    depth = 1 - np.sqrt((height / 7.0) ** 2 + ((inner + 6.0) / 4.5) ** 2)
    bone(image, np.where(round_about < 0.86, 5.0 * depth, -9.0), edge=grid.pixel, shell=1.5)


def scanned(
    hounsfield: Float64, grid: Grid, random: Generator, *, noise: float, scanner: object
) -> npt.NDArray[np.int16]:
    """Return Hounsfield units as a scanner gives them: blurred, noisy, whole, -1024 to 3071.

    Noise has the standard deviation ``noise``; its spectrum rises like a ramp and falls with the
    kernel, which is the habit of the scanner. Slices are independent.
    """
    from scipy.ndimage import gaussian_filter

    habit = style_of(scanner, "ct")
    blur = habit.uniform(0.35, 0.6)
    sigma = [blur, blur, 0.0][: len(grid.shape)]
    seen = gaussian_filter(hounsfield, sigma) + noise * _ramp_noise(grid, random, blur)
    return np.asarray(np.rint(np.clip(seen, -1024, 3071)), dtype=np.int16)


def _ramp_noise(grid: Grid, random: Generator, blur: float) -> Float64:
    """Return noise of variance 1 whose in-plane power is |f| times a Gaussian fall-off."""
    plane = grid.shape[:2]
    frequency = radial_frequency(plane).reshape(
        plane[0], plane[1] // 2 + 1, *(1,) * (len(grid.shape) - 2)
    )
    power = frequency * np.exp(-((2.2 * np.pi * blur * frequency) ** 2))
    spectrum = np.fft.rfftn(random.standard_normal(grid.shape), axes=(0, 1)) * np.sqrt(power)
    return standardised(np.fft.irfftn(spectrum, s=plane, axes=(0, 1)))
