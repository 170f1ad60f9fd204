"""A tumour that grows from visit to visit by Gompertz's law and pushes its surroundings away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cancergan.cohort.case import Float32, Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantoms
from cancergan.cohort.phantoms.fields import Generator
from cancergan.cohort.phantoms.growth import Gompertz, after_growth, before_growth, radius_of
from cancergan.cohort.phantoms.people import checked_number, checked_range, draw_class, draw_person
from cancergan.cohort.phantoms.shapes import Blob, blob, soft_edge
from cancergan.cohort.phantoms.solids import Bumps, draw_bumps, ellipsoid, paint
from cancergan.cohort.phantoms.space import Grid, checked_shape, grid_of, tube_depth
from cancergan.cohort.phantoms.trees import grown_tree
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator

FIELD_MM = (120.0, 120.0, 120.0)
# Signals of fat around the organ, its tissue, vessels, the tumour's rim and its middle.
FAT, TISSUE, VESSEL, RIM, MIDDLE = 520.0, 300.0, 640.0, 460.0, 190.0
# Of treatment: log cells killed per gray, half-life of the dead (days), fall-off of dose (mm).
SENSITIVITY, CLEARANCE, FALL_OFF = 0.035, 60.0, 14.0
# b of Gompertz's law, per day.
DECAY = {"fast": (0.006, 0.010), "slow": (0.0015, 0.003)}


@dataclass(frozen=True, eq=False)
class _Patient:
    """What all visits of a patient share; the organ lies around the tumour's middle."""

    row: dict[str, object]
    growth: Gompertz
    shape: Blob
    organ: Float64
    texture: Bumps
    vessels: tuple[Float64, Float64]


@phantoms.register("tumour_growth")
def tumour_growth(
    cases: int,
    seed: int,
    *,
    size: int | Sequence[int] = 96,
    dimensions: int = 2,
    visits: int = 4,
    interval: float = 90.0,
    prevalence: float = 0.5,
    start_radius: tuple[float, float] = (3.0, 6.0),
    limit_radius: tuple[float, float] = (16.0, 24.0),
    mass_effect: float = 0.8,
    irregularity: float = 0.06,
    noise: float = 14.0,
    centres: int = 3,
    prescription: tuple[float, float] | None = None,
) -> Cohort:
    """A tumour at several visits, ``visits`` cases in a row of one patient; label slow or fast.

    One channel like MRI after contrast agent, arbitrary units; mask 1 is the tumour. ``timepoint``
    is days since the first visit. Its volume is V0 exp(a/b (1 - exp(-b t))), with V0, a, b in the
    columns ``gompertz_volume_mm3``, ``gompertz_rate`` and ``gompertz_decay`` (per day) and the
    volume of the day in ``volume_mm3``. Slices lie through its middle, 120 by 120 mm.

    With ``prescription`` every patient is irradiated right after the first visit: array ``dose``
    (Gy) of the plan, columns ``prescription_gy`` and ``surviving``. A share of the cells survives,
    exp(-0.035 per Gy), and grows on by that law; the others are cleared with a half-life of 60
    days.

    Realistic: growth towards a limit, with doubling times from weeks to months; tissue and vessels
    pushed aside without being compressed; visits a few days off schedule. Not realistic: the organ
    is a textured ellipsoid with a tree of vessels; no invasion or new lesions; growth keeps its
    shape; patients lie alike at all visits; dose falls off alike on all sides, and all of a tumour
    is as sensitive.

    Args:
        cases: how many images.
        seed: of all draws.
        size: pixels along every axis, or one number per axis: (rows, columns) or (x, y, z).
        dimensions: 2 for slices, 3 for volumes.
        visits: of each patient.
        interval: days between visits; each is up to a tenth of it early or late.
        prevalence: share of patients whose tumour grows fast.
        start_radius: least and largest radius (mm) of the ball of the first volume.
        limit_radius: the same of the volume that it tends to.
        mass_effect: share of the tumour's volume that pushes tissue away, 0 to 0.95.
        irregularity: of its outline; 0 is a ball.
        noise: standard deviation.
        centres: how many hospitals.
        prescription: least and largest dose (Gy) to the tumour; None where nobody is treated.
    """
    shape = checked_shape(size, dimensions)
    start_radius = checked_range("start_radius", start_radius, at_most=10.0)
    limit_radius = checked_range("limit_radius", limit_radius, at_most=28.0)
    if prescription is not None:
        prescription = checked_range("prescription", prescription, at_most=100.0)
    checked_number("mass_effect", mass_effect, at_most=0.95)
    checked_number("irregularity", irregularity, at_most=0.3)
    checked_number("noise", noise)
    if visits < 1 or interval <= 0:
        raise BadInputError(
            f"visits is {visits}, interval {interval}; give at least 1 visit and more than 0 days."
        )

    def draw(random: Generator, number: int) -> Drawn:
        who, visit = divmod(number, visits)
        shared = numpy_generator(seed, "phantom", "tumour_growth", "patient", who)
        patient = _draw_patient(
            shared, prevalence, start_radius, limit_radius, irregularity, centres
        )
        days = float(visit and np.rint(visit * interval + random.uniform(-0.1, 0.1) * interval))
        grid = grid_of(shape, FIELD_MM)
        gray = _prescribed(seed, who, prescription)
        volume, arrays = float(patient.growth.volume(days)), {}
        if gray is not None:
            volume = treated_volume(patient.growth, days, gray)
            arrays = {"dose": _dose(grid, patient, gray)}
        depth, image = _scene(grid, patient, float(radius_of(volume)), mass_effect)
        image = image + noise * random.standard_normal(grid.shape)
        row = {
            "patient_id": f"tumour_growth_patient_{who:06d}",
            **patient.row,
            "timepoint": days,
            "volume_mm3": volume,
            **_law(patient.growth, gray),
        }
        mask = (depth > 0).astype(np.uint8)
        return Drawn(image[None].astype(np.float32), mask, row, grid.spacing, grid.affine, arrays)

    return cohort_of(draw, cases, seed, name="tumour_growth")


def _prescribed(seed: int, who: int, prescription: tuple[float, float] | None) -> float | None:
    """Return the dose (Gy) to a patient's tumour; None where nobody is treated."""
    if prescription is None:
        return None
    random = numpy_generator(seed, "phantom", "tumour_growth", "treatment", who)
    return random.uniform(*prescription)


def _law(growth: Gompertz, gray: float | None) -> dict[str, float]:
    """Return the columns of what drives a patient's growth, and of what was done against it."""
    law = {
        "gompertz_volume_mm3": growth.start,
        "gompertz_rate": growth.rate,
        "gompertz_decay": growth.decay,
    }
    if gray is None:
        return law
    return {**law, "prescription_gy": gray, "surviving": float(np.exp(-SENSITIVITY * gray))}


def treated_volume(growth: Gompertz, days: float, gray: float) -> float:
    """Return the volume so many days after ``gray`` were given at day 0, in the growth's unit."""
    surviving = float(np.exp(-SENSITIVITY * gray))
    cleared = float(np.exp2(-days / CLEARANCE))
    return surviving * float(growth.volume(days)) + (1 - surviving) * cleared * growth.start


def _dose(grid: Grid, patient: _Patient, gray: float) -> Float32:
    """Return the dose (1, *spatial): even in the first outline and 5 mm around it, then less."""
    radius = float(radius_of(patient.growth.start))
    beyond = np.maximum(0.0, -5.0 - radius * patient.shape.depth(grid.positions / radius))
    return np.asarray(gray * np.exp(-beyond / FALL_OFF)[None], np.float32)


def _draw_patient(
    random: Generator,
    prevalence: float,
    start: tuple[float, float],
    limit: tuple[float, float],
    irregularity: float,
    centres: int,
) -> _Patient:
    label = draw_class(random, {"fast": prevalence}, "slow")
    first, last = random.uniform(*start), random.uniform(*limit)
    decay = random.uniform(*DECAY[label])
    growth = Gompertz(4 / 3 * np.pi * first**3, decay * 3 * np.log(last / first), decay)
    fan = random.standard_normal((5, 3))
    root = random.normal(0.0, 1.0, 3)
    root *= 42.0 / np.linalg.norm(root)
    return _Patient(
        row={"label": label, **draw_person(random, centres=centres)},
        growth=growth,
        shape=blob(random, radius=1.0, dimensions=3, irregularity=irregularity, detail=2.0),
        organ=random.normal(0.0, 8.0, 3),
        texture=draw_bumps(random, fields=2, height=1.0, length=14.0, waves=24),
        vessels=grown_tree(
            random, start=root, headings=fan - 0.04 * root, radius=3.0, generations=7, length=9.0
        ),
    )


def _scene(
    grid: Grid, patient: _Patient, radius: float, mass_effect: float
) -> tuple[Float64, Float64]:
    """Return the depth in the tumour and the image without noise; the tumour's middle is 0."""
    at, edge = grid.positions, grid.pixel
    depth = radius * patient.shape.depth(at / radius)
    before = before_growth(at, radius=radius, share=mass_effect)
    tissue = TISSUE * (1 + 0.09 * patient.texture.waves(before, 0))
    image = np.full(grid.shape, FAT) * (1 + 0.05 * patient.texture.waves(before, 1))
    organ = ellipsoid(before, tuple(patient.organ), (56.0, 50.0, 52.0))
    paint(image, organ, tissue, edge=edge)
    points, radii = patient.vessels
    moved = after_growth(points.T, radius=radius, share=mass_effect).T
    paint(image, np.minimum(tube_depth(grid, moved, radii), organ - 1.0), VESSEL, edge=edge)
    rim = np.minimum(0.35 * radius, 4.0)
    inside = RIM + soft_edge(depth - rim, 2.0) * (MIDDLE - RIM)
    paint(image, depth, inside, edge=edge)
    return depth, image
