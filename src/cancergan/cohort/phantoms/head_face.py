"""MRI of heads with faces: for de-identification, and for those who try to undo it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantoms
from cancergan.cohort.phantoms.face import FIELD_MM, MIDDLE, Face, draw_face, laid_face
from cancergan.cohort.phantoms.fields import Generator
from cancergan.cohort.phantoms.mri import T1_CONTRAST, scanned
from cancergan.cohort.phantoms.people import checked_number, checked_range, draw_class, draw_person
from cancergan.cohort.phantoms.shapes import Blob, blob, rotation_by, soft_edge
from cancergan.cohort.phantoms.solids import body_depth
from cancergan.cohort.phantoms.space import Grid, checked_shape, grid_of
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator

FACE, BRAIN, EARS, TUMOUR = 1, 2, 3, 4


@phantoms.register("head_face")
def head_face(
    cases: int,
    seed: int,
    *,
    size: int | Sequence[int] = 80,
    dimensions: int = 3,
    scans: int = 2,
    prevalence: float = 0.3,
    lesion_radius: tuple[float, float] = (6.0, 14.0),
    turn: float = 4.0,
    noise: float = 8.0,
    centres: int = 3,
) -> Cohort:
    """T1 MRI of whole heads, ``scans`` in a row of one patient; label normal or tumour.

    Mask 1 is the face (nose, eyes, mouth, chin), 2 the brain, 3 the ears, 4 a tumour. Columns that
    end in ``_mm`` (``nose_length_mm``, ``jaw_width_mm``, ...) are the twelve parameters of the
    face, equal in all scans of a patient, which differ in pose, coil and noise. Volumes (x, y, z)
    are 190 by 240 by 230 mm; slices lie axially through the eyes.

    Realistic: proportions of adult faces and their spread; skin, fat, muscle, skull with marrow,
    eyeballs, air in nose, sinuses and throat; signals by the spin-echo equation. Not realistic: the
    face is some thirty ellipsoids, with no hair, wrinkles, teeth or expression; parameters are
    independent of one another and of sex and age; the brain is an ellipsoid with random folds;
    faces do not age between scans.

    Args:
        cases: how many scans.
        seed: of all draws.
        size: voxels along every axis, or one number per axis: (x, y, z) or (rows, columns).
        dimensions: 3 for volumes, 2 for slices.
        scans: of each patient.
        prevalence: share of patients with a tumour in the brain.
        lesion_radius: least and largest radius (mm) of the ball of its volume.
        turn: standard deviation of the pose, degrees about each axis, and millimetres.
        noise: standard deviation of the receiver's noise.
        centres: how many hospitals.
    """
    shape = checked_shape(size, dimensions)
    lesion_radius = checked_range("lesion_radius", lesion_radius, at_most=20.0)
    checked_number("turn", turn, at_most=15.0)
    checked_number("noise", noise)
    if scans < 1:
        raise BadInputError(f"scans is {scans}; ask for at least 1.")

    def draw(random: Generator, number: int) -> Drawn:
        patient = numpy_generator(seed, "phantom", "head_face", "patient", number // scans)
        label = draw_class(patient, {"tumour": prevalence}, "normal")
        person = draw_person(patient, centres=centres)
        face = draw_face(patient)
        tumour, centre = _draw_tumour(patient, label, lesion_radius)
        grid = grid_of(shape, FIELD_MM, centre=MIDDLE, cut=-8.0)
        at = _posed(grid, random, turn)
        mixture, mask = laid_face(grid, face, at), face_mask(face, at)
        if tumour is not None:
            depth = body_depth(
                at - centre.reshape(3, *(1,) * (at.ndim - 1)), tumour, edge=grid.pixel
            )
            mixture.lay("rim", soft_edge(depth, grid.pixel))
            mask[depth > 0] = TUMOUR
        image = scanned({"t1": mixture.signal(T1_CONTRAST)}, grid, random, noise=noise, bias=0.1)
        row = {
            "patient_id": f"head_face_patient_{number // scans:06d}",
            "label": label,
            **person,
            "scan": number % scans,
            "lesion_radius_mm": 0.0 if tumour is None else tumour.radius,
            **face.identity.columns(),
        }
        return Drawn(image, mask, row, grid.spacing, grid.affine)

    return cohort_of(draw, cases, seed, name="head_face")


def face_mask(face: Face, at: Float64) -> npt.NDArray[np.uint8]:
    """Return 1 in the face, 2 in the brain, 3 in the ears at the head's positions (3, *shape).

    The face is what lies in front of the skull, from the brow down to the chin, 25 mm deep.
    """
    head, brain, ears = face.head(at), face.brain(at), face.ears(at)
    mask = np.zeros(at.shape[1:], np.uint8)
    mask[(ears > 0) & (head <= 0)] = EARS
    front = (head > 0) & (head < 25.0) & (at[1] > 48.0) & (at[2] < 26.0) & (at[2] > -110.0)
    front |= face.eyes(at) > 0
    mask[front & (brain < -9.0)] = FACE
    mask[brain > 0] = BRAIN
    return mask


def _posed(grid: Grid, random: Generator, turn: float) -> Float64:
    """Return the head's own positions of a grid in which it lies turned and shifted."""
    rotation = rotation_by(np.deg2rad(random.normal(0.0, turn, 3)))
    moved = grid.around(random.normal(0.0, turn, 3))
    return np.asarray(np.tensordot(rotation, moved, axes=1))


def _draw_tumour(
    random: Generator, label: str, radius: tuple[float, float]
) -> tuple[Blob | None, Float64]:
    """Return a tumour and its middle in the head's millimetres, or None."""
    centre = np.array([0.0, -10.0, 36.0]) + random.uniform(-1, 1, 3) * (36.0, 45.0, 22.0)
    body = blob(random, radius=random.uniform(*radius), dimensions=3, irregularity=0.1)
    return (body if label == "tumour" else None), centre
