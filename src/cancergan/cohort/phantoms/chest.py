"""The chest that CT phantoms draw: lungs with their trees, heart, great vessels, ribs and spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.phantoms.ct import BLOOD, LUNG, MUSCLE, Build, ribs, spine, trunk
from cancergan.cohort.phantoms.fields import Generator, smooth_field
from cancergan.cohort.phantoms.solids import (
    Bumps,
    draw_bumps,
    ellipsoid,
    paint,
    superellipse,
    union,
    without,
)
from cancergan.cohort.phantoms.space import Grid, tube_depth
from cancergan.cohort.phantoms.trees import grown_tree

FIELD_MM = (360.0, 288.0, 216.0)
# Where the trachea divides, and where vessels and airways enter the lungs (left is negative).
CARINA = np.array([0.0, -18.0, 22.0])
HILUM = np.array([46.0, -16.0, 0.0])
SIDES = (-1.0, 1.0)
AIRWAY_WALL = 1.2


@dataclass(frozen=True, eq=False)
class Chest:
    """What varies between patients: trunk, size of lungs and heart, height of ribs, and the trees.

    ``vessels`` and ``airways`` are points (n, 3) and radii (n,), in millimetres.
    """

    build: Build
    breath: float
    heart_size: float
    phase: float
    bumps: Bumps
    vessels: tuple[Float64, Float64]
    airways: tuple[Float64, Float64]

    def lungs(self, at: Float64) -> Float64:
        """Return the depth of positions (3, *shape) in either lung."""
        half = self.build.half
        thick = self.build.fat + self.build.wall + 1.5
        wall = superellipse(at[0], at[1], (half[0] - thick, half[1] - thick), power=2.2)
        both = union(
            *(
                ellipsoid(at, (s * 0.46 * half[0], -6.0, -30.0), (0.47 * half[0], 98.0, 150.0))
                for s in SIDES
            )
        )
        inside = np.minimum(both + self.bumps.waves(at, 0), wall)
        return without(without(inside, self.domes(at)), union(self.middle(at), self.heart(at)))

    def domes(self, at: Float64) -> Float64:
        """Return the depth below the diaphragm; its right dome is the higher one."""
        lift = self.breath - 150.0
        right = ellipsoid(at, (70.0, -6.0, lift + 9.0), (84.0, 104.0, 78.0))
        left = ellipsoid(at, (-74.0, -6.0, lift - 9.0), (78.0, 104.0, 78.0))
        return union(right, left, blend=10.0) + self.bumps.waves(at, 1)

    def middle(self, at: Float64) -> Float64:
        """Return the depth in the mediastinum, which widens to the back."""
        front = ellipsoid(at[:2], (-3.0, 8.0), (31.0, 58.0))
        back = ellipsoid(at[:2], (-3.0, -62.0), (31.0, 44.0))
        return union(front, back, blend=18.0) + self.bumps.waves(at, 2)

    def heart(self, at: Float64) -> Float64:
        """Return the depth in the heart: ventricles to the left, the right atrium to the right."""
        size = self.heart_size
        ventricles = ellipsoid(at, (-34.0, 24.0, -55.0), (54.0 * size, 43.0 * size, 58.0))
        atria = ellipsoid(at, (10.0, 12.0, -38.0), (40.0 * size, 40.0 * size, 52.0))
        return union(ventricles, atria, blend=16.0) + self.bumps.waves(at, 3)

    def site(self, random: Generator, *, margin: float) -> Float64:
        """Return a point ``margin`` mm or more below a lung's surface, or the deepest tried."""
        low, high = np.array([-150.0, -100.0, -75.0]), np.array([150.0, 100.0, 85.0])
        tried = random.uniform(low, high, (4000, 3))
        depth = self.lungs(tried.T)
        return np.asarray(tried[int(np.argmax(np.where(depth > margin, np.inf, depth)))])


def draw_chest(random: Generator) -> Chest:
    """Draw a patient's chest."""
    fat = float(random.lognormal(np.log(13.0), 0.4))
    half = (random.uniform(138, 154) + fat, random.uniform(94, 106) + 0.8 * fat)
    return Chest(
        build=Build((float(half[0]), float(half[1])), min(fat, 30.0)),
        breath=random.uniform(-8, 8),
        heart_size=random.uniform(0.85, 1.1),
        phase=random.random(),
        bumps=draw_bumps(random, fields=4, height=2.2, length=45.0),
        vessels=_trees(random, radius=5.2, generations=9),
        airways=_airways(random),
    )


def drawn_chest(grid: Grid, random: Generator, chest: Chest) -> Float64:
    """Return Hounsfield units (*grid.shape) of a chest without nodules, before it is scanned."""
    image, inner = trunk(grid, random, chest.build)
    at, edge = grid.positions, grid.pixel
    back = 40.0 - chest.build.half[1] + chest.build.fat
    _middle(grid, image, chest)
    lungs = chest.lungs(at)
    mottle = smooth_field(grid.shape, random, width=4.0, spacing=grid.spacing)
    paint(image, lungs, LUNG - 0.5 * at[1] + 12 * mottle, edge=edge)
    paint(image, np.minimum(tube_depth(grid, *chest.vessels), lungs), BLOOD, edge=edge)
    points, radii = chest.airways
    airways = tube_depth(grid, points, radii + AIRWAY_WALL)
    paint(image, np.minimum(airways, lungs), 20.0, edge=edge)
    paint(image, airways - AIRWAY_WALL, -990.0, edge=edge)
    ribs(grid, image, inner, spine_at=back, phase=chest.phase)
    sternum = superellipse(at[0], at[1] - chest.build.half[1] + chest.build.fat + 9, (16.0, 6.0))
    paint(image, sternum, 550.0, edge=edge)
    paint(image, sternum - 2.0, 170.0, edge=edge)
    spine(grid, image, back=back)
    return image


def _middle(grid: Grid, image: Float64, chest: Chest) -> None:
    """Draw what lies between and below the lungs, in place."""
    at, edge = grid.positions, grid.pixel
    paint(image, chest.domes(at), np.where(at[0] > -20.0, 60.0, 48.0), edge=edge)
    paint(image, chest.heart(at) - 4.0, MUSCLE - 10, edge=edge)
    for (x, y), radius in (((14, 22), 15.0), ((27, 8), 9.0), ((-14, 26), 13.0)):
        vessel = np.minimum(ellipsoid(at[:2], (x, y), (radius, radius)), at[2] + 5.0)
        paint(image, vessel, BLOOD, edge=edge)
    paint(image, ellipsoid(at[:2], (-22.0, -46.0), (12.0, 12.0)), BLOOD, edge=edge)
    paint(image, ellipsoid(at[:2], (-2.0, -36.0), (8.0, 5.0)), 35.0, edge=edge)


def _trees(random: Generator, *, radius: float, generations: int) -> tuple[Float64, Float64]:
    """Return arteries and veins of both lungs, from the hila outwards."""
    grown = []
    for side in SIDES:
        for _ in range(2):
            fan = np.array([[0.9, 0.5, 0.6], [0.8, -0.9, 0.1], [0.7, 0.5, -0.9], [0.6, -0.5, 1.0]])
            headings = (fan + random.normal(0.0, 0.25, fan.shape)) * (side, 1.0, 1.0)
            start = HILUM * (side, 1.0, 1.0) + random.normal(0.0, 4.0, 3)
            grown.append(
                grown_tree(
                    random, start=start, headings=headings, radius=radius, generations=generations
                )
            )
    return _joined(grown)


def _airways(random: Generator) -> tuple[Float64, Float64]:
    """Return the trachea, the main bronchi and a few generations of branches."""
    trachea = CARINA + np.linspace(0, 1, 80)[:, None] * (0.0, 6.0, 150.0)
    parts = [(trachea, np.full(80, 8.5))]
    for side in SIDES:
        hilum = HILUM * (side, 1.0, 1.0)
        main = CARINA + np.linspace(0, 1, 30)[:, None] * (hilum - CARINA)
        parts.append((main, np.full(30, 6.0)))
        fan = np.array([[0.9, 0.4, 0.5], [0.8, -0.7, -0.5], [0.7, 0.5, -0.8]]) * (side, 1.0, 1.0)
        parts.append(
            grown_tree(random, start=hilum, headings=fan, radius=3.2, generations=4, length=9.0)
        )
    return _joined(parts)


def _joined(parts: list[tuple[Float64, Float64]]) -> tuple[Float64, Float64]:
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
