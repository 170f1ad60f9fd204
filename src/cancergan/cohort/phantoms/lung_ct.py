"""CT of the chest: lungs with vessels and airways, ribs, heart, and nodules of three kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms import chest
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantoms
from cancergan.cohort.phantoms.ct import scanned
from cancergan.cohort.phantoms.fields import Generator
from cancergan.cohort.phantoms.people import checked_number, checked_range, draw_class, draw_person
from cancergan.cohort.phantoms.shapes import Blob, blob, soft_edge
from cancergan.cohort.phantoms.solids import body_depth, paint
from cancergan.cohort.phantoms.space import Grid, checked_shape, grid_of

SOLID, GROUND_GLASS = 35.0, -620.0
KINDS = {"solid": 0.6, "part_solid": 0.2}


@dataclass(frozen=True, eq=False)
class _Nodule:
    """A nodule: its outline in millimetres around ``centre``, its kind and its spiculation 0-1."""

    outline: Blob
    core: Blob
    centre: Float64
    kind: str
    spiculation: float


@phantoms.register("lung_ct")
def lung_ct(
    cases: int,
    seed: int,
    *,
    size: int | Sequence[int] = 128,
    dimensions: int = 2,
    prevalence: float = 0.35,
    normal: float = 0.2,
    lesion_radius: tuple[float, float] = (3.0, 12.0),
    noise: float = 18.0,
    centres: int = 3,
) -> Cohort:
    """CT of the chest in Hounsfield units; label normal, benign or malignant.

    Mask 1 is the ground-glass part of a nodule, 2 its solid part. Slices lie axially through the
    nodule, 360 by 288 mm; volumes (x, y, z) are 216 mm high.

    Realistic: HU of air, lung (denser at the back), fat, muscle, bone and blood; vessels and
    airways that branch by Murray's law; sloping ribs, spine, heart, diaphragm; solid (35 HU),
    part-solid and ground-glass (-620 HU) nodules with partial volume at their edge; malignancy
    grades 1 to 5 that rise with size and spiculation; noise with a ramp spectrum. Not realistic: no
    lobes, fissures or lymph nodes; no emphysema, fibrosis or calcified nodules; vessels do not feed
    nodules; bones of the shoulder and breasts are missing; no contrast agent, motion or beam
    hardening.

    Args:
        cases: how many.
        seed: of all draws.
        size: pixels along every axis, or one number per axis: (rows, columns) or (x, y, z).
        dimensions: 2 for slices, 3 for volumes.
        prevalence: share of malignant cases.
        normal: share of cases without a nodule; the rest is benign.
        lesion_radius: least and largest radius (mm) of the ball of a nodule's volume; benign ones
            stay in the lower, malignant ones in the upper two thirds.
        noise: standard deviation, HU.
        centres: how many hospitals.
    """
    shape = checked_shape(size, dimensions)
    lesion_radius = checked_range("lesion_radius", lesion_radius, at_most=20.0)
    checked_number("noise", noise)

    def draw(random: Generator, number: int) -> Drawn:
        label = draw_class(random, {"malignant": prevalence, "normal": normal}, "benign")
        person = draw_person(random, age=(64.0, 9.0), centres=centres)
        body = chest.draw_chest(random)
        nodule = None if label == "normal" else _draw_nodule(random, body, label, lesion_radius)
        cut = random.uniform(-50, 60) if nodule is None else float(nodule.centre[2])
        grid = grid_of(shape, chest.FIELD_MM, cut=cut)
        image = chest.drawn_chest(grid, random, body)
        mask = np.zeros(grid.shape, np.uint8)
        if nodule is not None:
            _add(image, mask, grid, nodule)
        hounsfield = scanned(image, grid, random, noise=noise, scanner=person["scanner"])
        row = {"label": label, **person, **_row(nodule)}
        return Drawn(hounsfield[None], mask, row, grid.spacing, grid.affine)

    return cohort_of(draw, cases, seed, name="lung_ct")


def malignancy(diameter: float, spiculation: float) -> int:
    """Return the grade 1 to 5 of a nodule: 1 + 4 p rounded, p logistic.

    Log odds 0.25 (diameter - 13 mm) + 4 (spiculation - 0.4): larger and spiculated is worse, as
    in the risk model of McWilliams et al. 2013; the coefficients are ours.
    """
    odds = 0.25 * (diameter - 13.0) + 4.0 * (spiculation - 0.4)
    return 1 + round(4.0 / (1.0 + float(np.exp(-odds))))


def _draw_nodule(
    random: Generator, body: chest.Chest, label: str, radius: tuple[float, float]
) -> _Nodule:
    third = (radius[1] - radius[0]) / 3
    low, high = (third, 0.0) if label == "malignant" else (0.0, third)
    size = random.uniform(radius[0] + low, radius[1] - high)
    spiculation = random.uniform(0.4, 1.0) if label == "malignant" else random.uniform(0.0, 0.35)
    outline = blob(
        random,
        radius=size,
        dimensions=3,
        irregularity=0.03 + 0.1 * spiculation,
        detail=2.0 + 2.0 * spiculation,
        elongation=random.uniform(1.0, 1.3),
        spikes=round(30 * spiculation) if spiculation > 0.35 else 0,
        spike_height=0.9 * spiculation,
    )
    core = blob(random, radius=size * random.uniform(0.4, 0.65), dimensions=3, irregularity=0.08)
    kind = draw_class(random, KINDS, "ground_glass")
    return _Nodule(outline, core, body.site(random, margin=size + 3.0), kind, spiculation)


def _add(image: Float64, mask: npt.NDArray[np.uint8], grid: Grid, nodule: _Nodule) -> None:
    """Draw a nodule into image and mask in place."""
    depth, core = (
        body_depth(grid.around(nodule.centre), body, edge=grid.pixel)
        for body in (nodule.outline, nodule.core)
    )
    if nodule.kind == "solid":
        paint(image, depth, SOLID, edge=grid.pixel)
        mask[depth > 0] = 2
        return
    # Ground glass veils the vessels behind it: it fills air, not what is dense already.
    haze = soft_edge(depth, 2.5 * grid.pixel)
    image += haze * np.maximum(GROUND_GLASS - image, 0.0)
    mask[depth > 0] = 1
    if nodule.kind == "part_solid":
        paint(image, np.minimum(core, depth), SOLID, edge=grid.pixel)
        mask[(core > 0) & (depth > 0)] = 2


def _row(nodule: _Nodule | None) -> dict[str, object]:
    """Return the columns that tell of the nodule; grade 0 where there is none."""
    if nodule is None:
        return {"grade": 0, "kind": "none", "lesion_radius_mm": 0.0, "spiculation": 0.0}
    radius = nodule.outline.radius
    return {
        "grade": malignancy(2 * radius, nodule.spiculation),
        "kind": nodule.kind,
        "lesion_radius_mm": radius,
        "spiculation": nodule.spiculation,
    }
