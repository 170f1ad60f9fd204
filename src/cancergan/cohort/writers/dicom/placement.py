"""Where an image lies in the patient, in DICOM's terms: LPS millimetres, a row and a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.pixels import Pixels
from cancergan.core.errors import BadInputError

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
# DICOM knows planes with right angles only; what that would move by more is refused.
_TOLERATED_MM = 0.01


@dataclass(frozen=True)
class Placement:
    """The planes of an image: all parallel, one step apart.

    Attributes:
        across, down: unit vectors along a row and down a column, at right angles.
        spacing: millimetres from row to row and from column to column (DICOM's Pixel Spacing).
        origin: the centre of the first voxel of the first plane.
        step: the vector from plane to plane, which need not be normal to them (gantry tilt).
    """

    across: Float64
    down: Float64
    spacing: tuple[float, float]
    origin: Float64
    step: Float64

    def position(self, plane: int) -> Float64:
        """Return where the first voxel of a plane lies."""
        return self.origin + plane * self.step

    @property
    def thickness(self) -> float:
        """Millimetres from plane to plane along their normal."""
        return float(abs(self.step @ np.cross(self.across, self.down)))


def placement_of(pixels: Pixels) -> Placement:
    """Return where a case lies: as its affine says, else at the origin with its spacing.

    Raises:
        BadInputError: the rows and columns are not at right angles, or an axis has no length.
    """
    volume = pixels.image.ndim == 4
    axes, origin = _axes(pixels, volume=volume)
    lengths = np.sqrt((axes**2).sum(axis=0))
    if not (np.isfinite(axes).all() and lengths.min() > 0):
        raise BadInputError("its affine has an axis without length. Correct the affine.")
    along, downward = (0, 1) if volume else (1, 0)
    across = axes[:, along] / lengths[along]
    down = axes[:, downward] - (axes[:, downward] @ across) * across
    if not np.linalg.norm(down) > 0:
        raise BadInputError("its affine has two parallel axes. Correct the affine.")
    down = down / np.linalg.norm(down)
    rows = pixels.image.shape[1 + downward]
    moved = rows * float(np.linalg.norm(axes[:, downward] - down * lengths[downward]))
    if moved > _TOLERATED_MM:
        raise BadInputError(
            f"its axes are not at right angles: DICOM would move voxels by {moved:.3g} mm. "
            "Use nifti."
        )
    spacing = (float(lengths[downward]), float(lengths[along]))
    return Placement(across, down, spacing, origin, axes[:, 2])


def _axes(pixels: Pixels, *, volume: bool) -> tuple[Float64, Float64]:
    """Return the steps of the three array axes (columns, LPS millimetres) and the origin."""
    if pixels.affine is not None:
        affine = _LPS_TO_RAS @ pixels.affine
        return affine[:3, :3], affine[:3, 3]
    sizes = np.array([*pixels.spacing, 1.0, 1.0, 1.0][: 3 if volume else 2])
    directions = np.eye(3) if volume else np.eye(3)[:, [1, 0, 2]]
    return directions * np.array([*sizes, 1.0][:3]), np.zeros(3)
