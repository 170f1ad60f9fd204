"""Which kind of DICOM image a case becomes, with the attributes that this kind demands."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from cancergan.cohort.writers.dicom.stored import Stored

if TYPE_CHECKING:
    from pydicom import Dataset

_CODE_STRING = re.compile(r"[A-Z0-9_ ]{1,16}")


def kind_of(modality: object, stored: Stored) -> str:
    """Return "CT" or "MR" for grey images of that modality, "SC" (secondary capture) for all else.

    Only these two can be written without inventing how the image was acquired.
    """
    grey = len(stored.numbers) == 1
    return str(modality) if grey and modality in ("CT", "MR") else "SC"


def demand(dataset: Dataset, kind: str, modality: object, *, synthetic: bool) -> None:
    """Set the class, the modality and what else the standard demands of the kind (PS3.3, A)."""
    from pydicom.uid import CTImageStorage, MRImageStorage, SecondaryCaptureImageStorage

    classes = {"CT": CTImageStorage, "MR": MRImageStorage, "SC": SecondaryCaptureImageStorage}
    dataset.SOPClassUID = classes[kind]
    named = isinstance(modality, str) and _CODE_STRING.fullmatch(modality)
    dataset.Modality = modality if named else "OT"
    _DEMANDS[kind](dataset, synthetic)


def matched(stored: Stored, kind: str) -> Stored:
    """Return stored numbers as the kind holds them: CT and MR know 16 bit alone."""
    if kind == "SC" or stored.numbers.dtype != np.uint8:
        return stored
    return Stored(stored.numbers.astype(np.int16), stored.slope, stored.intercept, stored.error)


def _ct(dataset: Dataset, synthetic: bool) -> None:
    dataset.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    dataset.KVP = dataset.AcquisitionNumber = None
    dataset.PatientPosition, dataset.RescaleType = "", "HU"


def _mr(dataset: Dataset, synthetic: bool) -> None:
    dataset.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    dataset.ScanningSequence, dataset.SequenceVariant = "RM", "NONE"
    dataset.ScanOptions = dataset.MRAcquisitionType = dataset.PatientPosition = ""
    dataset.EchoTime = dataset.EchoTrainLength = dataset.RepetitionTime = None


def _secondary_capture(dataset: Dataset, synthetic: bool) -> None:
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.ConversionType = "SYN" if synthetic else "WSD"
    dataset.PatientOrientation = ""


_DEMANDS: dict[str, Callable[[Dataset, bool], None]] = {
    "CT": _ct, "MR": _mr, "SC": _secondary_capture,
}  # fmt: skip
