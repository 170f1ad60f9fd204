"""CT and PET of the abdomen, one image of two channels, with lesions of known uptake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms import abdomen, ct
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantoms
from cancergan.cohort.phantoms.fields import Generator
from cancergan.cohort.phantoms.people import checked_number, checked_range, draw_class, draw_person
from cancergan.cohort.phantoms.shapes import Blob, blob
from cancergan.cohort.phantoms.solids import body_depth, paint
from cancergan.cohort.phantoms.space import Grid, checked_shape, grid_of, slab
from cancergan.core.errors import BadInputError

FWHM_TO_SIGMA = 1 / np.sqrt(8 * np.log(2))
# Hounsfield units and uptake relative to the liver's of a cyst, which takes up nothing.
CYST = (8.0, 0.15)
METASTASIS = 68.0


@dataclass(frozen=True, eq=False)
class _Lesion:
    """A lesion of the liver: outline around ``centre`` (mm), Hounsfield units, true uptake."""

    outline: Blob
    centre: Float64
    hounsfield: float
    suv: float


@phantoms.register("abdomen_petct")
def abdomen_petct(
    cases: int,
    seed: int,
    *,
    size: int | Sequence[int] = 128,
    dimensions: int = 2,
    prevalence: float = 0.45,
    normal: float = 0.2,
    lesion_radius: tuple[float, float] = (6.0, 18.0),
    suv: tuple[float, float] = (5.0, 12.0),
    irregularity: float = 0.1,
    resolution: float = 6.0,
    counts: float | None = 100.0,
    noise: float = 14.0,
    centres: int = 3,
) -> Cohort:
    """CT (HU) and PET (SUV) of the abdomen as two channels; normal, benign or malignant.

    Mask 1 is a lesion of the liver: a cyst or a metastasis. Slices lie axially through it, 380 by
    300 mm; volumes (x, y, z) are 180 mm high.

    Realistic: HU in the portal venous phase and uptake of FDG of liver, spleen, kidneys, stomach,
    pancreas, bowel, vessels, marrow, muscle and fat; cysts are water and cold, metastases darker
    than liver on CT and hot on PET; the scanner's point-spread function in three dimensions makes
    small lesions lose uptake (partial volume), counts follow Poisson's law, and a filter after it
    makes their noise grainy. Not realistic: PET noise does not come from projections, so it has no
    streaks; attenuation and scatter are perfectly corrected; no breathing between the two scans; no
    lymph nodes, adrenals, ureters or gall bladder; bowel is a heap of balls.

    Args:
        cases: how many.
        seed: of all draws.
        size: pixels along every axis, or one number per axis: (rows, columns) or (x, y, z).
        dimensions: 2 for slices, 3 for volumes.
        prevalence: share of cases with a metastasis.
        normal: share of cases without a lesion; the rest has a cyst.
        lesion_radius: least and largest radius (mm) of the ball of the lesion's volume.
        suv: least and largest true uptake of a metastasis, before partial volume.
        irregularity: of the lesion's outline; 0 is a ball.
        resolution: full width at half maximum (mm) of the PET's point-spread function.
        counts: expected counts of a millilitre with SUV 1; None leaves no noise.
        noise: standard deviation of the CT, HU.
        centres: how many hospitals.
    """
    shape = checked_shape(size, dimensions)
    lesion_radius = checked_range("lesion_radius", lesion_radius, at_most=30.0)
    suv = checked_range("suv", suv, at_most=60.0)
    checked_number("irregularity", irregularity, at_most=0.3)
    checked_number("noise", noise)
    if resolution <= 0 or (counts is not None and counts <= 0):
        raise BadInputError(f"resolution is {resolution}, counts {counts}; give positive numbers.")

    def draw(random: Generator, number: int) -> Drawn:
        label = draw_class(random, {"malignant": prevalence, "normal": normal}, "benign")
        person = draw_person(random, age=(61.0, 12.0), centres=centres)
        body = abdomen.draw_abdomen(random)
        lesion = None
        if label != "normal":
            lesion = _draw_lesion(random, body, label, lesion_radius, suv, irregularity)
        cut = random.uniform(-20, 50) if lesion is None else float(lesion.centre[2])
        grid = grid_of(shape, abdomen.FIELD_MM, cut=cut)
        image, pet, seen, inside = _imaged(
            grid, random, body, lesion, resolution=resolution, counts=counts
        )
        hounsfield = ct.scanned(image, grid, random, noise=noise, scanner=person["scanner"])
        row = {"label": label, **person, **_row(lesion, seen[inside])}
        both = np.stack([hounsfield, pet]).astype(np.float32)
        return Drawn(both, inside.astype(np.uint8), row, grid.spacing, grid.affine)

    return cohort_of(draw, cases, seed, name="abdomen_petct")


def _imaged(
    grid: Grid,
    random: Generator,
    body: abdomen.Abdomen,
    lesion: _Lesion | None,
    *,
    resolution: float,
    counts: float | None,
) -> tuple[Float64, Float64, Float64, npt.NDArray[np.bool_]]:
    """Return Hounsfield units before the scan, PET, PET without noise, and where the lesion is.

    A slice is drawn with its neighbours, since the blur of PET mixes them in.
    """
    volume = len(grid.shape) == 3
    fine = grid if volume else slab(grid, reach=1.5 * resolution, step=0.3 * resolution)
    image, uptake, inside = _scene(fine, random, body, lesion)
    pet = counted(uptake, fine, random, resolution=resolution, counts=counts)
    seen = _blurred(uptake, fine, resolution)
    middle = ... if volume else (..., fine.shape[-1] // 2)
    return image[middle], pet[middle], seen[middle], inside[middle]


def counted(
    uptake: Float64, grid: Grid, random: Generator, *, resolution: float, counts: float | None
) -> Float64:
    """Return the uptake as PET shows it: blurred by half of the resolution, counted, filtered.

    Both Gaussians have a full width of ``resolution`` / sqrt(2) mm, so the image has
    ``resolution``; in between, every voxel's counts follow Poisson's law with ``counts`` for a
    millilitre of SUV 1.
    """
    half = resolution / np.sqrt(2)
    expected = np.maximum(_blurred(uptake, grid, half), 0.0)
    if counts is not None:
        sensitivity = counts * float(np.prod(grid.spacing)) / 1000.0
        expected = random.poisson(expected * sensitivity) / sensitivity
    return _blurred(expected, grid, half)


def recovery(radius: float, resolution: float) -> float:
    """Return the share of its uptake that the middle of a ball keeps after a Gaussian blur.

    erf(u) - 2 u exp(-u^2) / sqrt(pi) with u = radius / (sqrt(2) sigma) (Kessler et al. 1984).
    """
    from scipy.special import erf

    u = radius / (np.sqrt(2) * resolution * FWHM_TO_SIGMA)
    return float(erf(u) - 2 * u * np.exp(-(u**2)) / np.sqrt(np.pi))


def _blurred(values: Float64, grid: Grid, width: float) -> Float64:
    """Return values blurred by a Gaussian of full width ``width`` (mm) at half maximum."""
    from scipy.ndimage import gaussian_filter

    sigma = width * FWHM_TO_SIGMA / np.asarray(grid.spacing)
    return np.asarray(gaussian_filter(values, sigma, mode="nearest"))


def _draw_lesion(
    random: Generator,
    body: abdomen.Abdomen,
    label: str,
    radius: tuple[float, float],
    suv: tuple[float, float],
    irregularity: float,
) -> _Lesion:
    size = random.uniform(*radius)
    outline = blob(random, radius=size, dimensions=3, irregularity=irregularity, detail=2.0)
    centre = body.liver_site(random, margin=min(size + 4.0, 22.0))
    if label == "benign":
        return _Lesion(outline, centre, CYST[0], CYST[1] * abdomen.ORGANS["liver"][1])
    return _Lesion(outline, centre, METASTASIS, random.uniform(*suv))


def _scene(
    grid: Grid, random: Generator, body: abdomen.Abdomen, lesion: _Lesion | None
) -> tuple[Float64, Float64, npt.NDArray[np.bool_]]:
    """Return Hounsfield units, uptake, and where the lesion is."""
    image, uptake = abdomen.drawn_abdomen(grid, random, body)
    if lesion is None:
        return image, uptake, np.zeros(grid.shape, bool)
    depth = body_depth(grid.around(lesion.centre), lesion.outline, edge=grid.pixel)
    paint(image, depth, lesion.hounsfield, edge=max(grid.pixel, 1.5))
    paint(uptake, depth, lesion.suv, edge=grid.pixel)
    return image, uptake, depth > 0


def _row(lesion: _Lesion | None, seen: Float64) -> dict[str, object]:
    """Return the columns that tell of the lesion; ``seen`` is its uptake without noise."""
    if lesion is None:
        return {"lesion_radius_mm": 0.0, "suv": 0.0, "suv_max": 0.0}
    extreme = seen.max() if lesion.suv > 1 else seen.min()
    return {
        "lesion_radius_mm": lesion.outline.radius,
        "suv": lesion.suv,
        "suv_max": float(extreme),
    }
