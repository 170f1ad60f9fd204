"""Tiles of H&E-like tissue: nuclei, cytoplasm and stroma in the colours of their stains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantoms
from cancergan.cohort.phantoms.fields import (
    Generator,
    as_bytes,
    power_law_field,
    sheared,
    smooth_field,
)
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
    positions,
    scattered,
    soft_edge,
)
from cancergan.core.errors import BadInputError

# Optical density of red, green and blue for one unit of stain (reference of Macenko et al. 2009).
HAEMATOXYLIN = (0.5626, 0.7201, 0.4062)
EOSIN = (0.2159, 0.8012, 0.5581)
PIXEL_MICROMETRES = 0.4


@dataclass(frozen=True, eq=False)
class _Nuclei:
    """Nuclei: their numbers from 1 and haematoxylin (rows, columns), and radii in micrometres."""

    instances: npt.NDArray[np.uint16]
    haematoxylin: Float64
    radii: list[float]


@phantoms.register("histology")
def histology(
    cases: int,
    seed: int,
    *,
    size: int = 128,
    prevalence: float = 0.5,
    lesion_radius: tuple[float, float] = (3.6, 5.0),
    normal_radius: tuple[float, float] = (2.6, 3.2),
    contrast: float = 1.0,
    stain_variation: float = 1.0,
    centres: int = 3,
) -> Cohort:
    """Haematoxylin and eosin tiles; label normal or tumour; the mask numbers the nuclei.

    Pixels are 8-bit red, green, blue, 0.4 micrometres apart. Each stain absorbs as Beer and Lambert
    say: 255 * 10^-(optical density), with the stain vectors that Macenko et al. (2009) found.

    Realistic: nuclei with membrane, chromatin and nucleoli; a tumour's are larger, of uneven size
    and shape, darker and closer (pleomorphism); cell borders, collagen, gaps of glass; every
    centre stains in its own hue and strength. Not realistic: no glands, vessels or other
    architecture beyond a band of stroma; no mitoses, red cells, folds, blur or pen marks;
    nuclei hardly overlap; a tile is all tumour or none.

    Args:
        cases: how many.
        seed: of all draws.
        size: pixels along both axes.
        prevalence: share of tumour tiles.
        lesion_radius: least and largest mean radius (micrometres) of a tumour's nuclei.
        normal_radius: the same of normal nuclei.
        contrast: factor on the haematoxylin of nuclei.
        stain_variation: how far centres and slides differ; 0 is the published stain vectors.
        centres: how many hospitals.
    """
    shape = (checked_size(size), checked_size(size))
    lesion_radius = checked_range("lesion_radius", lesion_radius, at_most=12.0)
    normal_radius = checked_range("normal_radius", normal_radius, at_most=12.0)
    if stain_variation < 0:
        raise BadInputError(f"stain_variation is {stain_variation}; give 0 or more.")

    def draw(random: Generator, number: int) -> Drawn:
        label = draw_class(random, {"tumour": prevalence}, "normal")
        person = draw_person(random, female=0.6, centres=centres)
        tumour = label == "tumour"
        radius = random.uniform(*(lesion_radius if tumour else normal_radius))
        tissue, stroma = _tissue(random, shape)
        nuclei = _draw_nuclei(random, shape, tissue, radius=radius, tumour=tumour)
        eosin = _cytoplasm(random, shape, stroma, radius=radius) * tissue
        eosin = eosin * (1 - 0.4 * (nuclei.instances > 0))
        haematoxylin = contrast * nuclei.haematoxylin + 0.12 * tissue * (1 - stroma)
        stains = _stains(random, str(person["centre"]), stain_variation)
        density = np.multiply.outer(stains[0], haematoxylin) + np.multiply.outer(stains[1], eosin)
        image = 255 * 10 ** -(density + 0.02) + random.normal(0.0, 1.5, density.shape)
        row = {"label": label, **person, **_sizes(nuclei), "contrast": contrast}
        spacing = (PIXEL_MICROMETRES / 1000, PIXEL_MICROMETRES / 1000)
        return Drawn(as_bytes(image), nuclei.instances, row, spacing)

    return cohort_of(draw, cases, seed, name="histology")


def _sizes(nuclei: _Nuclei) -> dict[str, object]:
    """Return how many nuclei there are, and mean and standard deviation of their radii."""
    radii = nuclei.radii or [0.0]
    return {
        "nuclei": len(nuclei.radii),
        "nuclear_radius_um": float(np.mean(radii)),
        "nuclear_radius_sd_um": float(np.std(radii)),
    }


def _tissue(random: Generator, shape: tuple[int, int]) -> tuple[Float64, Float64]:
    """Return where tissue is, rather than empty glass, and where it is stroma; both 0 to 1."""
    holes = power_law_field(shape, random, exponent=4.0)
    bands = power_law_field(shape, random, exponent=4.0)
    tissue = soft_edge(random.uniform(1.4, 3.0) - holes, 0.15)
    return tissue, soft_edge(bands - random.uniform(0.6, 2.5), 0.25)


def _cytoplasm(
    random: Generator, shape: tuple[int, int], stroma: Float64, *, radius: float
) -> Float64:
    """Return eosin: foamy in cells, darker at their borders, in waves along collagen."""
    pitch = 2.6 * radius / PIXEL_MICROMETRES
    cells = scattered(random, shape, distance=pitch, margin=pitch)
    border = np.exp(-((distance_to_borders(shape, cells) / 1.5) ** 2))
    foam = smooth_field(shape, random, width=1.2)
    inside = random.uniform(0.16, 0.3) * np.exp(0.25 * foam) + 0.15 * border
    waves = smooth_field(shape, random, width=shape[0] / 10)
    grain = sheared(smooth_field(shape, random, width=(0.9, 9.0)), 6 * waves)
    collagen = 0.42 * np.exp(0.3 * grain)
    return np.asarray(inside + stroma * (collagen - inside))


def _draw_nuclei(
    random: Generator, shape: tuple[int, int], tissue: Float64, *, radius: float, tumour: bool
) -> _Nuclei:
    """Draw nuclei one to a cell of a jittered grid, where there is tissue.

    A nucleus of which more than 30 % lies below others is left out.
    """
    pixels = radius / PIXEL_MICROMETRES
    pitch = (2.35 if tumour else 2.9) * pixels
    spread = 0.24 if tumour else 0.08
    instances, stain = np.zeros(shape, np.uint16), np.zeros(shape)
    chromatin = smooth_field(shape, random, width=1.0)
    radii: list[float] = []
    for centre in scattered(random, shape, distance=pitch, margin=pixels):
        size = pixels * random.lognormal(-(spread**2) / 2, spread)
        row, column = np.clip(np.rint(centre).astype(int), 0, np.asarray(shape) - 1)
        too_far = np.abs(centre - (row, column)).max() > size
        if too_far or tissue[row, column] < 0.8 or random.random() < 0.12:
            continue
        window, depth = _nucleus(random, shape, centre, radius=size, tumour=tumour)
        inside = depth > 0
        free = inside & (instances[window] == 0)
        if free.sum() > 0.7 * inside.sum():
            radii.append(size * PIXEL_MICROMETRES)
            instances[window][free] = len(radii)
            amount = _haematoxylin(random, depth, chromatin[window], tumour=tumour)
            stain[window] = np.maximum(stain[window], amount)
    return _Nuclei(instances, stain, radii)


def _nucleus(
    random: Generator, shape: tuple[int, int], centre: Float64, *, radius: float, tumour: bool
) -> tuple[tuple[slice, slice], Float64]:
    """Return the part of the image around one nucleus, and the depth (pixels) below its surface."""
    low = np.maximum(np.floor(centre - 2 * radius).astype(int), 0)
    high = np.minimum(np.ceil(centre + 2 * radius).astype(int) + 1, shape)
    window = (slice(low[0], high[0]), slice(low[1], high[1]))
    at = positions(tuple(high - low), centre=centre - low)
    outline = blob(
        random,
        radius=radius,
        irregularity=random.uniform(0.04, 0.13) if tumour else 0.03,
        detail=2.0,
        elongation=random.lognormal(0.25 if tumour else 0.15, 0.15),
    )
    return window, outline.depth(at)


def _haematoxylin(
    random: Generator, depth: Float64, chromatin: Float64, *, tumour: bool
) -> Float64:
    """Return a nucleus's stain: membrane, chromatin (coarse in a tumour) and its nucleoli."""
    coarseness = 0.22 if tumour else 0.12
    amount = random.uniform(0.42, 0.75) * np.exp(coarseness * chromatin)
    amount = amount + 0.22 * np.exp(-(((depth - 0.8) / 0.9) ** 2))
    nucleoli = int(random.integers(0, 3)) if tumour else 0
    deep = np.argwhere(depth > 0.5 * depth.max())
    for place in deep[random.integers(len(deep), size=nucleoli)]:
        spot = positions(depth.shape, centre=place)
        amount = amount + 0.4 * np.exp(-(spot**2).sum(axis=0) / 2.0)
    return np.asarray(amount * soft_edge(depth + 0.3, 1.2))


def _stains(random: Generator, centre: str, variation: float) -> Float64:
    """Return the optical density (2 stains, 3 colours) of one unit by centre and slide."""
    habit = style_of(centre, "histology")
    vectors = np.array([HAEMATOXYLIN, EOSIN])
    vectors = vectors + variation * (
        habit.normal(0.0, 0.06, (2, 3)) + random.normal(0.0, 0.015, (2, 3))
    )
    vectors = np.maximum(vectors, 0.02)
    strength = np.exp(variation * (habit.normal(0.0, 0.2, 2) + random.normal(0.0, 0.08, 2)))
    return np.asarray(strength[:, None] * vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
