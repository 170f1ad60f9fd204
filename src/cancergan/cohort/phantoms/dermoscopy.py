"""Dermoscopy: a pigmented lesion with network and hair on skin of any phototype."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    blob,
    distance_to_borders,
    distance_to_points,
    positions,
    random_curve,
    scattered,
    soft_edge,
)

FIELD_MM = 14.0
# Absorption of red, green and blue by one unit of each pigment, and reflectance without pigment.
MELANIN = np.array([0.55, 1.0, 1.4])
BLOOD = np.array([0.08, 0.9, 0.75])
DERMIS = np.array([0.97, 0.90, 0.84])
PHOTOTYPE_MELANIN = {"I": 0.04, "II": 0.12, "III": 0.25, "IV": 0.45, "V": 0.8, "VI": 1.3}
PHOTOTYPE_SHARES = {"I": 0.12, "II": 0.30, "III": 0.28, "IV": 0.16, "V": 0.09}


@dataclass(frozen=True, eq=False)
class _Lesion:
    """Where a lesion is and what pigment it adds, all of shape (rows, columns).

    Attributes:
        inside: its mask.
        melanin: added near the surface.
        blood: added.
        veil: melanin so deep that it looks blue, 0 to 1.
    """

    inside: npt.NDArray[np.bool_]
    melanin: Float64
    blood: Float64
    veil: Float64


@phantoms.register("dermoscopy")
def dermoscopy(
    cases: int,
    seed: int,
    *,
    size: int = 96,
    prevalence: float = 0.3,
    lesion_radius: tuple[float, float] = (1.5, 3.5),
    contrast: float = 1.0,
    hair: float = 0.5,
    centres: int = 3,
) -> Cohort:
    """Pigmented lesions in colour; label benign or melanoma; mask 1 is the lesion.

    Pixels are 8-bit red, green, blue; 14 mm are ``size`` pixels. Colour follows Beer and Lambert:
    reflectance falls exponentially with melanin and blood.

    Realistic: skin of six phototypes with skin lines and redness; a nevus is even, round, brown,
    with a regular network that fades at its border; a melanoma follows the ABCD rule (Stolz et al.
    1994): asymmetric, abrupt and ragged border, several colours (black, blue veil, red, pale
    regression), larger by 40 %; hairs, and a lamp colour for each centre. Not realistic: no dots,
    globules, streaks or vessels as structures; no gel bubbles, rulers or ink; light does not
    scatter sideways; lesions on dark skin are not those of that population.

    Args:
        cases: how many.
        seed: of all draws.
        size: pixels along both axes.
        prevalence: share of melanomas.
        lesion_radius: least and largest radius (mm) of the disc of a nevus's area.
        contrast: factor on the pigment of all lesions.
        hair: share of cases with hairs.
        centres: how many hospitals.
    """
    shape = (checked_size(size), checked_size(size))
    lesion_radius = checked_range("lesion_radius", lesion_radius, at_most=FIELD_MM / 4)

    def draw(random: Generator, number: int) -> Drawn:
        label = draw_class(random, {"melanoma": prevalence}, "benign")
        age = (62.0 if label == "melanoma" else 48.0, 15.0)
        person = draw_person(random, age=age, centres=centres)
        phototype = draw_class(random, PHOTOTYPE_SHARES, "VI")
        radius = random.uniform(*lesion_radius) * (1.4 if label == "melanoma" else 1.0)
        lesion = _lesion(random, shape, radius=radius, melanoma=label == "melanoma")
        colour = _colour(
            _skin(random, shape, phototype) + contrast * lesion.melanin,
            _redness(random, shape) + contrast * lesion.blood,
            np.minimum(contrast * lesion.veil, 1.0),
        )
        hairs = int(random.integers(3, 16)) if random.random() < hair else 0
        colour = _with_hair(random, colour, hairs) * _light(random, shape, str(person["centre"]))
        image = as_bytes(255 * colour + random.normal(0.0, 2.0, colour.shape))
        row = {"label": label, **person, "phototype": phototype, "lesion_radius_mm": radius}
        row |= {"contrast": contrast, "hairs": hairs}
        spacing = (FIELD_MM / size, FIELD_MM / size)
        return Drawn(image, lesion.inside.astype(np.uint8), row, spacing)

    return cohort_of(draw, cases, seed, name="dermoscopy")


def _colour(melanin: Float64, blood: Float64, veil: Float64) -> Float64:
    """Return reflectance (3, rows, columns) in 0 to 1 of pigments (rows, columns)."""
    absorbed = np.multiply.outer(MELANIN, melanin) + np.multiply.outer(BLOOD, blood)
    colour = DERMIS[:, None, None] * np.exp(-absorbed)
    blue = np.array([0.30, 0.36, 0.46])[:, None, None]
    return np.asarray(colour + 0.55 * veil * (blue - colour))


def _lesion(random: Generator, shape: tuple[int, int], *, radius: float, melanoma: bool) -> _Lesion:
    outline = blob(
        random,
        radius=radius,
        irregularity=random.uniform(0.12, 0.22) if melanoma else random.uniform(0.02, 0.07),
        detail=3.5 if melanoma else 1.5,
        elongation=random.uniform(1.1, 1.5) if melanoma else random.uniform(1.0, 1.3),
    )
    spacing = FIELD_MM / shape[0]
    shift = np.asarray(shape) * spacing / 2 + random.normal(0.0, 0.7, 2)
    depth = outline.depth(positions(shape, spacing=spacing, centre=shift))
    ragged = smooth_field(shape, random, width=0.25, spacing=spacing)
    edge = soft_edge(depth + 0.12 * ragged, 0.35 if melanoma else 0.9)
    network = _network(random, shape, spacing)
    mottle = smooth_field(shape, random, width=0.4, spacing=spacing)
    if not melanoma:
        amount = random.uniform(0.35, 1.0) * (1 + 0.25 * np.tanh(depth / radius))
        melanin = edge * amount * np.exp(0.2 * mottle) * (0.8 + 0.4 * network)
        return _Lesion(depth > 0, melanin, 0.04 * edge, np.zeros(shape))
    patches = [power_law_field(shape, random, exponent=4.0) for _ in range(4)]
    dark = np.exp(0.55 * patches[0]) * (0.75 + 0.4 * network + 0.25 * patches[3])
    regression = soft_edge(patches[1] - 1.3, 0.5)
    melanin = edge * random.uniform(1.0, 1.7) * np.maximum(dark, 0.1) * (1 - 0.8 * regression)
    blood = edge * (0.15 + 0.5 * soft_edge(patches[2] - 1.0, 0.6))
    veil = edge * soft_edge(-patches[2] - 0.9, 1.0)
    return _Lesion(depth > 0, melanin, blood, veil)


def _network(random: Generator, shape: tuple[int, int], spacing: float) -> Float64:
    """Return the pigment network: 1 on lines around holes about 0.5 mm apart, else 0."""
    holes = scattered(random, shape, distance=0.55 / spacing, margin=4.0)
    lines = np.exp(-((distance_to_borders(shape, holes) * spacing / 0.2) ** 2))
    present = soft_edge(power_law_field(shape, random, exponent=4.0) + 0.5, 1.5)
    return np.asarray(lines * present)


def _skin(random: Generator, shape: tuple[int, int], phototype: str) -> Float64:
    """Return the melanin of skin around the lesion, a little less in its furrows."""
    melanin = PHOTOTYPE_MELANIN[phototype] * np.exp(0.15 * smooth_field(shape, random, width=2.0))
    plates = scattered(random, shape, distance=7.0, margin=9.0)
    return np.asarray(
        melanin * (1 - 0.15 * np.exp(-((distance_to_borders(shape, plates) / 1.5) ** 2)))
    )


def _redness(random: Generator, shape: tuple[int, int]) -> Float64:
    mottle = 0.6 * power_law_field(shape, random, exponent=3.0)
    return np.asarray(random.uniform(0.04, 0.22) * np.exp(0.35 * mottle))


def _with_hair(random: Generator, colour: Float64, count: int) -> Float64:
    """Return the colours with ``count`` hairs laid across, most of them the same way."""
    shape = (colour.shape[1], colour.shape[2])
    if count == 0:
        return colour
    angles = random.uniform(0, np.pi) + random.normal(0.0, 0.4, count)
    hairs = [
        random_curve(
            random,
            start=random.uniform(0, shape),
            heading=(np.sin(angle), np.cos(angle)),
            length=shape[0] * random.uniform(0.3, 1.2),
            bend=0.025,
        )
        for angle in angles
    ]
    distance = distance_to_points(shape, np.concatenate(hairs), within=4.0)
    cover = soft_edge(random.uniform(0.2, 0.55) - distance, 1.0)
    tint = random.uniform(0.12, 0.4) * np.array([1.0, 0.7, 0.5])[:, None, None]
    return colour + 0.85 * cover * (tint - colour)


def _light(random: Generator, shape: tuple[int, int], centre: str) -> Float64:
    """Return the lamp's colour and fall-off (3, rows, columns): a habit of the centre."""
    habit = style_of(centre, "dermoscopy")
    tint = habit.normal(1.0, 0.05, 3) * random.normal(1.0, 0.03)
    vignette = habit.uniform(0.0, 0.35)
    distance = np.sqrt((positions(shape) ** 2).sum(axis=0)) / (shape[0] / 2)
    return np.asarray(tint[:, None, None] * (1 - vignette * distance**2 / 2))
