"""Who saved DICOM files are of, and what marks them: an invented patient and new identifiers."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cancergan.cohort.arrays_on_demand import float32_view
from cancergan.cohort.case import Case
from cancergan.cohort.contents import Contents
from cancergan.cohort.fingerprints import cohort_fingerprint
from cancergan.core.provenance import fingerprint, parts_of

if TYPE_CHECKING:
    from pydicom import Dataset

_ORDINALS = 2**32


@dataclass(frozen=True)
class Identity:
    """What all files of one saved cohort have in common.

    Attributes:
        key: 16 hexadecimal digits of table, pixels and provenance: the same cohort saved twice gets
            the same identifiers, so that a push can be repeated; another cohort gets others.
        patients: the number of the patient of each case, from 1 in the order of the table.
        synthetic: for each case, whether it was synthesised or drawn rather than acquired.
    """

    key: str
    patients: tuple[int, ...]
    synthetic: tuple[bool, ...]

    def uid(self, ordinal: int, *purpose: object) -> str:
        """Return the identifier of the n-th thing of a purpose, under DICOM's root 2.25.

        A UUID of version 8 (RFC 9562, 5.8): 90 bits hash key and purpose, the last 32 count. So
        identifiers of one purpose sort in the order of their numbers, and a reader that sorts
        series by identifier finds the cases in the order of the table.
        """
        text = "/".join(map(str, (self.key, *purpose)))
        digest = int.from_bytes(hashlib.sha256(text.encode()).digest()[:12], "big")
        head, middle, tail = digest >> 48, digest >> 36 & 0xFFF, digest & (2**30 - 1)
        low = tail * _ORDINALS + ordinal % _ORDINALS
        return f"2.25.{uuid.UUID(int=head << 80 | 8 << 76 | middle << 64 | 2 << 62 | low).int}"

    def patient_id(self, index: int) -> str:
        """Return the id of the invented patient of a case."""
        word = "SYNTHETIC" if self.synthetic[index] else "DERIVED"
        return f"{word}-{self.key[:8]}-{self.patients[index]:06d}"


def identity_of(contents: Contents) -> Identity:
    """Return the identity under which a cohort is saved; reads all pixels once."""
    cases = (_case(contents, index) for index in range(len(contents)))
    key = fingerprint(
        cohort_fingerprint(contents.table, cases), dict(contents.provenance), "DICOM identity"
    )
    synthetic = _synthetic(contents)
    named = list(zip(contents.table["patient_id"], synthetic, strict=True))
    numbers = {patient: number for number, patient in enumerate(dict.fromkeys(named), start=1)}
    return Identity(key, tuple(numbers[patient] for patient in named), tuple(synthetic))


def patient_and_study(identity: Identity, index: int) -> Dataset:
    """Return what all files of a patient share. Nothing of it stems from the table."""
    from pydicom import Dataset

    shared = Dataset()
    patient = identity.patient_id(index)
    shared.PatientName, shared.PatientID = patient.replace("-", "^", 1), patient
    shared.PatientBirthDate = shared.PatientSex = ""
    shared.PatientComments = _comment(synthetic=identity.synthetic[index])
    shared.StudyInstanceUID = identity.uid(identity.patients[index], "study")
    shared.StudyID, shared.AccessionNumber = identity.key, ""
    shared.StudyDate = shared.StudyTime = shared.ReferringPhysicianName = ""
    if not identity.synthetic[index]:
        shared.PatientIdentityRemoved = "YES"
        shared.DeidentificationMethod = "Pixels alone were kept; all attributes are made anew"
    return shared


def mark(dataset: Dataset, *, synthetic: bool, derivation: str) -> None:
    """Mark an image as derived and as made by this library, for research alone."""
    dataset.ImageType = ["DERIVED", "SECONDARY", *list(dataset.get("ImageType") or ())[2:]]
    dataset.DerivationDescription = derivation
    dataset.ContentQualification = "RESEARCH"
    if synthetic:
        dataset.BurnedInAnnotation = "NO"  # of real images nobody knows; absent says so
    dataset.Manufacturer, dataset.ManufacturerModelName = "cancergan", "cancergan"
    dataset.SoftwareVersions = library_version()
    purpose = ("109103", "Modifying") if synthetic else ("109104", "De-identifying")
    dataset.ContributingEquipmentSequence = [
        equipment(
            purpose[0],
            f"{purpose[1]} Equipment",
            "Wrote the pixels and every attribute of this file",
        )
    ]


def library_version() -> str:
    """Return the version of the installed library, as files quote it."""
    from importlib.metadata import version

    return version("cancergan")


def equipment(code: str, meaning: str, did: str) -> Dataset:
    """Return the library as contributing equipment (PS3.3, C.12.1), with a code of CID 7005."""
    from pydicom import Dataset

    purpose, item = Dataset(), Dataset()
    purpose.CodeValue, purpose.CodingSchemeDesignator, purpose.CodeMeaning = code, "DCM", meaning
    item.PurposeOfReferenceCodeSequence = [purpose]
    item.Manufacturer = item.ManufacturerModelName = "cancergan"
    item.SoftwareVersions, item.ContributionDescription = library_version(), did
    return item


def _comment(*, synthetic: bool) -> str:
    if synthetic:
        return "SYNTHETIC: there is no such patient. For research, never for diagnosis."
    return "DERIVED: the patient is invented, the pixels are of a real one. For research only."


def _case(contents: Contents, index: int) -> Case:
    pixels = contents.pixels(index)
    return Case(
        case_id=contents.case_ids[index],
        image=pixels.image.astype(np.float32, copy=False),
        mask=None if pixels.mask is None else pixels.mask.astype(np.int32, copy=False),
        arrays=float32_view(pixels.arrays) if pixels.arrays else {},
    )


def _synthetic(contents: Contents) -> list[bool]:
    """Say it of each case: by the column ``synthetic`` where there is one, else by provenance."""
    if "synthetic" in contents.table:
        return [str(value) in ("True", "true", "1", "1.0") for value in contents.table["synthetic"]]
    return [_is_made(contents.provenance)] * len(contents)


def _is_made(provenance: object) -> bool:
    if not isinstance(provenance, dict):
        return False
    parts = parts_of(provenance)
    if parts:
        return all(map(_is_made, parts))
    return bool(provenance.get("synthetic") or provenance.get("phantom"))
