"""Radiotherapy of head and neck: planning CT, structures, and the dose of a modulated plan."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float32, Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms import ct, neck
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantoms
from cancergan.cohort.phantoms.dose import Goals, dose_at_volume, planned_dose
from cancergan.cohort.phantoms.fields import Generator
from cancergan.cohort.phantoms.mri import T1, scanned
from cancergan.cohort.phantoms.people import checked_number, checked_range, draw_class, draw_person
from cancergan.cohort.phantoms.space import Grid, checked_shape, grid_of
from cancergan.core.errors import BadInputError

# What a plan aims at outside its targets (Gy), and how much a deviation there weighs.
SPARED = {
    "Brainstem": (15.0, 0.15),
    "SpinalCord": (15.0, 0.4),
    "RightParotid": (12.0, 0.08),
    "LeftParotid": (12.0, 0.08),
    "Esophagus": (20.0, 0.05),
    "Larynx": (25.0, 0.03),
    "Mandible": (25.0, 0.03),
}
ELSEWHERE = (10.0, 0.03)
SHARES = {"oropharynx": 0.5, "larynx": 0.2, "nasopharynx": 0.1}


@phantoms.register("head_neck_dose")
def head_neck_dose(
    cases: int,
    seed: int,
    *,
    size: int | Sequence[int] = 96,
    dimensions: int = 2,
    prescription: float = 70.0,
    beams: int = 24,
    lesion_radius: tuple[float, float] = (20.0, 28.0),
    noise: float = 14.0,
    centres: int = 3,
    mr: bool = False,
) -> Cohort:
    """Planning CT in HU, arrays ``dose`` (Gy), ``structures``, ``region``; label is the site.

    ``structures`` has ten channels of 0 and 1, named and ordered as in OpenKBP: brainstem, spinal
    cord, right and left parotid, oesophagus, larynx, mandible, PTV56, PTV63, PTV70. Mask 1, 2 and
    3 are the three targets, lowest dose first; they do not overlap. ``region`` is the body, where
    dose may be. Slices lie axially through
    the tumour, 256 by 256 mm; volumes (x, y, z) are 210 mm high.

    Realistic: HU of skin, fat, muscle, bone, air and vessels; a dose of coplanar 6 MV beams through
    that density, with build-up, attenuation, penumbra and intensities fitted to the goals of
    targets and organs; D95 of the highest target is the prescription, the others get about 63/70
    and 56/70 of it, and dose falls off around them. Not realistic: anatomy is a few ellipsoids and
    tubes; no teeth, fillings or immobilisation mask; dose has no scatter kernel but a Gaussian, no
    leaves and no divergence; a slice is planned by itself, as if its neighbours were like it.

    Args:
        cases: how many.
        seed: of all draws.
        size: pixels along every axis, or one number per axis: (rows, columns) or (x, y, z).
        dimensions: 2 for slices, 3 for volumes.
        prescription: Gy that 95 % of the highest target get at least.
        beams: how many directions; 7 are fixed fields, 24 and more resemble an arc.
        lesion_radius: least and largest radius (mm) of the ball of the highest target's volume.
        noise: standard deviation of the CT, HU.
        centres: how many hospitals; each starts its beams at another angle.
        mr: whether each case also has a T1-weighted image of the same anatomy, ``source``: the
            signal of the tissue that has such Hounsfield units, bias and noise. Air and cortical
            bone are dark alike there, so that no curve leads back.
    """
    shape = checked_shape(size, dimensions)
    lesion_radius = checked_range("lesion_radius", lesion_radius, at_most=35.0)
    checked_number("noise", noise)
    if prescription <= 0 or beams < 3:
        raise BadInputError(
            f"prescription is {prescription}, beams {beams}; give more than 0 Gy, at least 3 beams."
        )

    def draw(random: Generator, number: int) -> Drawn:
        label = draw_class(random, SHARES, "oral_cavity")
        person = draw_person(random, age=(61.0, 10.0), female=0.25, centres=centres)
        patient = neck.draw_neck(random, label, lesion_radius)
        cut = float(patient.centre[2] * patient.size)
        grid = grid_of(shape, neck.FIELD_MM, centre=neck.MIDDLE, cut=cut)
        image, depths = neck.drawn_neck(grid, random, patient)
        inside = {name: depths[name] > 0 for name in neck.STRUCTURES}
        first = int(str(person["centre"]).rpartition("_")[2]) * np.pi / beams / 3
        body = patient.body(grid.positions / patient.size) > 0
        dose = _plan(image, body, inside, grid, prescription=prescription, beams=beams, first=first)
        hounsfield = ct.scanned(image, grid, random, noise=noise, scanner=person["scanner"])
        row = {"label": label, **person, **_row(dose, inside, patient, prescription)}
        structures = np.stack([inside[name] for name in neck.STRUCTURES]).astype(np.uint8)
        mask = sum((n + 1) * inside[name] for n, name in enumerate(neck.STRUCTURES[-3:]))
        arrays: dict[str, npt.NDArray[Any]] = {
            "dose": dose[None].astype(np.float32),
            "structures": structures,
            "region": body[None].astype(np.uint8),
        }
        if mr:
            arrays["source"] = _magnetic_resonance(image, grid, random)
        return Drawn(
            hounsfield[None], np.asarray(mask, np.uint8), row, grid.spacing, grid.affine, arrays
        )

    drawn = cohort_of(draw, cases, seed, name="head_neck_dose")
    return drawn.with_provenance(structures=list(neck.STRUCTURES))


def density_of(hounsfield: Float64) -> Float64:
    """Return the density relative to water of Hounsfield units, 0 to 2."""
    return np.clip(1.0 + hounsfield / 1000.0, 0.0, 2.0)


def goals_of(inside: Mapping[str, npt.NDArray[np.bool_]], body: npt.NDArray[np.bool_]) -> Goals:
    """Return what a plan aims at: targets named by their dose ("PTV70"), organs by ``SPARED``.

    Raises:
        BadInputError: no structure is named as a target.
    """
    aim, weight = np.full(body.shape, ELSEWHERE[0]), np.full(body.shape, ELSEWHERE[1])
    for name, (goal, importance) in SPARED.items():
        if name in inside:
            aim[inside[name]], weight[inside[name]] = goal, importance
    targets = {name: float(name[3:]) for name in inside if re.fullmatch(r"PTV\d+", name)}
    if not targets:
        raise BadInputError(
            f'no target among {", ".join(inside)}: name them by their dose in gray, as in "PTV70".'
        )
    for name, gray in sorted(targets.items(), key=lambda one: one[1]):
        aim[inside[name]], weight[inside[name]] = gray * 1.03, 1.0
    return Goals(aim, np.where(body, weight, 0.0))


def _magnetic_resonance(image: Float64, grid: Grid, random: Generator) -> Float32:
    """Return a T1-weighted image (1, *shape) of the tissue of these Hounsfield units."""
    units = (-400.0, ct.FAT, ct.MUSCLE, 85.0, ct.MARROW + 120.0, ct.CORTEX)
    tissues = ("air", "fat", "muscle", "tumour", "marrow", "bone")
    signals = [1000.0 * T1.signal(tissue) for tissue in tissues]
    signal = np.interp(image, units, signals)
    return scanned({"t1": signal}, grid, random, noise=12.0, bias=0.1)


def _plan(
    image: Float64,
    body: npt.NDArray[np.bool_],
    inside: Mapping[str, npt.NDArray[np.bool_]],
    grid: Grid,
    *,
    prescription: float,
    beams: int,
    first: float,
) -> Float64:
    """Return the dose in Gy, scaled until D95 of the highest target is the prescription."""
    density, goals = density_of(image), goals_of(inside, body)
    dose = planned_dose(density, body, goals, grid, beams=beams, first=first)
    return dose * prescription / dose_at_volume(dose, inside["PTV70"], 95)


def _row(
    dose: Float64,
    inside: Mapping[str, npt.NDArray[np.bool_]],
    patient: neck.Neck,
    prescription: float,
) -> dict[str, object]:
    """Return the columns that tell of the plan."""
    cord = inside["SpinalCord"]
    return {
        "side": "right" if patient.side > 0 else "left",
        "lesion_radius_mm": patient.tumour.radius,
        "prescription_gy": prescription,
        "ptv70_d95_gy": dose_at_volume(dose, inside["PTV70"], 95),
        "cord_max_gy": float(dose[cord].max()) if cord.any() else 0.0,
    }
