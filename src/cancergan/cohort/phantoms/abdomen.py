"""The abdomen that CT and PET phantoms draw: organs by their Hounsfield units and uptake."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.phantoms.ct import FAT, MUSCLE, Build, ribs, spine, trunk
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

FIELD_MM = (380.0, 300.0, 180.0)
# Hounsfield units in the portal venous phase, and standardised uptake values of FDG at one hour.
ORGANS = {
    "liver": (108.0, 2.2),
    "vein": (165.0, 1.6),
    "spleen": (122.0, 1.8),
    "cortex": (185.0, 2.6),
    "pelvis": (30.0, 9.0),
    "stomach": (40.0, 1.6),
    "gas": (-960.0, 0.1),
    "pancreas": (95.0, 1.5),
    "bowel": (45.0, 1.5),
    "aorta": (160.0, 1.6),
    "marrow": (0.0, 1.3),
}


@dataclass(frozen=True, eq=False)
class Abdomen:
    """What varies between patients: trunk, organs' sizes and shapes, loops of bowel, liver veins.

    ``bowel`` is (n, 3) centres and (n,) radii; ``veins`` are points and radii, all in millimetres.
    """

    build: Build
    size: float
    phase: float
    bumps: Bumps
    bowel: tuple[Float64, Float64]
    uptake: Float64
    veins: tuple[Float64, Float64]

    def liver(self, at: Float64) -> Float64:
        """Return the depth of positions (3, *shape) in the liver: a wedge from the right."""
        half = self.build.half
        right = ellipsoid(
            at, (0.45 * half[0], 4.0, 28.0), (0.46 * half[0] * self.size, 92.0, 100.0)
        )
        left = ellipsoid(at, (0.02 * half[0], 44.0, 48.0), (88.0, 36.0 * self.size, 52.0))
        whole = union(right, left, blend=30.0) + self.bumps.waves(at, 0)
        fissure = ellipsoid(at, (0.02 * half[0], -20.0, 10.0), (30.0, 42.0, 130.0))
        return without(whole, fissure)

    def liver_site(self, random: Generator, *, margin: float) -> Float64:
        """Return a point ``margin`` mm or more below the liver's surface, or the deepest tried."""
        low, high = np.array([-20.0, -80.0, -40.0]), np.array([150.0, 80.0, 70.0])
        tried = random.uniform(low, high, (4000, 3))
        half = tuple(side - self.build.fat - self.build.wall for side in self.build.half)
        wall = superellipse(tried[:, 0], tried[:, 1], (half[0], half[1]), power=2.3)
        depth = np.minimum(self.liver(tried.T), wall)
        return np.asarray(tried[int(np.argmax(np.where(depth > margin, np.inf, depth)))])


def draw_abdomen(random: Generator) -> Abdomen:
    """Draw a patient's abdomen."""
    fat = float(np.clip(random.lognormal(np.log(18.0), 0.4), 6.0, 38.0))
    half = (random.uniform(134, 150) + fat, random.uniform(92, 104) + 0.8 * fat)
    count = 46
    centres = random.uniform((-105, 0, -90), (105, 75, 10), (count, 3))
    root = np.array([20.0, -10.0, 0.0])
    fan = np.array([[0.9, 0.3, 0.6], [0.8, -0.5, 0.2], [0.8, 0.5, -0.4], [0.2, 0.9, 0.6]])
    return Abdomen(
        build=Build((float(half[0]), float(half[1])), fat),
        size=random.uniform(0.92, 1.08),
        phase=random.random(),
        bumps=draw_bumps(random, fields=4, height=2.5, length=70.0),
        bowel=(centres, random.uniform(9, 15, count)),
        uptake=random.lognormal(0.0, 0.35, count),
        veins=grown_tree(random, start=root, headings=fan, radius=5.0, generations=7, length=11.0),
    )


def drawn_abdomen(grid: Grid, random: Generator, body: Abdomen) -> tuple[Float64, Float64]:
    """Return Hounsfield units and uptake (SUV), both (*grid.shape), before they are scanned."""
    image, inner = trunk(grid, random, body.build)
    uptake = _uptake_of_the_wall(image)
    edge = grid.pixel
    for name, depth in _organs(grid, body, inner):
        value, suv = ORGANS[name]
        paint(image, depth, value, edge=edge)
        paint(uptake, depth, suv, edge=edge)
    _add_bowel(grid, random, image, uptake, body, inner)
    back = 38.0 - body.build.half[1] + body.build.fat
    ribs_and_spine(grid, image, uptake, body, inner, back)
    mottle = smooth_field(grid.shape, random, width=6.0, spacing=grid.spacing)
    return image, np.maximum(uptake * (1 + 0.06 * mottle), 0.0)


def ribs_and_spine(
    grid: Grid, image: Float64, uptake: Float64, body: Abdomen, inner: Float64, back: float
) -> None:
    """Draw the skeleton into both images in place; marrow takes up a little."""
    at = grid.positions
    ribs(grid, image, inner, spine_at=back, phase=body.phase)
    psoas = union(*(ellipsoid(at[:2], (side * 33.0, back - 4.0), (15.0, 20.0)) for side in (-1, 1)))
    paint(image, np.minimum(psoas, 30.0 - at[2]), MUSCLE, edge=grid.pixel)
    spine(grid, image, back=back)
    vertebra = superellipse(at[0], at[1] - back, (17.0, 13.0), power=2.6)
    paint(uptake, vertebra, ORGANS["marrow"][1], edge=grid.pixel)


def _uptake_of_the_wall(image: Float64) -> Float64:
    """Return uptake where only wall, skin and fat are: muscle 0.7, fat 0.25, air nothing."""
    return np.asarray(np.interp(image, [-900.0, FAT, 20.0, MUSCLE], [0.0, 0.25, 0.6, 0.7]))


def _organs(grid: Grid, body: Abdomen, inner: Float64) -> list[tuple[str, Float64]]:
    """Return organs and their depths, in the order in which they are painted."""
    at, half = grid.positions, body.build.half
    liver = np.minimum(body.liver(at), inner - 1.0)
    stomach = ellipsoid(at, (-58.0, 38.0, 42.0), (46.0, 34.0, 50.0)) + body.bumps.waves(at, 1)
    stomach = np.minimum(without(stomach, liver + 2.0), inner - 2.0)
    spleen = ellipsoid(at, (-0.66 * half[0], -34.0, 38.0), (26.0, 46.0, 52.0))
    spleen = np.minimum(spleen + body.bumps.waves(at, 2), inner - 1.0)
    organs = [("liver", liver), ("vein", np.minimum(tube_depth(grid, *body.veins), liver - 3.0))]
    organs += [("stomach", stomach), ("spleen", without(spleen, stomach + 2.0))]
    organs.append(("gas", np.minimum(stomach - 4.0, at[1] - 52.0)))
    pancreas = ellipsoid(at, (-8.0, 10.0, 4.0), (62.0, 12.0, 22.0)) + body.bumps.waves(at, 3)
    organs.append(("pancreas", without(pancreas, union(liver, stomach) + 1.0)))
    for side in (-1.0, 1.0):
        middle = (side * 66.0, -44.0, -18.0 - 8.0 * side)
        kidney = ellipsoid(at, middle, (27.0, 30.0, 56.0))
        sinus = ellipsoid(at, (side * 54.0, -40.0, middle[2]), (15.0, 11.0, 24.0))
        kidney = np.minimum(kidney, inner - 6.0)
        organs += [("cortex", without(kidney, union(liver, spleen) + 2.0))]
        organs += [("pelvis", np.minimum(sinus, kidney + 6.0))]
    organs.append(("aorta", ellipsoid(at[:2], (-10.0, -26.0), (10.0, 10.0))))
    organs.append(("vein", ellipsoid(at[:2], (22.0, -22.0), (12.0, 9.0))))
    return organs


def _add_bowel(
    grid: Grid,
    random: Generator,
    image: Float64,
    uptake: Float64,
    body: Abdomen,
    inner: Float64,
) -> None:
    """Draw loops of bowel in place, only where there is still fat; some hold gas at the front."""
    centres, radii = body.bowel
    room = np.minimum(inner - 4.0, np.where(np.abs(image - FAT) < 30.0, 50.0, -9.0))
    for centre, radius, factor in zip(centres, radii, body.uptake, strict=True):
        around = grid.around(centre)
        near = np.abs(around).max(axis=0) < 1.8 * radius + 2 * grid.pixel
        around, axes = around[:, near], (1.6 * radius, radius, 1.3 * radius)
        depth = np.minimum(ellipsoid(around, (0.0, 0.0, 0.0), axes), room[near])
        loop, warm = image[near], uptake[near]
        paint(loop, depth, 80.0, edge=grid.pixel)
        paint(loop, depth - 2.5, ORGANS["bowel"][0] - 20, edge=grid.pixel)
        paint(warm, depth, ORGANS["bowel"][1] * factor, edge=grid.pixel)
        if factor > 1.25:
            paint(loop, np.minimum(depth - 3.0, around[1]), ORGANS["gas"][0], edge=grid.pixel)
        image[near], uptake[near] = loop, warm
