"""RTSTRUCT: contours as masks on the grid of an image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.dicom.frames import LPS_TO_RAS
from cancergan.cohort.dicom.grid import Grid
from cancergan.cohort.dicom.headers import items, text
from cancergan.cohort.dicom.stacks import UnusableSeriesError
from cancergan.cohort.pixels import AnyArray
from cancergan.core.errors import BadInputError

if TYPE_CHECKING:
    from pydicom import Dataset

_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
# A contour may leave its slice by this share of the distance to the next.
_OFF_PLANE = 0.5


@dataclass(frozen=True)
class StructureSet:
    """The closed contours of one RTSTRUCT object.

    Attributes:
        file: where it is.
        contours: by name of the structure, arrays (n, 3) of points in RAS+ millimetres.
    """

    file: Path
    contours: dict[str, tuple[Float64, ...]]

    @property
    def names(self) -> dict[int, str]:
        """The structures, numbered from 1 in the order of the file."""
        return dict(enumerate(self.contours, start=1))

    def on(self, grid: Grid) -> Iterator[tuple[str, AnyArray]]:
        """Yield each structure with its name: bool (x, y, z), true where a voxel's centre is in it.

        Contours of one structure in one slice are counted by the even-odd rule: a contour within
        another is a hole, one beside another a second piece. Contours beyond the grid do not count.

        Raises:
            BadInputError: a contour does not lie in the plane of a slice.
        """
        for name, contours in self.contours.items():
            yield name, self._filled(name, contours, grid)

    def _filled(self, name: str, contours: tuple[Float64, ...], grid: Grid) -> AnyArray:
        mask = np.zeros(grid.shape, bool)
        for points in contours:
            indices = grid.indices(points)
            middle = float(indices[:, 2].mean())
            if np.abs(indices[:, 2] - middle).max() > _OFF_PLANE:
                raise BadInputError(
                    f'{self.file}: a contour of "{name}" does not lie in a slice of the image. '
                    "Export the structures on the planes of this series."
                )
            slot = int(np.rint(middle))
            if 0 <= slot < grid.shape[2]:
                mask[..., slot] ^= _inside(indices[:, :2], grid.shape[:2])
        return mask


def _inside(corners: Float64, shape: tuple[int, int]) -> AnyArray:
    from skimage import draw

    filled = np.zeros(shape, bool)
    filled[draw.polygon(corners[:, 0], corners[:, 1], shape)] = True  # type: ignore[no-untyped-call]
    return filled


def structure_set_of(file: Path, dataset: Dataset) -> StructureSet:
    """Return what an RTSTRUCT object describes.

    Raises:
        UnusableSeriesError: no structure has a closed contour.
        ValueError: a broken value.
    """
    names = _names(dataset)
    contours: dict[str, tuple[Float64, ...]] = {}
    for structure in items(dataset, "ROIContourSequence"):
        found = _closed(structure)
        if found:
            contours[names[int(structure.ReferencedROINumber)]] = found
    if not contours:
        raise UnusableSeriesError("structures without a closed contour")
    return StructureSet(file, contours)


def _names(dataset: Dataset) -> dict[int, str]:
    names: dict[int, str] = {}
    for structure in items(dataset, "StructureSetROISequence"):
        number = int(structure.ROINumber)
        name = text(structure, "ROIName") or f"structure {number}"
        names[number] = f"{name} ({number})" if name in names.values() else name
    return names


def _closed(structure: Dataset) -> tuple[Float64, ...]:
    """Return the closed contours with an area; one that is there twice counts once."""
    found: dict[bytes, Float64] = {}
    for contour in items(structure, "ContourSequence"):
        if text(contour, "ContourGeometricType") not in _CLOSED:
            continue
        points = np.array(contour.ContourData, dtype=np.float64).reshape(-1, 3)
        if not np.isfinite(points).all():
            raise ValueError("ContourData holds a number that is not finite")
        if len(points) > 2:
            found.setdefault(points.tobytes(), points @ LPS_TO_RAS[:3, :3])
    return tuple(found.values())
