"""The brain that MRI phantoms draw: nilearn's MNI152 maps, made individual, in a skull."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cancergan.cohort.case import Float32, Float64
from cancergan.cohort.phantoms.fields import Generator, smooth_field
from cancergan.cohort.phantoms.mri import Mixture
from cancergan.cohort.phantoms.shapes import rotation_by, soft_edge
from cancergan.cohort.phantoms.solids import Bumps, draw_bumps
from cancergan.cohort.phantoms.space import Grid
from cancergan.core.errors import MissingExtraError

FIELD_MM = (192.0, 230.0, 176.0)
MIDDLE = (0.0, -18.0, 8.0)


@dataclass(frozen=True, eq=False)
class Atlas:
    """Maps of the MNI152 template (Fonov et al. 2011) at 1 mm: T1, grey and white matter, 0 to 1.

    Attributes:
        t1, grey, white: (197, 233, 189).
        outside: distance (mm) from the brain, negative inside, every second voxel.
        origin: millimetres of the first voxel.
    """

    t1: Float32
    grey: Float32
    white: Float32
    outside: Float32
    origin: Float64

    def sample(self, values: Float32, at: Float64, *, fill: float = 0.0) -> Float64:
        """Return a map, interpolated, at positions (3, *shape) in MNI millimetres."""
        from scipy.ndimage import map_coordinates

        step = 2.0 if values is self.outside else 1.0
        index = (at - self.origin.reshape(3, *(1,) * (at.ndim - 1))) / step
        found = map_coordinates(values, index, order=1, mode="constant", cval=fill)
        return np.asarray(found, dtype=np.float64)


@lru_cache(maxsize=1)
def atlas() -> Atlas:
    """Return the maps that nilearn brings along.

    Raises:
        MissingExtraError: nilearn is not installed.
    """
    from scipy.ndimage import distance_transform_edt

    try:
        from nilearn import datasets
    except ModuleNotFoundError:
        raise MissingExtraError("nilearn", "phantoms") from None
    template = datasets.load_mni152_template(resolution=1)
    t1 = np.asarray(template.dataobj, dtype=np.float32)
    grey, white = (
        np.asarray(load(resolution=1).dataobj, dtype=np.float32)
        for load in (datasets.load_mni152_gm_template, datasets.load_mni152_wm_template)
    )
    brain = t1[::2, ::2, ::2] > 0.1
    outside = 2 * (distance_transform_edt(~brain) - distance_transform_edt(brain))
    return Atlas(t1, grey, white, outside.astype(np.float32), template.affine[:3, 3].copy())


@dataclass(frozen=True, eq=False)
class Head:
    """One patient's brain and skull, as a way back from patient to template millimetres.

    Attributes:
        turn: (3, 3) rotation and scale.
        bumps: three fields of displacement, millimetres.
        skull, scalp: thickness of bone and of fat and skin, millimetres.
    """

    turn: Float64
    bumps: Bumps
    skull: float
    scalp: float

    def to_template(self, at: Float64) -> Float64:
        """Return MNI positions (3, *shape) of positions in the patient."""
        moved = np.stack([self.bumps.waves(at, axis) for axis in range(3)])
        return np.asarray(np.tensordot(self.turn, at, axes=1) + moved)


def draw_head(random: Generator) -> Head:
    """Draw a patient's head: 5 % of size, a few degrees of turn, 1.5 mm of shape."""
    angles = random.normal(0.0, 0.04, 3)
    sizes = random.normal(1.0, 0.025) * random.normal(1.0, 0.015, 3)
    return Head(
        turn=np.diag(1 / sizes) @ rotation_by(angles),
        bumps=draw_bumps(random, fields=3, height=1.5, length=70.0),
        skull=random.uniform(5.0, 8.0),
        scalp=random.uniform(4.0, 8.0),
    )


def laid_head(grid: Grid, random: Generator, head: Head, at: Float64, rigid: Float64) -> Mixture:
    """Return the tissues of a head without tumour.

    Args:
        grid: where the pixels are.
        random: draws the sulci and the mottle of the marrow.
        head: the patient.
        at: MNI positions (3, *shape) of the brain's pixels, moved by a tumour where there is one.
        rigid: the same for skull and scalp, which nothing moves.
    """
    maps, edge = atlas(), grid.pixel
    outside = maps.sample(maps.outside, rigid, fill=60.0)
    mixture = Mixture(grid.shape)
    scalp = outside - 2.5 - head.skull
    inner = outside - 2.5
    mixture.lay("muscle", soft_edge(head.scalp - scalp, edge))
    mixture.lay("fat", soft_edge(head.scalp - 1.8 - scalp, edge))
    mixture.lay("bone", soft_edge(-scalp, edge))
    mottle = smooth_field(grid.shape, random, width=4.0, spacing=grid.spacing)
    middle = 0.22 * head.skull - np.abs(inner - 0.5 * head.skull)
    mixture.lay("marrow", soft_edge(middle, edge) * np.clip(0.7 + 0.3 * mottle, 0, 1))
    mixture.lay("csf", soft_edge(-inner, edge))
    sinus = 3.5 - np.hypot(rigid[0], outside - 2.0)
    mixture.lay("blood", soft_edge(sinus, edge) * (rigid[2] > -20) * (rigid[1] < 40))
    for tissue, share in _brain(grid, random, at).items():
        mixture.lay(tissue, share)
    return mixture


def _brain(grid: Grid, random: Generator, at: Float64) -> dict[str, Float64]:
    """Return shares of grey and white matter: the template's, sharpened with sulci of its own.

    The template is the mean of many brains, so its cortex is a haze; drawing each pixel's tissue
    from that haze with smooth random odds makes it one person's.
    """
    maps = atlas()
    grey, white = maps.sample(maps.grey, at), maps.sample(maps.white, at)
    inside = soft_edge(-maps.sample(maps.outside, at, fill=60.0), 1.5)
    fluid = np.clip(1.0 - grey - white, 0.0, 1.0)
    fields = [smooth_field(grid.shape, random, width=2.2, spacing=grid.spacing) for _ in range(3)]
    odds = [
        3.0 * np.log(np.clip(share, 1e-3, 1.0)) + 0.7 * field
        for share, field in zip((grey, white, fluid), fields, strict=True)
    ]
    weights = np.exp(np.stack(odds) - np.max(odds, axis=0))
    weights /= weights.sum(axis=0)
    rest = np.maximum(1.0 - inside * weights[1], 1e-9)
    return {"grey": inside * weights[0] / rest, "white": inside * weights[1]}
