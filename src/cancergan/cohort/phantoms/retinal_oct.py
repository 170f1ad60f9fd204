"""Optical coherence tomography of the macula: layers in speckle, fluid, choroidal tumour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantoms
from cancergan.cohort.phantoms.fields import Generator, log_compressed, smooth_field, speckle
from cancergan.cohort.phantoms.people import (
    checked_range,
    checked_size,
    draw_class,
    draw_person,
    style_of,
)
from cancergan.cohort.phantoms.shapes import positions
from cancergan.core.errors import BadInputError

WIDTH_MM, DEPTH_MM = 6.0, 1.2
DECIBELS = 45.0
# Standard deviation of the point-spread function, pixels.
RESOLUTION = (0.7, 0.6)
# Of each layer from the vitreous downwards: thickness (micrometres) beside the fovea, reflectivity
# (dB), and the share of the thickness that is gone in the fovea's middle.
LAYERS = (
    ("nerve fibres", 32.0, -9.0, 0.95),
    ("ganglion cells", 44.0, -17.0, 0.95),
    ("inner plexiform", 38.0, -13.0, 0.9),
    ("inner nuclear", 36.0, -21.0, 0.85),
    ("outer plexiform", 26.0, -14.0, 0.6),
    ("outer nuclear", 66.0, -25.0, -0.35),
    ("external limiting membrane", 8.0, -17.0, 0.0),
    ("inner segments", 18.0, -23.0, 0.0),
    ("ellipsoid zone", 14.0, -9.0, 0.0),
    ("outer segments", 18.0, -17.0, -0.2),
    ("pigment epithelium", 22.0, -5.0, 0.0),
)
CHOROID_DECIBELS, VITREOUS_DECIBELS = -15.0, -42.0


@phantoms.register("oct")
def oct_retina(
    cases: int,
    seed: int,
    *,
    size: int = 112,
    prevalence: float = 0.3,
    normal: float = 0.4,
    lesion_radius: tuple[float, float] = (0.6, 1.3),
    contrast: float = 20.0,
    looks: int = 3,
    centres: int = 3,
) -> Cohort:
    """Macular B-scans; label normal, fluid or tumour; mask 1 is fluid, 2 is choroidal tumour.

    Pixels are grey levels 0-255 over 45 dB; the picture is 6 mm wide and 1.2 mm deep.

    Realistic: eleven layers at their usual thickness and reflectivity, foveal pit, choroid with
    vessels, eye's curvature and tilt, speckle of averaged frames, subretinal fluid that lifts the
    retina, a dome-shaped dark choroidal tumour that lifts retina and pigment epithelium. Not
    realistic: no drusen, haemorrhage, retinal vessels and their shadows, optic disc or intraretinal
    cysts; layers keep their thickness over a lesion; refraction is left out.

    Args:
        cases: how many.
        seed: of all draws.
        size: pixels along both axes.
        prevalence: share of tumours.
        normal: share of cases without a lesion; the rest has fluid.
        lesion_radius: least and largest half width (mm) of a lesion.
        contrast: how many decibels fluid is darker than the outer segments.
        looks: how many independent frames are averaged.
        centres: how many hospitals; each has its own gain.
    """
    shape = (checked_size(size), checked_size(size))
    lesion_radius = checked_range("lesion_radius", lesion_radius, at_most=WIDTH_MM / 4)
    if looks < 1:
        raise BadInputError(f"looks is {looks}; average at least 1 frame.")
    spacing = (DEPTH_MM / size, WIDTH_MM / size)

    def draw(random: Generator, number: int) -> Drawn:
        label = draw_class(random, {"tumour": prevalence, "normal": normal}, "fluid")
        person = draw_person(random, age=(65.0, 11.0), centres=centres)
        across = positions((size,), spacing=spacing[1])[0]
        fovea = random.normal(0.0, 0.4)
        radius = 0.0 if label == "normal" else random.uniform(*lesion_radius)
        at = fovea + random.uniform(-0.8, 0.8)
        lift = random.uniform(110, 190) * _dome(across - at, radius)
        edges, floor = _edges(random, across - fovea), _floor(random, across)
        decibels, inside = _scene(random, shape, edges, floor, lift, label=label, dark=contrast)
        decibels = decibels + style_of(person["centre"], "oct").normal(0.0, 2.0)
        frames = [speckle(10 ** (decibels / 20), random, width=RESOLUTION) for _ in range(looks)]
        image = log_compressed(np.sqrt(np.mean(np.square(frames), axis=0)), decibels=DECIBELS)
        row = {
            "label": label,
            **person,
            "lesion_radius_mm": radius,
            "lesion_height_um": float(lift.max()),
            "retina_um": float((edges[-1] - edges[0]).mean()),
            "contrast_db": contrast,
        }
        mask = inside.astype(np.uint8) * (2 if label == "tumour" else 1)
        return Drawn(image[None].astype(np.float32), mask, row, spacing)

    return cohort_of(draw, cases, seed, name="oct")


def _scene(
    random: Generator,
    shape: tuple[int, int],
    edges: Float64,
    floor: Float64,
    lift: Float64,
    *,
    label: str,
    dark: float,
) -> tuple[Float64, npt.NDArray[np.bool_]]:
    """Return reflectivity (dB) and where the lesion is, which lifts what lies above by ``lift``."""
    if label != "tumour":
        return _reflectivity(random, shape, edges, floor=floor, gap=lift, dark=dark)
    raised = floor - lift
    decibels, _ = _reflectivity(random, shape, edges, floor=raised, gap=0 * lift, dark=dark)
    depth = _depth(shape)
    inside = (depth >= raised) & (depth < raised + 1.7 * lift)
    return np.where(inside, CHOROID_DECIBELS - dark / 3, decibels), inside


def _depth(shape: tuple[int, int]) -> Float64:
    """Return the depth (micrometres) of every row, (rows, 1)."""
    return np.asarray((np.arange(shape[0])[:, None] + 0.5) * (1000 * DEPTH_MM / shape[0]))


def _dome(across: Float64, radius: float) -> Float64:
    """Return a smooth bump of height 1 that ends at ``radius`` (mm) on either side."""
    if radius == 0:
        return np.zeros_like(across)
    return np.asarray(np.clip(1 - (across / radius) ** 2, 0.0, 1.0) ** 1.5)


def _edges(random: Generator, from_fovea: Float64) -> Float64:
    """Return the borders (layers + 1, columns), top first, in micrometres below the lowest, 0."""
    pit = np.exp(-((from_fovea / 0.55) ** 2))
    fading = 0.75 + 0.25 * np.exp(-((from_fovea / 2.2) ** 2))
    thickness = []
    for _, micrometres, _, pitted in LAYERS:
        wobble = 1 + 0.05 * smooth_field(from_fovea.shape, random, width=8.0)
        own = random.normal(1.0, 0.07)
        thickness.append(micrometres * own * wobble * fading * (1 - pitted * pit))
    below = np.cumsum(np.array(thickness)[::-1], axis=0)[::-1]
    return np.vstack([-below, np.zeros(len(from_fovea))])


def _floor(random: Generator, across: Float64) -> Float64:
    """Return the depth (micrometres) of the lower border of the pigment epithelium."""
    bowl = -random.uniform(4.0, 12.0) * across**2
    tilt = random.normal(0.0, 14.0) * across
    return np.asarray(random.uniform(690, 780) + bowl + tilt)


def _reflectivity(
    random: Generator,
    shape: tuple[int, int],
    edges: Float64,
    *,
    floor: Float64,
    gap: Float64,
    dark: float,
) -> tuple[Float64, npt.NDArray[np.bool_]]:
    """Return decibels of vitreous, retina, fluid and choroid, and where the fluid is.

    Fluid of thickness ``gap`` (micrometres, by column) lies on the pigment epithelium.
    """
    depth = _depth(shape)
    vessels = smooth_field(shape, random, width=(2.5, 3.5))
    below = np.maximum(depth - floor, 0.0)
    decibels = np.where(depth < floor, VITREOUS_DECIBELS, CHOROID_DECIBELS - below / 18)
    decibels = decibels - 5 * (depth > floor + 25) * np.clip(vessels, 0, 2)
    for number, (_, _, level, _) in enumerate(LAYERS):
        last = number == len(LAYERS) - 1
        shift = floor - (0.0 if last else gap)
        layer = (depth >= edges[number] + shift) & (depth < edges[number + 1] + shift)
        decibels = np.where(layer, level, decibels)
    top = floor + edges[-2]
    fluid = (depth < top) & (depth >= top - gap)
    grain = 1.2 * smooth_field(shape, random, width=(0.8, 5.0))
    return np.where(
        fluid, LAYERS[-2][2] - dark, decibels + grain * (depth > floor + edges[0] - gap)
    ), fluid
