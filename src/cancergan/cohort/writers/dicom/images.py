"""From the pixels of a case to the DICOM images of its series, one for each plane."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np

from cancergan.cohort.pixels import AnyArray, Pixels
from cancergan.cohort.writers.dicom.identity import Identity, mark, patient_and_study
from cancergan.cohort.writers.dicom.kinds import demand, kind_of, matched
from cancergan.cohort.writers.dicom.placement import Placement, placement_of
from cancergan.cohort.writers.dicom.stored import Stored, as_decimal, stored

if TYPE_CHECKING:
    from pydicom import Dataset


def images_of(
    pixels: Pixels,
    identity: Identity,
    index: int,
    *,
    label: str | None,
    modality: object,
    edit: str | None = None,
) -> tuple[list[Dataset], float]:
    """Return the images of a case in the order of its planes, and the largest rounding error.

    ``edit`` says what was done to the lesion of an edited image ("injected").

    Raises:
        BadInputError: pixels or an affine that DICOM cannot hold.
    """
    held = stored(pixels.image)
    kind = kind_of(modality, held)
    held = matched(held, kind)
    synthetic = identity.synthetic[index]
    series = patient_and_study(identity, index)
    series.SeriesInstanceUID = identity.uid(index + 1, "series")
    series.SeriesNumber = index + 1
    series.Laterality = ""
    series.SeriesDescription = (label or "derived images")[:64]
    demand(series, kind, modality, synthetic=synthetic)
    mark(series, synthetic=synthetic, derivation=_derivation(held, edit, synthetic=synthetic))
    placed = pixels.image.ndim == 4 or pixels.affine is not None or kind != "SC"
    placement = placement_of(pixels)
    if placed:
        series.FrameOfReferenceUID = identity.uid(index + 1, "frame of reference")
        series.PositionReferenceIndicator = ""
    images = []
    for plane, numbers in enumerate(_planes(held.numbers)):
        image = deepcopy(series)
        image.InstanceNumber = plane + 1
        image.SOPInstanceUID = identity.uid(plane + 1, "image", index)
        if placed:
            _place(image, placement, plane)
        elif placement.spacing != (1.0, 1.0):
            image.PixelSpacing = as_decimal(list(placement.spacing))
        _set_pixels(image, numbers, held, kind)
        images.append(image)
    return images, held.error


def _derivation(held: Stored, edit: str | None, *, synthetic: bool) -> str:
    origin = "Synthesised by a computer" if synthetic else "Copied from a research cohort"
    if edit is not None:
        origin = f"Edited by a computer (lesion {edit}), a copy from a research cohort"
    exact = f"values are rounded by up to {held.error:.3g}" if held.error else "values are exact"
    return f"{origin}; {exact}. Not for diagnosis."


def _planes(numbers: AnyArray) -> Iterator[AnyArray]:
    """Yield planes of (C, row, column): volumes are (C, x, y, z), x along a row."""
    if numbers.ndim == 3:
        yield numbers
        return
    yield from np.moveaxis(numbers, -1, 0).swapaxes(2, 3)


def _place(image: Dataset, placement: Placement, plane: int) -> None:
    image.ImagePositionPatient = as_decimal(placement.position(plane))
    directions = np.concatenate([placement.across, placement.down])
    image.ImageOrientationPatient = as_decimal(directions)
    image.PixelSpacing = as_decimal(list(placement.spacing))
    image.SliceThickness = as_decimal([placement.thickness])[0]


def _set_pixels(image: Dataset, plane: AnyArray, held: Stored, kind: str) -> None:
    from pydicom.uid import ExplicitVRLittleEndian

    grey = len(plane) == 1
    if kind == "CT" or (grey and (held.slope, held.intercept) != (1.0, 0.0)):
        slope, intercept = as_decimal([held.slope, held.intercept])
        image.RescaleSlope, image.RescaleIntercept = slope, intercept
        image.RescaleType = image.get("RescaleType", "US")
    image.set_pixel_data(
        np.ascontiguousarray(plane[0] if grey else np.moveaxis(plane, 0, -1)),
        "MONOCHROME2" if grey else "RGB",
        plane.dtype.itemsize * 8,
        generate_instance_uid=False,
    )
    image.ensure_file_meta()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
