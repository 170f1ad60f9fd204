"""The head and neck that the radiotherapy phantom draws: CT and the structures of a plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.phantoms.ct import AIR, FAT, MUSCLE, bone, spine
from cancergan.cohort.phantoms.fields import Generator, smooth_field
from cancergan.cohort.phantoms.shapes import Blob, blob
from cancergan.cohort.phantoms.solids import (
    Bumps,
    body_depth,
    draw_bumps,
    ellipsoid,
    paint,
    union,
    without,
)
from cancergan.cohort.phantoms.space import Grid, tube_depth

FIELD_MM = (256.0, 256.0, 210.0)
MIDDLE = (0.0, -4.0, -5.0)
SIDES = (-1.0, 1.0)
# Names and order as in the OpenKBP data (Babier et al. 2021).
STRUCTURES = (
    "Brainstem", "SpinalCord", "RightParotid", "LeftParotid", "Esophagus", "Larynx", "Mandible",
    "PTV56", "PTV63", "PTV70",
)  # fmt: skip
# Where primary tumours start, in millimetres; the first is turned to either side.
SITES = {
    "oropharynx": (20.0, 14.0, 14.0),
    "oral_cavity": (15.0, 42.0, 2.0),
    "larynx": (7.0, 24.0, -44.0),
    "nasopharynx": (6.0, 8.0, 46.0),
}
CORD_Y = -41.0
SPINE_SCALE = 0.72


@dataclass(frozen=True, eq=False)
class Neck:
    """One patient: size, shape, and a tumour that grows on one side.

    Attributes:
        size: factor on all lengths.
        bumps: of the surface and the organs.
        tumour: outline of what is treated to the highest dose.
        centre: (3,) its middle, millimetres.
        side: 1 on the patient's right, -1 on the left.
        fat: thickness of the fat under the skin, millimetres.
    """

    size: float
    bumps: Bumps
    tumour: Blob
    centre: Float64
    side: float
    fat: float

    def body(self, at: Float64) -> Float64:
        """Return the depth of positions (3, *shape) below the skin."""
        head = ellipsoid(at, (0.0, 0.0, 78.0), (74.0, 92.0, 90.0))
        neck = ellipsoid(at, (0.0, -16.0, -40.0), (58.0, 60.0, 400.0))
        jaw = ellipsoid(at, (0.0, 32.0, 4.0), (50.0, 56.0, 36.0))
        shoulders = ellipsoid(at, (0.0, -28.0, -128.0), (190.0, 68.0, 58.0))
        whole = union(union(head, jaw, blend=18.0), neck, shoulders, blend=26.0)
        return whole + self.bumps.waves(at, 0)


def draw_neck(random: Generator, site: str, radius: tuple[float, float]) -> Neck:
    """Draw a patient with a tumour at one of the ``SITES``."""
    side = float(random.choice(SIDES))
    centre = np.array(SITES[site]) * (side, 1.0, 1.0) + random.normal(0.0, 3.0, 3)
    tumour = blob(
        random, radius=random.uniform(*radius), dimensions=3, irregularity=0.12, elongation=1.25
    )
    return Neck(
        size=random.uniform(0.93, 1.07),
        bumps=draw_bumps(random, fields=2, height=1.8, length=60.0),
        tumour=tumour,
        centre=centre,
        side=side,
        fat=random.uniform(3.0, 8.0),
    )


def drawn_neck(grid: Grid, random: Generator, neck: Neck) -> tuple[Float64, dict[str, Float64]]:
    """Return Hounsfield units before the scan, and the depths of all structures (mm)."""
    at, edge = grid.positions / neck.size, grid.pixel
    body = neck.body(at)
    structures = _organs_at_risk(grid, at, neck)
    image = np.full(grid.shape, AIR)
    paint(image, body, 20.0, edge=edge)
    paint(image, body - 1.5, FAT, edge=edge)
    streaks = smooth_field(grid.shape, random, width=4.0, spacing=grid.spacing)
    deep = body - neck.fat
    paint(image, deep, np.where(streaks > 1.5, -20.0, MUSCLE), edge=edge)
    _soft_tissue(image, at, edge, deep)
    tumour = np.minimum(
        body_depth(grid.around(neck.centre * neck.size), neck.tumour, edge=grid.pixel) - 3.0, deep
    )
    paint(image, tumour, 85.0, edge=2 * edge)
    for name, value in (("RightParotid", 5.0), ("LeftParotid", 5.0), ("Larynx", 65.0)):
        paint(image, np.minimum(structures[name], body - 3.0), value, edge=edge)
    _skeleton(grid, image, at, structures["Mandible"], neck)
    airway = union(tube_depth(grid, *_airway(neck)), _cavities(at), blend=2.0)
    paint(image, np.minimum(airway, body), -990.0, edge=edge)
    structures |= _targets(grid, at, neck, body, structures)
    return image, structures


def _soft_tissue(image: Float64, at: Float64, edge: float, deep: Float64) -> None:
    """Draw fat planes, muscles and vessels of the neck in place."""
    for side in SIDES:
        plane = ellipsoid(at, (side * 33.0, -2.0, -25.0), (17.0, 20.0, 62.0))
        paint(image, np.minimum(plane, deep), FAT + 20, edge=edge)
        mastoid = ellipsoid(at, (side * 44.0, -2.0, -25.0), (8.0, 19.0, 80.0))
        paint(image, np.minimum(mastoid, deep), 60.0, edge=edge)
        paint(image, ellipsoid(at[:2], (side * 27.0, 2.0), (3.8, 3.8)), 190.0, edge=edge)
        paint(image, ellipsoid(at[:2], (side * 33.0, -4.0), (6.5, 5.0)), 170.0, edge=edge)
        groove = ellipsoid(at, (side * 16.0, -62.0, -30.0), (2.0, 26.0, 90.0))
        paint(image, np.minimum(groove, deep - 2.0), FAT, edge=edge)
    tongue = ellipsoid(at, (0.0, 36.0, 8.0), (26.0, 30.0, 22.0))
    paint(image, np.minimum(tongue, deep), 65.0, edge=edge)


def _skeleton(grid: Grid, image: Float64, at: Float64, mandible: Float64, neck: Neck) -> None:
    """Draw skull, brain, mandible and spine in place."""
    edge = grid.pixel
    vault = ellipsoid(at, (0.0, -4.0, 97.0), (69.0, 86.0, 64.0)) + neck.bumps.waves(at, 1) / 2
    bone(image, vault, edge=edge)
    paint(image, vault - 6.0, 38.0, edge=edge)
    face = ellipsoid(at, (0.0, 50.0, 46.0), (40.0, 34.0, 28.0))
    bone(image, without(face, face - 4.0), edge=edge, shell=1.2)
    bone(image, mandible, edge=edge)
    drawn, low = image.copy(), at[2] < 34.0
    spine(grid, drawn, back=(CORD_Y + 22 * SPINE_SCALE) * neck.size, scale=SPINE_SCALE * neck.size)
    image[low] = drawn[low]


def _airway(neck: Neck) -> tuple[Float64, Float64]:
    """Return points and radii of pharynx, larynx and trachea."""
    along = np.linspace(-130.0, 52.0, 120)
    forward = 12.0 + 8.0 * np.exp(-(((along + 45.0) / 18.0) ** 2))
    radius = 8.5 - 4.5 * np.exp(-(((along + 42.0) / 9.0) ** 2))
    points = np.stack([np.zeros(120), forward, along], axis=1) * neck.size
    return points, radius * neck.size


def _cavities(at: Float64) -> Float64:
    """Return the depth in nose, maxillary sinuses and the slit above the tongue."""
    sinuses = (ellipsoid(at, (side * 24.0, 50.0, 46.0), (12.0, 17.0, 16.0)) for side in SIDES)
    nose = ellipsoid(at, (0.0, 52.0, 44.0), (7.0, 34.0, 20.0))
    mouth = ellipsoid(at, (0.0, 38.0, 30.0), (22.0, 26.0, 4.0))
    return union(*sinuses, nose, mouth)


def _organs_at_risk(grid: Grid, at: Float64, neck: Neck) -> dict[str, Float64]:
    """Return the depths (mm) of what a plan spares."""
    cord = np.minimum(ellipsoid(at[:2], (0.0, CORD_Y), (5.5, 4.5)), 30.0 - at[2])
    turn = np.linspace(-1.0, 1.0, 90)
    arch = [
        np.stack(
            [43.0 * np.sin(np.pi * turn / 2), 18 + 58 * np.cos(np.pi * turn / 2), 0 * turn + z], 1
        )
        for z in (-11.0, -4.0, 3.0)
    ]
    up = np.linspace(0.0, 1.0, 40)[:, None]
    rami = [np.array([s * 43, 18, 0]) + up * (s * 6, -10.0, 46.0) for s in SIDES]
    rami += [np.array([s * 43, 24, 0]) + up * (s * 5, -8.0, 40.0) for s in SIDES]
    points = np.concatenate([*arch, *rami]) * neck.size
    return {
        "Brainstem": ellipsoid(at, (0.0, -30.0, 52.0), (14.0, 13.0, 26.0)),
        "SpinalCord": cord,
        "RightParotid": _parotid(at, 1.0),
        "LeftParotid": _parotid(at, -1.0),
        "Esophagus": np.minimum(ellipsoid(at[:2], (-2.0, -4.0), (8.0, 5.5)), -62.0 - at[2]),
        "Larynx": ellipsoid(at, (0.0, 21.0, -44.0), (19.0, 18.0, 22.0)),
        "Mandible": tube_depth(grid, points, np.full(len(points), 5.0)),
    }


def _parotid(at: Float64, side: float) -> Float64:
    return ellipsoid(at, (side * 53.0, -6.0, 22.0), (11.0, 19.0, 25.0))


def _targets(
    grid: Grid, at: Float64, neck: Neck, body: Float64, spared: dict[str, Float64]
) -> dict[str, Float64]:
    """Return the depths of the planning target volumes, each without the higher ones.

    Tumour to 70 Gy; around it and along the neck of its side to 63 Gy; both sides of the neck to
    56 Gy. All keep 4 mm from the skin and 6 mm from cord and brainstem.
    """
    allowed = np.minimum(body - 4.0, -6.0 - union(spared["SpinalCord"], spared["Brainstem"]))
    allowed = np.minimum(allowed, -3.0 - union(spared["RightParotid"], spared["LeftParotid"]))
    high = body_depth(grid.around(neck.centre * neck.size), neck.tumour, edge=grid.pixel)
    near, far = (
        ellipsoid(at, (side * 33.0, 2.0, -20.0), (15.0, 22.0, reach))
        for side, reach in ((neck.side, 55.0), (-neck.side, 62.0))
    )
    bridge = ellipsoid(at, (0.0, 14.0, neck.centre[2]), (36.0, 15.0, 20.0))
    wide = ellipsoid(at, (neck.side * 33.0, 2.0, -20.0), (16.0, 23.0, 68.0))
    middle = union(high + 8.0, near, blend=6.0)
    low = union(middle + 3.0, far, bridge, wide, blend=8.0)
    high, middle, low = (np.minimum(depth, allowed) for depth in (high, middle, low))
    return {
        "PTV56": without(low, middle),
        "PTV63": without(middle, high),
        "PTV70": high,
    }
