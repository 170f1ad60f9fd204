"""A region of a mammogram: clustered lumpy tissue, masses, microcalcifications, density grade."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantoms
from cancergan.cohort.phantoms.breast import (
    COMPRESSED_THICKNESS,
    FAT,
    GLANDULAR_SHARE,
    GRADE_SHARES,
    Mass,
    calcium,
    draw_calcifications,
    draw_mass,
    glandular_share,
)
from cancergan.cohort.phantoms.fields import Generator, clustered_lumps
from cancergan.cohort.phantoms.people import (
    checked_range,
    checked_size,
    draw_class,
    draw_person,
    style_of,
)
from cancergan.cohort.phantoms.shapes import inner_point, positions

FIELD_MM = 28.8
# Millimetres that a calcification must add to a pixel to be drawn in the mask.
VISIBLE_CALCIUM = 0.5


@phantoms.register("mammography")
def mammography(
    cases: int,
    seed: int,
    *,
    size: int = 96,
    prevalence: float = 0.35,
    normal: float = 0.3,
    lesion_radius: tuple[float, float] = (2.5, 6.0),
    contrast: float = 0.3,
    calcifications: float = 0.3,
    noise: float = 0.5,
    centres: int = 3,
) -> Cohort:
    """Regions of mammograms; label normal, benign or malignant; mask 1 is mass, 2 calcification.

    Pixels are attenuation in millimetres of fibroglandular tissue (fat counts 0.57); 28.8 mm
    are ``size`` pixels.

    Realistic: the texture of the clustered lumpy background (Bochud et al. 1999), whose power
    spectrum falls about as f^-3; the share of dense tissue of each BI-RADS grade; masses with the
    profile of a body; quantum noise. Not realistic: no ducts, vessels or Cooper's ligaments; no
    scatter, no scanner's image processing; spicules do not pull tissue; benign and malignant differ
    in outline, edge and calcifications alone.

    Args:
        cases: how many.
        seed: of all draws.
        size: pixels along both axes.
        prevalence: share of malignant cases.
        normal: share of cases without a lesion; the rest is benign.
        lesion_radius: least and largest radius (mm) of the disc of a mass's area.
        contrast: attenuation of a mass in excess of what it displaces; 1 is fibroglandular tissue.
        calcifications: share of benign lesions with microcalcifications; twice it if malignant.
        noise: standard deviation of quantum noise at a scanner of ordinary dose, millimetres.
        centres: how many hospitals.
    """
    shape = (checked_size(size), checked_size(size))
    spacing = FIELD_MM / size
    lesion_radius = checked_range("lesion_radius", lesion_radius, at_most=FIELD_MM / 4)

    def draw(random: Generator, number: int) -> Drawn:
        label = draw_class(random, {"malignant": prevalence, "normal": normal}, "benign")
        person = draw_person(random, female=1.0, centres=centres)
        grade = draw_class(random, GRADE_SHARES, "d")
        tissue = _tissue(random, shape, GLANDULAR_SHARE[grade])
        dose = style_of(person["scanner"], "mammography").uniform(0.7, 1.4)
        tissue += noise * dose * random.standard_normal(shape)
        mask = np.zeros(shape, np.uint8)
        truth: dict[str, object] = {"lesion_radius_mm": 0.0, "calcifications": 0}
        if label != "normal":
            malignant = label == "malignant"
            mass = draw_mass(random, malignant=malignant, radius=lesion_radius, contrast=contrast)
            often = calcifications * (1 + malignant)
            added, mask, count = _lesion(random, shape, mass, often=often, malignant=malignant)
            tissue += added
            truth = {"lesion_radius_mm": mass.outline.radius, "calcifications": count}
        row = {"label": label, **person, "density": grade, **truth, "contrast": contrast}
        return Drawn(tissue[None].astype(np.float32), mask, row, (spacing, spacing))

    return cohort_of(draw, cases, seed, name="mammography")


def _lesion(
    random: Generator, shape: tuple[int, int], mass: Mass, *, often: float, malignant: bool
) -> tuple[Float64, npt.NDArray[np.uint8], int]:
    """Return what a mass and its calcifications add (mm), their mask, and how many there are.

    ``often`` is the probability of calcifications.
    """
    spacing = FIELD_MM / shape[0]
    centre = inner_point(random, shape, spacing=spacing, margin=2 * mass.outline.radius)
    at = positions(shape, spacing=spacing, centre=centre)
    added, mask = mass.thickness(at), mass.outline.contains(at).astype(np.uint8)
    if random.random() >= often:
        return added, mask, 0
    grains = draw_calcifications(
        random, malignant=malignant, centre=centre, spread=0.5 * mass.outline.radius
    )
    bright = calcium(grains, shape, spacing=spacing)
    mask[bright > VISIBLE_CALCIUM] = 2
    return added + bright, mask, len(grains)


def _tissue(random: Generator, shape: tuple[int, int], share: float) -> Float64:
    """Return attenuation (mm) of a compressed breast of which ``share`` is fibroglandular."""
    finer = shape[0] / 96
    texture = clustered_lumps(
        shape, random, clusters=21.0, spread=12 * finer, axes=(2.5 * finer, 1.2 * finer)
    )
    glandular = COMPRESSED_THICKNESS * glandular_share(texture, share, strength=0.6)
    return np.asarray(FAT * (COMPRESSED_THICKNESS - glandular) + glandular)
