"""Masks as DICOM segmentations that refer to the images of their case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cancergan.cohort.pixels import AnyArray
from cancergan.cohort.writers.dicom.identity import Identity, library_version
from cancergan.core.errors import BadInputError

if TYPE_CHECKING:
    from highdicom.seg import Segmentation, SegmentDescription
    from pydicom import Dataset

_MOST_SEGMENTS = 255


def segmentation_of(
    mask: AnyArray, images: Sequence[Dataset], identity: Identity, index: int
) -> Segmentation | None:
    """Return a mask of (*spatial) whole numbers as a segmentation; None where it is all background.

    Number n of the mask becomes segment n. What a number means is not known here, so each segment
    is coded as an image region (DCM 111030).

    Raises:
        BadInputError: numbers below 0 or above 255.
    """
    from highdicom.seg import Segmentation, SegmentationTypeValues

    if mask.min() < 0 or mask.max() > _MOST_SEGMENTS:
        raise BadInputError(
            f"its mask holds numbers from {mask.min()} to {mask.max()}; a DICOM segmentation "
            f"takes 0 to {_MOST_SEGMENTS}. Use nifti."
        )
    if not mask.any():
        return None
    planes = mask[None] if mask.ndim == 2 else np.moveaxis(mask, -1, 0).swapaxes(1, 2)
    synthetic = identity.synthetic[index]
    segmentation = Segmentation(
        source_images=images,
        pixel_array=np.ascontiguousarray(planes).astype(np.uint8),
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=_descriptions(int(mask.max()), synthetic=synthetic),
        series_instance_uid=identity.uid(index + 1, "segmentation series"),
        series_number=100_000 + index,
        sop_instance_uid=identity.uid(index + 1, "segmentation"),
        instance_number=1,
        manufacturer="cancergan",
        manufacturer_model_name="cancergan",
        software_versions=library_version(),
        device_serial_number=identity.key,
        content_label="MASK",
        content_description="Mask of a case",
    )
    _carry(segmentation, images[0])
    return segmentation


def _descriptions(count: int, *, synthetic: bool) -> list[SegmentDescription]:
    """Return segments 1 to ``count``; the standard wants them without gaps."""
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.seg import SegmentAlgorithmTypeValues, SegmentDescription
    from pydicom.sr.coding import Code

    algorithm = AlgorithmIdentificationSequence(
        name="cancergan",
        version=library_version(),
        family=Code("123110", "DCM", "Artificial Intelligence"),
    )
    kind = SegmentAlgorithmTypeValues.AUTOMATIC if synthetic else SegmentAlgorithmTypeValues.MANUAL
    return [
        SegmentDescription(
            segment_number=number,
            segment_label=f"mask {number}",
            segmented_property_category=Code("309825002", "SCT", "Spatial and Relational Concept"),
            segmented_property_type=Code("111030", "DCM", "Image Region"),
            algorithm_type=kind,
            algorithm_identification=algorithm if synthetic else None,
        )
        for number in range(1, count + 1)
    ]


def _carry(segmentation: Dataset, image: Dataset) -> None:
    """Mark the segmentation as its image is marked."""
    for keyword in (
        "PatientComments", "PatientIdentityRemoved", "DeidentificationMethod",
        "ContentQualification", "BurnedInAnnotation", "ContributingEquipmentSequence",
        "PatientOrientation",
    ):  # fmt: skip
        if keyword in image:
            segmentation[keyword] = image[keyword]
    shared = segmentation.SharedFunctionalGroupsSequence[0]
    if "PixelMeasuresSequence" in shared and "SliceThickness" not in image:
        # A picture has no thickness, and readers refuse measures without one.
        del shared.PixelMeasuresSequence
    segmentation.SeriesDescription = f"{image.SeriesDescription}: mask"[:64]
