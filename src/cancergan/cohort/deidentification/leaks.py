"""The last look: words that name the patient, wherever else someone may have typed them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from cancergan.cohort.deidentification.header import Change
from cancergan.cohort.deidentification.profile import Action

if TYPE_CHECKING:
    from pydicom import DataElement, Dataset

_NAMING = (
    "PatientID", "PatientBirthDate", "PatientBirthName", "PatientMotherBirthName",
    "OtherPatientIDs", "OtherPatientNames", "PatientAddress", "PatientTelephoneNumbers",
    "AccessionNumber", "StudyID",
    "InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName", "StationName",
    "MedicalRecordLocator", "IssuerOfPatientID", "DeviceSerialNumber", "RequestedProcedureID",
)  # fmt: skip
_TEXT = ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT")
# What images cannot do without, all words of the standard or new; a patient may be called Axial.
_SPARED = (
    "ImageType", "Modality", "PhotometricInterpretation", "SpecificCharacterSet", "PatientName",
    "PatientID",
)  # fmt: skip
_SHORTEST, _SHORTEST_WITHIN_WORDS, _SHORTEST_IN_BYTES = 3, 5, 6


def naming_words(dataset: Dataset) -> set[str]:
    """Return what names the patient, the staff and the place in a header, in lower case."""
    words: set[str] = set()
    for element in dataset.iterall():
        if element.VR == "PN" or element.keyword in _NAMING:
            words |= _words(element)
    return {word for word in words if len(word) >= _SHORTEST}


def remove_leaks(dataset: Dataset, words: Collection[str], *, place: str = "") -> list[Change]:
    """Remove every text that holds one of the words, at every depth, and return what went."""
    return list(_leaks(dataset, _pattern(words), place)) if words else []


def is_within(content: bytes, words: Collection[str]) -> bool:
    """Say whether bytes (a compressed image may carry a comment) hold one of the longer words."""
    lower = content.lower()
    return any(
        word.encode(encoding, errors="ignore") in lower
        for word in words
        if len(word) >= _SHORTEST_IN_BYTES
        for encoding in ("utf-8", "latin-1")
        if word.isascii() or len(word.encode(encoding, errors="ignore")) >= _SHORTEST_IN_BYTES
    )


def _leaks(dataset: Dataset, pattern: re.Pattern[str], place: str) -> Iterator[Change]:
    for element in list(dataset):
        here = f"{place}({element.tag.group:04X},{element.tag.element:04X})"
        if element.VR == "SQ":
            for number, item in enumerate(element.value, start=1):
                yield from _leaks(item, pattern, f"{here}[{number}]")
            continue
        spared = element.VR not in _TEXT or element.keyword in _SPARED
        if not spared and pattern.search(str(element.value).lower()):
            del dataset[element.tag]
            yield Change(here, element.keyword, Action.REMOVE)


def _pattern(words: Collection[str]) -> re.Pattern[str]:
    """Short words count as whole words only, longer ones anywhere."""
    parts = []
    for word in sorted(words, key=len, reverse=True):
        quoted = re.escape(word)
        whole = len(word) < _SHORTEST_WITHIN_WORDS
        parts.append(rf"(?<![^\W_]){quoted}(?![^\W_])" if whole else quoted)
    return re.compile("|".join(parts))


def _words(element: DataElement) -> set[str]:
    """Return the value and, of names and addresses, their parts."""
    if element.is_empty:
        return set()
    values = list(element.value) if element.VM > 1 else [element.value]
    texts = {str(value).strip().lower() for value in values}
    if element.VR == "PN":
        return {part for text in texts for part in re.split(r"[\^=\s,]+", text)}
    return texts
