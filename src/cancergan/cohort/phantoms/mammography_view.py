"""Full views of left and right breast of one patient, alike but for an asymmetry and a cancer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantoms
from cancergan.cohort.phantoms.breast import (
    COMPRESSED_THICKNESS,
    FAT,
    GLANDULAR_SHARE,
    GRADE_SHARES,
    draw_mass,
    glandular_share,
)
from cancergan.cohort.phantoms.fields import Generator, clustered_lumps, smooth_field
from cancergan.cohort.phantoms.people import checked_range, checked_size, draw_class, draw_person
from cancergan.cohort.phantoms.shapes import positions, soft_edge
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator

HEIGHT_MM = 192.0


@dataclass(frozen=True, eq=False)
class _Patient:
    """What both breasts of a patient share; ``texture`` is (rows, columns), chest wall first."""

    row: dict[str, object]
    height: float
    depth: float
    share: float
    texture: Float64
    side_with_cancer: str


@phantoms.register("mammography_view")
def mammography_view(
    cases: int,
    seed: int,
    *,
    size: int = 128,
    prevalence: float = 0.3,
    lesion_radius: tuple[float, float] = (5.0, 11.0),
    contrast: float = 0.3,
    asymmetry: float = 0.4,
    centres: int = 3,
) -> Cohort:
    """Mediolateral oblique views, left and right of a patient in turn; label normal or malignant.

    ``size`` rows by half as many columns; pixels are attenuation in millimetres of fibroglandular
    tissue (fat counts 0.57, air is 0), 192 mm / ``size`` apart; mask 1 is the mass. Two views in a
    row share ``patient_id``; the chest wall of the left breast is on the left.

    Realistic: outline and thinning of a compressed breast, pectoral muscle, dense tissue behind the
    nipple with a clustered lumpy texture, and sides that resemble each other as far as
    ``asymmetry`` allows. Not realistic: no vessels, ducts, skin folds, lymph nodes, calcifications
    or labels burned in; every cancer is one mass.

    Args:
        cases: how many views; two make a patient.
        seed: of all draws.
        size: rows.
        prevalence: share of patients with a cancer, in one breast.
        lesion_radius: least and largest radius (mm) of the disc of the mass's area.
        contrast: attenuation of the mass in excess of what it displaces.
        asymmetry: share of the texture's variance that one side does not share with the other.
        centres: how many hospitals.
    """
    shape = (checked_size(size), checked_size(size) // 2)
    lesion_radius = checked_range("lesion_radius", lesion_radius, at_most=16.0)
    if not 0 <= asymmetry <= 1:
        raise BadInputError(f"asymmetry is {asymmetry}; give a share from 0 to 1.")

    def draw(random: Generator, number: int) -> Drawn:
        shared = numpy_generator(seed, "phantom", "mammography_view", "patient", number // 2)
        patient = _draw_patient(shared, shape, prevalence, centres)
        side = ("left", "right")[number % 2]
        texture = np.sqrt(1 - asymmetry) * patient.texture
        image = _breast(patient, texture + np.sqrt(asymmetry) * _texture(random, shape))
        mask, radius = np.zeros(shape, np.uint8), 0.0
        if side == patient.side_with_cancer:
            mass = draw_mass(random, malignant=True, radius=lesion_radius, contrast=contrast)
            at = positions(shape, spacing=_spacing(shape), centre=_site(random, patient))
            image += mass.thickness(at) * (image > 0)
            mask[mass.outline.contains(at) & (image > 0)] = 1
            radius = mass.outline.radius
        image += 0.3 * random.standard_normal(shape) * (image > 0)
        if side == "right":
            image, mask = image[:, ::-1], mask[:, ::-1]
        row: dict[str, object] = {
            "patient_id": f"mammography_view_patient_{number // 2:06d}",
            "label": "malignant" if radius else "normal",
            **patient.row,
            "laterality": side,
            "lesion_radius_mm": radius,
            "contrast": contrast,
        }
        return Drawn(image[None].astype(np.float32), mask.copy(), row, (_spacing(shape),) * 2)

    return cohort_of(draw, cases, seed, name="mammography_view")


def _spacing(shape: tuple[int, int]) -> float:
    return HEIGHT_MM / shape[0]


def _draw_patient(
    random: Generator, shape: tuple[int, int], prevalence: float, centres: int
) -> _Patient:
    grade = draw_class(random, GRADE_SHARES, "d")
    cancer = draw_class(random, {"cancer": prevalence}, "none") == "cancer"
    side = ("left", "right")[int(random.integers(2))]
    return _Patient(
        row={**draw_person(random, female=1.0, centres=centres), "density": grade},
        height=random.uniform(130, 175),
        depth=random.uniform(55, 88),
        share=GLANDULAR_SHARE[grade],
        texture=_texture(random, shape),
        side_with_cancer=side if cancer else "none",
    )


def _texture(random: Generator, shape: tuple[int, int]) -> Float64:
    """Return lumps of a breast's size over slow changes, mean 0 and variance about 1."""
    lumps = clustered_lumps(
        shape, random, clusters=np.prod(shape) / 300, spread=6.0, axes=(2.5, 1.2)
    )
    return 0.8 * lumps + 0.6 * smooth_field(shape, random, width=shape[0] / 12)


def _breast(patient: _Patient, texture: Float64) -> Float64:
    """Return attenuation (mm) of the compressed breast and the pectoral muscle; air is 0."""
    shape = texture.shape
    down, across = positions(shape, spacing=HEIGHT_MM / shape[0], centre=(HEIGHT_MM * 0.52, 0.0))
    half = patient.height / 2
    sag = down / half - 0.25 * across / patient.depth
    outline = 1 - np.abs(sag) ** 2.2 - (across / patient.depth) ** 2
    thickness = COMPRESSED_THICKNESS * np.sqrt(np.clip(outline / 0.25, 0.0, 1.0))
    gland = np.exp(-(((across / patient.depth - 0.55) / 0.32) ** 2) - ((sag + 0.05) / 0.45) ** 2)
    share = glandular_share(texture, patient.share * (0.15 + 2.0 * gland), strength=1.0)
    muscle = soft_edge(0.42 * patient.depth - across - 0.45 * (down + 0.7 * half), 6.0)
    share = share + muscle * (0.55 + 0.04 * texture - share)
    return np.asarray(thickness * (FAT + (1 - FAT) * share))


def _site(random: Generator, patient: _Patient) -> tuple[float, float]:
    """Return where the mass lies, in millimetres from the upper corner at the chest wall."""
    row = HEIGHT_MM * 0.52 + patient.height * random.uniform(-0.22, 0.22)
    return row, patient.depth * random.uniform(0.35, 0.65)
