"""MRI of the brain with a glioma: T1, FLAIR and T1 after contrast agent, on the MNI152 template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantoms
from cancergan.cohort.phantoms.brain import FIELD_MM, MIDDLE, Head, atlas, draw_head, laid_head
from cancergan.cohort.phantoms.fields import Generator, smooth_field
from cancergan.cohort.phantoms.growth import before_growth
from cancergan.cohort.phantoms.mri import FLAIR, T1, T1_CONTRAST, Mixture, scanned
from cancergan.cohort.phantoms.people import (
    checked_number,
    checked_range,
    draw_class,
    draw_person,
    style_of,
)
from cancergan.cohort.phantoms.shapes import Blob, blob, soft_edge
from cancergan.cohort.phantoms.solids import body_depth
from cancergan.cohort.phantoms.space import Grid, checked_shape, grid_of

CORE, OEDEMA, ENHANCING = 1, 2, 3


@dataclass(frozen=True, eq=False)
class _Glioma:
    """A glioma around ``centre`` (patient millimetres).

    Attributes:
        outline: of the tumour without its oedema.
        halo: of tumour and oedema.
        grade: 2, 3 or 4 (WHO).
        rim: thickness of what enhances, millimetres; 0 where nothing does.
    """

    outline: Blob
    halo: Blob
    centre: Float64
    grade: int
    rim: float


@phantoms.register("brain_mri")
def brain_mri(
    cases: int,
    seed: int,
    *,
    size: int | Sequence[int] = 128,
    dimensions: int = 2,
    prevalence: float = 0.45,
    normal: float = 0.2,
    lesion_radius: tuple[float, float] = (10.0, 25.0),
    mass_effect: float = 0.6,
    enhancement: float = 1.0,
    noise: float = 6.0,
    centres: int = 3,
) -> Cohort:
    """MRI of the brain, three channels: T1, FLAIR, T1 after contrast; normal, low or high grade.

    Signals are thousandths of fully relaxed water's. Mask 1 is necrosis or core that does not
    enhance, 2 oedema, 3 enhancing tumour. Slices lie axially through the tumour, 192 by 230 mm;
    volumes (x, y, z) are 176 mm high. Needs nilearn: pip install 'cancergan[phantoms]'.

    Realistic: anatomy of the MNI152 template at 1 mm, of a size, turn and shape of its own, with
    skull and scalp; signals by the spin-echo equations from relaxation times at 1.5 T; a glioma
    that displaces the brain but not the skull, oedema that spares the cortex, a ragged enhancing
    rim around necrosis in grade 4, patches in grade 3, none in grade 2; Rician noise and a smooth
    bias. Not realistic: the cortex is the mean of many, with sulci drawn at random; no eyes, orbits
    or neck; no vessels but the sagittal sinus; one focus, never across the midline; no infiltration
    beyond the oedema; no motion, chemical shift or slice gaps.

    Args:
        cases: how many.
        seed: of all draws.
        size: pixels along every axis, or one number per axis: (rows, columns) or (x, y, z).
        dimensions: 2 for slices, 3 for volumes.
        prevalence: share of high-grade gliomas (3 and 4).
        normal: share of cases without a tumour; the rest is low grade (2).
        lesion_radius: least and largest radius (mm) of the ball of the tumour's volume.
        mass_effect: share of the tumour's volume that pushes brain away, 0 to 0.95.
        enhancement: factor on the contrast agent that tissues take up.
        noise: standard deviation of the receiver's noise.
        centres: how many hospitals; each scales its signals.
    """
    shape = checked_shape(size, dimensions)
    lesion_radius = checked_range("lesion_radius", lesion_radius, at_most=30.0)
    checked_number("mass_effect", mass_effect, at_most=0.95)
    checked_number("enhancement", enhancement)
    checked_number("noise", noise)
    atlas()

    def draw(random: Generator, number: int) -> Drawn:
        label = draw_class(random, {"high_grade": prevalence, "normal": normal}, "low_grade")
        person = draw_person(random, age=AGES[label], centres=centres)
        head = draw_head(random)
        glioma = None if label == "normal" else _draw_glioma(random, head, label, lesion_radius)
        cut = random.uniform(-5, 45) if glioma is None else float(glioma.centre[2])
        grid = grid_of(shape, FIELD_MM, centre=MIDDLE, cut=cut)
        mixture, mask = _scene(grid, random, head, glioma, mass_effect)
        gain = style_of(person["centre"], "mri").normal(1.0, 0.15)
        signals = {
            "t1": gain * mixture.signal(T1),
            "flair": 2.0 * gain * mixture.signal(FLAIR),
            "t1_contrast": gain * mixture.signal(T1_CONTRAST, uptake=enhancement),
        }
        image = scanned(signals, grid, random, noise=noise, bias=0.08)
        row = {"label": label, **person, **_row(glioma, mass_effect)}
        return Drawn(image, mask, row, grid.spacing, grid.affine)

    return cohort_of(draw, cases, seed, name="brain_mri")


AGES = {"normal": (50.0, 16.0), "low_grade": (42.0, 12.0), "high_grade": (60.0, 11.0)}


def _draw_glioma(random: Generator, head: Head, label: str, radius: tuple[float, float]) -> _Glioma:
    grade = 2 if label == "low_grade" else int(random.choice([3, 4], p=[0.3, 0.7]))
    size = random.uniform(*radius)
    outline = blob(random, radius=size, dimensions=3, irregularity=0.1, detail=2.5, elongation=1.2)
    reach = size + (random.uniform(2, 5) if grade == 2 else random.uniform(10, 20))
    halo = blob(random, radius=reach, dimensions=3, irregularity=0.16, detail=3.0, elongation=1.2)
    rim = {2: 0.0, 3: random.uniform(2.0, 3.5), 4: random.uniform(3.0, 5.5)}[grade]
    return _Glioma(outline, halo, _site(random, head, size), grade, rim)


def _site(random: Generator, head: Head, size: float) -> Float64:
    """Return a point in the white matter (patient millimetres), or the deepest tried."""
    low, high = np.array([-60.0, -85.0, -8.0]), np.array([60.0, 50.0, 52.0])
    tried = random.uniform(low, high, (4000, 3))
    maps, at = atlas(), head.to_template(tried.T)
    fits = (maps.sample(maps.white, at) > 0.6) & (np.abs(tried[:, 0]) > 0.6 * size + 6.0)
    depth = -maps.sample(maps.outside, at, fill=60.0)
    fits &= depth > min(0.7 * size + 2, 14.0)
    return np.asarray(tried[int(np.argmax(np.where(fits, np.inf, depth)))])


def _scene(
    grid: Grid, random: Generator, head: Head, glioma: _Glioma | None, mass_effect: float
) -> tuple[Mixture, npt.NDArray[np.uint8]]:
    """Return tissues and mask of a head with or without a glioma."""
    mask = np.zeros(grid.shape, np.uint8)
    rigid = head.to_template(grid.positions)
    if glioma is None:
        return laid_head(grid, random, head, rigid, rigid), mask
    maps = atlas()
    # The skull holds the brain's surface in place, so the push fades out over 15 mm below it.
    held = np.clip(-maps.sample(maps.outside, rigid, fill=60.0) / 15.0, 0.0, 1.0)
    around = grid.around(glioma.centre)
    pushed = before_growth(around, radius=glioma.outline.radius, share=mass_effect)
    at = head.to_template(grid.positions + held * (pushed - around))
    mixture = laid_head(grid, random, head, at, rigid)
    _add(mixture, mask, grid, random, glioma, at)
    return mixture, mask


def _add(
    mixture: Mixture,
    mask: npt.NDArray[np.uint8],
    grid: Grid,
    random: Generator,
    glioma: _Glioma,
    at: Float64,
) -> None:
    """Draw a glioma and its oedema into mixture and mask in place; ``at`` is in the template."""
    maps, edge, around = atlas(), grid.pixel, grid.around(glioma.centre)
    rough = smooth_field(grid.shape, random, width=2.5, spacing=grid.spacing)
    brain = 1.0 - maps.sample(maps.outside, at, fill=60.0)
    white = maps.sample(maps.white, at)
    halo = np.minimum(
        body_depth(around, glioma.halo, edge=edge) + 1.5 * rough, 14.0 * (white - 0.45)
    )
    depth = np.minimum(body_depth(around, glioma.outline, edge=edge), brain)
    mixture.lay("oedema", 0.85 * soft_edge(halo, 4.0))
    mask[halo > 0] = OEDEMA
    mixture.lay("tumour", soft_edge(depth, 2.0 * edge))
    mask[depth > 0] = CORE
    if glioma.grade == 2:
        return
    if glioma.grade == 3:
        patches = np.minimum(depth, glioma.rim * (rough - 0.4))
        mixture.lay("rim", 0.8 * soft_edge(patches, 1.5 * edge))
        mask[patches > 0] = ENHANCING
        return
    inner = depth - glioma.rim * np.clip(1.0 + 0.45 * rough, 0.25, None)
    mixture.lay("rim", soft_edge(depth, edge))
    mixture.lay("necrosis", soft_edge(inner, edge))
    mask[(depth > 0) & (inner <= 0)] = ENHANCING


def _row(glioma: _Glioma | None, mass_effect: float) -> dict[str, object]:
    """Return the columns that tell of the tumour; grade 0 where there is none."""
    if glioma is None:
        return {"grade": 0, "lesion_radius_mm": 0.0, "rim_mm": 0.0, "mass_effect": 0.0}
    return {
        "grade": glioma.grade,
        "lesion_radius_mm": glioma.outline.radius,
        "rim_mm": glioma.rim,
        "mass_effect": mass_effect,
    }
