"""Colonoscopy: a polyp on folded mucosa, lit by a lamp beside the lens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantoms
from cancergan.cohort.phantoms.fields import Generator, as_bytes, power_law_field, smooth_field
from cancergan.cohort.phantoms.people import (
    checked_range,
    checked_size,
    draw_class,
    draw_person,
    style_of,
)
from cancergan.cohort.phantoms.shapes import (
    Blob,
    blob,
    distance_to_points,
    inner_point,
    positions,
    random_curve,
)

FIELD_MM = 40.0
MUCOSA = np.array([0.93, 0.62, 0.50])
BLOOD = np.array([0.10, 0.85, 0.75])
# Height of a polyp relative to its radius.
RISE = {"adenoma": (0.6, 0.9), "hyperplastic": (0.3, 0.45)}


@dataclass(frozen=True, eq=False)
class _Wall:
    """The wall of the bowel, all of shape (rows, columns).

    Attributes:
        height: towards the lens, millimetres.
        blood: within the mucosa; ``vessels`` is that in vessels.
        away: distance from the lumen, millimetres.
    """

    height: Float64
    blood: Float64
    vessels: Float64
    away: Float64


@phantoms.register("endoscopy")
def endoscopy(
    cases: int,
    seed: int,
    *,
    size: int = 96,
    prevalence: float = 0.4,
    normal: float = 0.3,
    lesion_radius: tuple[float, float] = (3.5, 7.0),
    contrast: float = 1.0,
    centres: int = 3,
) -> Cohort:
    """Colonoscopy in colour; label normal, hyperplastic or adenoma; mask 1 is the polyp.

    Pixels are 8-bit red, green, blue; 40 mm at the depth of the wall are ``size`` pixels.

    Realistic: a wall that recedes to a dark lumen between haustral folds, shaded by a lamp at the
    lens, with wet highlights, branching vessels and the dark corners of the picture; an adenoma is
    redder than its surroundings, tubular on its surface and hides vessels; a hyperplastic polyp is
    flat and pale (NICE classification). Not realistic: no perspective within the polyp, stalk, cast
    shadows, stool, bubbles, instruments, motion or text; one polyp at most.

    Args:
        cases: how many.
        seed: of all draws.
        size: pixels along both axes.
        prevalence: share of adenomas.
        normal: share of cases without a polyp; the rest is hyperplastic.
        lesion_radius: least and largest radius (mm) of the disc of the polyp's area.
        contrast: factor on what tells the polyp's colour from that of the wall.
        centres: how many hospitals; each has its own processor's colours.
    """
    shape = (checked_size(size), checked_size(size))
    spacing = FIELD_MM / size
    lesion_radius = checked_range("lesion_radius", lesion_radius, at_most=FIELD_MM / 5)

    def draw(random: Generator, number: int) -> Drawn:
        label = draw_class(random, {"adenoma": prevalence, "normal": normal}, "hyperplastic")
        person = draw_person(random, age=(63.0, 10.0), centres=centres)
        lumen = inner_point(random, shape, spacing=spacing, margin=FIELD_MM / 5)
        wall = _wall(random, shape, spacing, lumen)
        truth: dict[str, object] = {"lesion_radius_mm": 0.0, "lesion_height_mm": 0.0}
        mask = np.zeros(shape, bool)
        if label != "normal":
            polyp = _polyp(random, label, lesion_radius)
            centre = _site(random, lumen, polyp.radius)
            depth = polyp.depth(positions(shape, spacing=spacing, centre=centre))
            rise = polyp.radius * random.uniform(*RISE[label])
            wall = _with_polyp(random, wall, depth, label=label, rise=rise, contrast=contrast)
            mask = depth > 0
            truth = {"lesion_radius_mm": polyp.radius, "lesion_height_mm": rise}
        image = _lit(random, wall, spacing)
        tint = style_of(person["centre"], "endoscopy").normal(1.0, 0.06, 3)[:, None, None]
        image = 255 * tint * image * _aperture(shape) + random.normal(0.0, 2.0, image.shape)
        row = {"label": label, **person, **truth, "contrast": contrast}
        return Drawn(as_bytes(image), mask.astype(np.uint8), row, (spacing, spacing))

    return cohort_of(draw, cases, seed, name="endoscopy")


def _wall(random: Generator, shape: tuple[int, int], spacing: float, lumen: Float64) -> _Wall:
    """Draw the wall of the bowel: deep at the lumen, with folds round it."""
    away = np.sqrt((positions(shape, spacing=spacing, centre=lumen) ** 2).sum(axis=0))
    undulation = smooth_field(shape, random, width=5.0, spacing=spacing)
    pitch = random.uniform(9.0, 13.0)
    phase = (away + 1.8 * undulation) / pitch + random.random()
    folds = 2.6 * np.exp(-(((phase % 1) - 0.5) ** 2) / 0.02) * (1 - np.exp(-((away / 10.0) ** 2)))
    funnel = -24.0 * np.exp(-(((away + undulation) / 9.0) ** 2))
    grain = 0.06 * smooth_field(shape, random, width=0.5, spacing=spacing)
    return _Wall(
        height=funnel + folds + undulation + grain,
        blood=0.25 + 0.1 * power_law_field(shape, random, exponent=3.0),
        vessels=_vessels(random, shape, spacing),
        away=away,
    )


def _with_polyp(
    random: Generator, wall: _Wall, depth: Float64, *, label: str, rise: float, contrast: float
) -> _Wall:
    """Return the wall with a polyp ``rise`` millimetres high; ``depth`` (mm) is positive in it."""
    from scipy.ndimage import gaussian_filter

    spacing = FIELD_MM / depth.shape[0]
    within = np.clip(depth / depth.max(), 0, 1)
    cap = 1 - (1 - within) ** 2
    relief, redness = _surface(random, (depth.shape[0], depth.shape[1]), spacing, label)
    base = gaussian_filter(wall.height, depth.max() / spacing)
    hidden = np.minimum(4 * within, 1.0)
    return _Wall(
        height=wall.height + hidden * (base - wall.height) + rise * cap + relief * (depth > 0),
        blood=wall.blood + contrast * redness * np.clip(depth / 0.8, 0, 1),
        vessels=wall.vessels * (1 - 0.85 * (depth > 0)),
        away=wall.away + 12 * cap,
    )


def _vessels(random: Generator, shape: tuple[int, int], spacing: float) -> Float64:
    """Return the blood in a few branching vessels near the surface."""
    points = []
    for _ in range(int(random.integers(3, 7))):
        heading = random.standard_normal(2)
        stem = random_curve(
            random, start=random.uniform(0, shape), heading=heading, length=shape[0] / 2, bend=0.12
        )
        points.append(stem)
        for start in stem[random.integers(len(stem), size=3)]:
            turned = heading + random.normal(0.0, 0.8, 2) * np.linalg.norm(heading)
            length = shape[0] * random.uniform(0.1, 0.3)
            points.append(
                random_curve(random, start=start, heading=turned, length=length, bend=0.15)
            )
    distance = spacing * distance_to_points(shape, np.concatenate(points), within=6.0)
    return np.asarray(random.uniform(0.15, 0.4) * np.exp(-((distance / 0.3) ** 2)))


def _polyp(random: Generator, label: str, radius: tuple[float, float]) -> Blob:
    adenoma = label == "adenoma"
    return blob(
        random,
        radius=random.uniform(*radius) * (1.0 if adenoma else 0.7),
        irregularity=random.uniform(0.04, 0.12) if adenoma else 0.03,
        detail=2.0,
        elongation=random.uniform(1.0, 1.4),
    )


def _site(random: Generator, lumen: Float64, radius: float) -> Float64:
    """Return where the polyp sits: on the wall beside the lumen, whole within the picture."""
    middle = np.full(2, FIELD_MM / 2)
    angle = random.uniform(0, 2 * np.pi)
    if random.random() < 0.7:
        outward = middle - lumen
        angle = np.arctan2(outward[0], outward[1]) + random.normal(0.0, 0.7)
    reach = radius + random.uniform(8.0, 12.0)
    site = lumen + reach * np.array([np.sin(angle), np.cos(angle)])
    return np.asarray(np.clip(site, 1.6 * radius + 1, FIELD_MM - 1.6 * radius - 1))


def _surface(
    random: Generator, shape: tuple[int, int], spacing: float, label: str
) -> tuple[Float64, Float64]:
    """Return relief (mm) and blood of a polyp's surface: tubules of an adenoma, else smooth."""
    if label == "hyperplastic":
        return 0.02 * smooth_field(shape, random, width=0.4, spacing=spacing), np.full(shape, -0.18)
    lobules = smooth_field(shape, random, width=0.9, spacing=spacing)
    return 0.12 * lobules, 0.2 + 0.1 * np.cos(3 * lobules)


def _lit(random: Generator, wall: _Wall, spacing: float) -> Float64:
    """Return colours (3, rows, columns) in 0 to 1, lit from the lens.

    Lambert's cosine, the inverse square of the distance, and Blinn's highlight, whose half vector
    is the direction to the lens, since the lamp is there too.
    """
    height = wall.height
    rows, columns = positions(height.shape, spacing=spacing) - 1.5 * random.standard_normal(
        (2, 1, 1)
    )
    to_lens = np.stack([-rows, -columns, 30.0 - height])
    distance = np.sqrt((to_lens**2).sum(axis=0))
    slope = np.gradient(height, spacing)
    normal = np.stack([-slope[0], -slope[1], np.ones_like(height)])
    cosine = (normal * to_lens).sum(axis=0) / np.sqrt((normal**2).sum(axis=0)) / distance
    cosine = np.clip(cosine, 0.0, 1.0)
    light = (31.0 / distance) ** 2 * (0.15 + 0.85 * cosine)
    wet = 0.9 * cosine**90 * (smooth_field(height.shape, random, width=0.8, spacing=spacing) > 0.6)
    lumen = 1 - 0.85 * np.exp(-((wall.away / 6.0) ** 2))
    absorbed = np.multiply.outer(BLOOD, wall.blood + wall.vessels)
    colour = MUCOSA[:, None, None] * np.exp(-absorbed)
    return np.asarray((1.05 * colour * light + wet) * lumen)


def _aperture(shape: tuple[int, int]) -> Float64:
    """Return 1 within the octagon that a processor shows, 0 in its corners."""
    down, across = np.abs(positions(shape)) / (np.reshape(shape, (2, 1, 1)) / 2)
    return np.asarray((down + across < 1.62).astype(float))
