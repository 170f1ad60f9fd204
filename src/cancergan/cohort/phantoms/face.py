"""A head with a face of its own: skin, nose, eyes and ears over a skull and a brain."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.phantoms.fields import Generator
from cancergan.cohort.phantoms.mri import Mixture
from cancergan.cohort.phantoms.shapes import soft_edge
from cancergan.cohort.phantoms.solids import Bumps, draw_bumps, ellipsoid, union, without
from cancergan.cohort.phantoms.space import Grid

FIELD_MM = (190.0, 240.0, 230.0)
MIDDLE = (0.0, 6.0, -10.0)
SIDES = (-1.0, 1.0)


@dataclass(frozen=True)
class Identity:
    """What tells one face from another, in millimetres; equal in all scans of a patient."""

    head_width: float
    face_length: float
    nose_length: float
    nose_width: float
    nose_bridge: float
    eye_distance: float
    brow: float
    cheek: float
    jaw_width: float
    chin: float
    lips: float
    ear_height: float

    def columns(self) -> dict[str, object]:
        """Return the parameters as columns of a table, their names ending in ``_mm``."""
        return {f"{part.name}_mm": getattr(self, part.name) for part in fields(self)}


# Mean and standard deviation of each parameter, about those of adult faces.
FACES = {
    "head_width": (75.0, 3.0),
    "face_length": (70.0, 4.0),
    "nose_length": (20.0, 3.5),
    "nose_width": (15.0, 2.0),
    "nose_bridge": (3.0, 1.5),
    "eye_distance": (31.5, 1.8),
    "brow": (5.0, 1.8),
    "cheek": (6.0, 2.0),
    "jaw_width": (46.0, 3.5),
    "chin": (5.0, 2.5),
    "lips": (4.0, 1.2),
    "ear_height": (31.0, 3.0),
}


@dataclass(frozen=True, eq=False)
class Face:
    """A patient's identity and the folds of the brain.

    Attributes:
        identity: the parameters.
        folds: two fields of variance 1: depth of the cortex, and sulci.
    """

    identity: Identity
    folds: Bumps

    def head(self, at: Float64) -> Float64:
        """Return the depth of positions (3, *shape) below the skin, ears left out."""
        who = self.identity
        cranium = ellipsoid(at, (0.0, -8.0, 28.0), (who.head_width, 93.0, 86.0))
        block = ellipsoid(at, (0.0, 34.0, -38.0), (who.jaw_width + 8, 52.0, who.face_length))
        jaw = ellipsoid(at, (0.0, 38.0, -72.0), (who.jaw_width, 46.0, 28.0))
        neck = ellipsoid(at, (0.0, -24.0, -130.0), (54.0, 58.0, 120.0))
        whole = union(union(cranium, block, blend=26.0), jaw, neck, blend=24.0)
        whole = union(whole, self._chin(at), self._cheeks(at), self._brow(at), blend=14.0)
        sockets = union(
            *(ellipsoid(at, (s * who.eye_distance, 93.0, -8.0), (17.0, 13.0, 11.0)) for s in SIDES)
        )
        whole = -union(-whole, sockets, blend=8.0)
        return union(union(whole, self.eyes(at) - 0.5), self._nose(at), self._lips(at), blend=6.0)

    def eyes(self, at: Float64) -> Float64:
        """Return the depth in the eyeballs, 12 mm in radius."""
        distance = self.identity.eye_distance
        return union(
            *(ellipsoid(at, (s * distance, 76.0, -8.0), (12.0, 12.0, 12.0)) for s in SIDES)
        )

    def ears(self, at: Float64) -> Float64:
        """Return the depth in the outer ears, each with a hollow."""
        height = self.identity.ear_height
        parts = []
        for side in SIDES:
            middle = side * (self.identity.head_width + 3.0)
            shell = ellipsoid(at, (middle, -12.0, -12.0), (7.0, 17.0, height))
            hollow = ellipsoid(at, (middle + side * 6.0, -8.0, -14.0), (6.0, 9.0, 0.55 * height))
            parts.append(without(shell, hollow))
        return union(*parts)

    def brain(self, at: Float64) -> Float64:
        """Return the depth in the brain: cerebrum, cerebellum and brainstem."""
        cerebrum = ellipsoid(at, (0.0, -10.0, 36.0), (self.identity.head_width - 11, 81.0, 64.0))
        cerebellum = ellipsoid(at, (0.0, -38.0, -20.0), (44.0, 26.0, 22.0))
        stem = ellipsoid(at, (0.0, -20.0, -45.0), (12.0, 12.0, 42.0))
        return union(union(cerebrum, cerebellum), stem, blend=8.0)

    def _nose(self, at: Float64) -> Float64:
        who = self.identity
        along = np.clip((-at[2] - 2.0) / 34.0, 0.0, 1.0)
        ridge = 82.0 + who.nose_bridge + (who.nose_length - who.nose_bridge) * along**1.2
        half = 5.0 + (who.nose_width - 7.0) * along**2
        bridge = 1.0 - np.abs(at[0]) / half - np.maximum(at[1] - ridge, 0.0) / 5.0
        bridge = np.minimum(bridge * 5.0, np.minimum(at[1] - 60.0, at[2] + 40.0))
        bridge = np.minimum(bridge, 2.0 - at[2] * 0.5)
        tip = ellipsoid(at, (0.0, 80.0 + who.nose_length, -36.0), (8.0, 9.0, 7.5))
        wings = union(
            *(
                ellipsoid(at, (s * 0.62 * who.nose_width, 84.0, -37.0), (6.0, 9.0, 7.0))
                for s in SIDES
            )
        )
        return union(bridge, tip, wings, blend=5.0)

    def _lips(self, at: Float64) -> Float64:
        thick = self.identity.lips
        upper = ellipsoid(at, (0.0, 84.0, -60.0), (22.0, 6.0 + thick, 4.0 + thick / 3))
        lower = ellipsoid(at, (0.0, 83.0, -69.0), (19.0, 6.0 + thick, 4.0 + thick / 3))
        return union(upper, lower)

    def _chin(self, at: Float64) -> Float64:
        return ellipsoid(at, (0.0, 68.0 + self.identity.chin, -90.0), (20.0, 14.0, 14.0))

    def _cheeks(self, at: Float64) -> Float64:
        out = self.identity.cheek
        return union(
            *(
                ellipsoid(at, (s * (34.0 + out), 56.0 + out, -34.0), (20.0, 22.0, 20.0))
                for s in SIDES
            )
        )

    def _brow(self, at: Float64) -> Float64:
        return ellipsoid(at, (0.0, 76.0 + self.identity.brow, 12.0), (48.0, 10.0, 11.0))


def draw_face(random: Generator) -> Face:
    """Draw a patient's face and brain."""
    drawn = {
        name: float(mean + spread * np.clip(random.standard_normal(), -2.5, 2.5))
        for name, (mean, spread) in FACES.items()
    }
    return Face(Identity(**drawn), draw_bumps(random, fields=2, height=1.0, length=24.0, waves=16))


def laid_face(grid: Grid, face: Face, at: Float64) -> Mixture:
    """Return the tissues of a head at its own positions (3, *shape)."""
    edge, mixture = grid.pixel, Mixture(grid.shape)
    head, brain = face.head(at), face.brain(at)
    whole = union(head, face.ears(at))
    mixture.lay("muscle", soft_edge(whole, edge))
    mixture.lay("fat", soft_edge(np.minimum(head - 2.5, 6.0 - head), edge))
    skull = brain + 8.0
    mixture.lay("bone", soft_edge(np.minimum(skull, head - 4.0), edge))
    middle = 1.2 - np.abs(brain + 5.0)
    mixture.lay("marrow", 0.8 * soft_edge(np.minimum(middle, head - 6.0), edge))
    mixture.lay("csf", soft_edge(brain + 2.0, edge))
    _lay_brain(mixture, face, at, brain, edge)
    for tissue, depth in _cavities(face, at, head):
        mixture.lay(tissue, soft_edge(depth, edge))
    return mixture


def _lay_brain(mixture: Mixture, face: Face, at: Float64, brain: Float64, edge: float) -> None:
    """Lay cortex with sulci, white matter, deep nuclei and ventricles in place."""
    cortex, sulci = face.folds.waves(at, 0), face.folds.waves(at, 1)
    gap = np.where(brain < 15.0, 1.1 - 5.0 * np.abs(sulci), -9.0)
    midline = np.where(at[2] > 0, 1.0 - np.abs(at[0]), -9.0)
    mixture.lay("grey", soft_edge(brain, edge))
    white = np.minimum(brain - 7.0 - 3.5 * cortex, 3.0 + 0.5 * brain - gap * 3.0)
    mixture.lay("white", soft_edge(np.minimum(white, -2.5 - union(gap, midline)), edge))
    nuclei = union(*(ellipsoid(at, (s * 15.0, -8.0, 20.0), (11.0, 24.0, 13.0)) for s in SIDES))
    mixture.lay("grey", soft_edge(nuclei, edge))
    mixture.lay("csf", soft_edge(np.minimum(union(gap, midline), brain + 1.0), edge))
    ventricles = union(
        *(ellipsoid(at, (s * 8.0, -10.0, 32.0), (5.0, 32.0, 9.0)) for s in SIDES),
        ellipsoid(at, (0.0, -12.0, 16.0), (2.5, 14.0, 10.0)),
    )
    mixture.lay("csf", soft_edge(ventricles, edge))


def _cavities(face: Face, at: Float64, head: Float64) -> list[tuple[str, Float64]]:
    """Return eyeballs and what holds air, in the order in which they are laid."""
    nose = ellipsoid(at, (0.0, 60.0, -34.0), (9.0, 30.0, 16.0))
    sinuses = union(
        *(ellipsoid(at, (s * 26.0, 56.0, -38.0), (13.0, 15.0, 16.0)) for s in SIDES),
        ellipsoid(at, (0.0, 76.0, 20.0), (20.0, 4.0, 9.0)),
    )
    throat = ellipsoid(at, (0.0, 14.0, -80.0), (11.0, 8.0, 60.0))
    tongue = ellipsoid(at, (0.0, 44.0, -68.0), (24.0, 30.0, 16.0))
    air = np.minimum(without(union(nose, sinuses, throat), tongue), head - 5.0)
    orbits = union(
        *(
            ellipsoid(at, (s * face.identity.eye_distance, 62.0, -8.0), (17.0, 26.0, 15.0))
            for s in SIDES
        )
    )
    eyes = face.eyes(at)
    return [
        ("fat", np.minimum(orbits, head - 3.0)),
        ("csf", eyes - 1.5),
        ("muscle", np.minimum(tongue, head - 4.0)),
        ("air", air),
    ]
