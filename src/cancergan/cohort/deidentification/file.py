"""De-identify one DICOM data set: pixels, attributes, leaks, and the marks that say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cancergan.cohort.deidentification.header import Change, clean_header
from cancergan.cohort.deidentification.leaks import is_within, naming_words, remove_leaks
from cancergan.cohort.deidentification.pixels import (
    Rectangle,
    TextFinder,
    blank,
    ultrasound_regions,
)
from cancergan.cohort.deidentification.profile import Profile, of_release
from cancergan.cohort.deidentification.secret import Secret

if TYPE_CHECKING:
    from pydicom import Dataset


@dataclass(frozen=True)
class Done:
    """What was done to a data set.

    Attributes:
        changes: the lines of the audit list.
        blackened: how many pixels were blackened.
        leak: why it must not go out after all, if so.
    """

    changes: list[Change]
    blackened: int = 0
    leak: str | None = None


def deidentify_dataset(
    dataset: Dataset,
    secret: Secret,
    profile: Profile,
    *,
    rectangles: Sequence[Rectangle] = (),
    finder: TextFinder | None = None,
) -> Done:
    """De-identify a data set in place. Of ultrasound, all but the stated regions is blackened.

    Raises:
        BadInputError: pixels that are to be blackened cannot be decoded.
    """
    words = naming_words(dataset)
    outside = ultrasound_regions(dataset)
    cleans = "PixelData" in dataset and bool(rectangles or finder or outside)
    blackened = blank(dataset, rectangles, outside=outside, finder=finder) if cleans else 0
    changes = clean_header(dataset, secret, profile)
    changes += remove_leaks(dataset, words)
    _mark(dataset, profile, pixels_cleaned=cleans)
    _renew_file_meta(dataset)
    compressed = dataset.file_meta.TransferSyntaxUID.is_compressed
    if compressed and is_within(dataset.get("PixelData", b""), words):
        return Done(changes, leak="a comment within the compressed pixels names the patient")
    return Done(changes, blackened)


def _mark(dataset: Dataset, profile: Profile, *, pixels_cleaned: bool) -> None:
    from pydicom import Dataset as NewDataset

    from cancergan.cohort.writers.dicom.identity import equipment

    codes = []
    for value, meaning in profile.codes(pixels_cleaned=pixels_cleaned):
        code = NewDataset()
        code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
        codes.append(code)
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = f"cancergan, PS3.15 {of_release()} basic profile"
    dataset.DeidentificationMethodCodeSequence = codes
    shifted = profile.dates == "shift"
    dataset.LongitudinalTemporalInformationModified = "MODIFIED" if shifted else "REMOVED"
    if pixels_cleaned:
        dataset.BurnedInAnnotation = "NO"
    dataset.ContributingEquipmentSequence = [
        equipment("109104", "De-identifying Equipment", "Took out what names the patient")
    ]


def _renew_file_meta(dataset: Dataset) -> None:
    """Write the file's own header anew: preamble and group 2 may name the sender."""
    from pydicom.dataset import FileMetaDataset

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    dataset.file_meta, dataset.preamble = meta, bytes(128)
