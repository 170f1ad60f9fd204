"""One frame of a DICOM file: its place in the patient, its scale, and what sets it apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cancergan.cohort.case import Float64

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
# What may set frames at one place apart, in the order in which a series is cut by it: its name,
# the functional group and the tag of an enhanced object, the tag of a classic one.
MARKS = (
    ("stack", "FrameContentSequence", "StackID", ""),
    ("echo time", "MREchoSequence", "EffectiveEchoTime", "EchoTime"),
    ("inversion time", "MRModifierSequence", "InversionTimes", "InversionTime"),
    ("time", "FrameContentSequence", "TemporalPositionIndex", "TemporalPositionIdentifier"),
    ("phase", "CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime", "TriggerTime"),
    ("b-value", "MRDiffusionSequence", "DiffusionBValue", "DiffusionBValue"),
    ("flip angle", "MRTimingAndRelatedParametersSequence", "FlipAngle", "FlipAngle"),
    ("image type", "MRImageFrameTypeSequence", "FrameType", "ImageType"),
    ("image type", "CTImageFrameTypeSequence", "FrameType", ""),
    ("acquisition", "FrameContentSequence", "FrameAcquisitionNumber", "AcquisitionNumber"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame lies: DICOM's patient coordinates (LPS), in millimetres.

    Attributes:
        position: centre of the first pixel.
        along: unit vectors along a row and down a column.
        spacing: between rows, between columns.
        thickness: of the slice; 1 where the file does not say.
    """

    position: tuple[float, ...]
    along: tuple[float, ...]
    spacing: tuple[float, ...]
    thickness: float = 1.0

    @property
    def directions(self) -> tuple[Float64, Float64, Float64]:
        """The unit vectors along a row, down a column, and normal to both (LPS)."""
        across, down = np.array(self.along[:3]), np.array(self.along[3:])
        return across, down, np.cross(across, down)

    def affine(self, columns: tuple[Float64, Float64, Float64]) -> Float64:
        """Return the affine (RAS+) of an array that begins here and steps by ``columns`` (LPS)."""
        affine = np.eye(4)
        affine[:3, :3] = np.stack(columns, axis=1)
        affine[:3, 3] = self.position
        return np.asarray(LPS_TO_RAS @ affine)

    def is_parallel_to(self, other: Place) -> bool:
        """Say whether another frame has the same directions and pixels, to a hair."""
        same = np.allclose(self.along, other.along, atol=1e-3)
        return bool(same and np.allclose(self.spacing, other.spacing, atol=1e-4))


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame.

    Attributes:
        file, number: where it is, counted from 0.
        shape: channels, rows, columns.
        place: None where the file does not state one.
        rescale: slope and intercept to physical units.
        marks: a value for each of ``MARKS``, "" where there is none.
        picture_spacing: millimetres between rows and between columns, where only those are known.
        bits: of a value as decoded: as allocated, or of the palette's entries.
    """

    file: Path
    number: int
    shape: tuple[int, int, int]
    place: Place | None
    rescale: tuple[float, float]
    marks: tuple[str, ...]
    picture_spacing: tuple[float, ...]
    bits: int
