"""What happens to each attribute: the basic profile of PS3.15, table E.1-1, with two options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Literal

from cancergan.core.errors import MissingExtraError

Tag = tuple[int, int]


class Action(Enum):
    """What is done to an attribute, in the words of the audit list."""

    KEEP = "kept"
    REMOVE = "removed"
    EMPTY = "emptied"
    DUMMY = "replaced by a dummy"
    UID = "replaced by a new identifier"
    SHIFT = "shifted in time"
    PSEUDONYM = "replaced by a pseudonym"


# The table's compound codes leave a choice by the kind of object. This takes what stays conformant
# for every kind: empty rather than absent, a dummy rather than empty.
_OF_LISTS = {
    "X_TAGS": Action.REMOVE,
    "Z_TAGS": Action.EMPTY,
    "X_Z_TAGS": Action.EMPTY,
    "D_TAGS": Action.DUMMY,
    "Z_D_TAGS": Action.DUMMY,
    "X_D_TAGS": Action.DUMMY,
    "X_Z_D_TAGS": Action.DUMMY,
    "U_TAGS": Action.UID,
    "X_Z_U_STAR_TAGS": Action.KEEP,  # sequences of references: their identifiers are replaced
}
# What the table leaves alone though people type into it; segmentations name their makers there.
_BEYOND = {(0x0070, 0x0080): Action.DUMMY, (0x0070, 0x0081): Action.EMPTY}
_FREE_TEXT = ("LT", "ST", "UT", "UR")
_PATIENT_NAME, _PATIENT_ID = (0x0010, 0x0010), (0x0010, 0x0020)
_CHARACTERISTICS = {
    (0x0010, 0x0040), (0x0010, 0x1010), (0x0010, 0x1020), (0x0010, 0x1030),
}  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """The basic profile and its options.

    Attributes:
        dates: "shift" moves dates by the days of the patient and keeps times of the day (option
            113107, modified dates); "remove" does as the basic profile.
        keep_characteristics: sex, age (above 89 as 90), size and weight stay (option 113108).
    """

    dates: Literal["shift", "remove"] = "shift"
    keep_characteristics: bool = False

    def action(self, tag: Tag, representation: str, *, known: bool = True) -> Action:
        """Return what happens to an attribute of a value representation (DICOM's VR).

        ``known`` says whether the standard's dictionary has the tag; unknown ones go, and so do
        private ones, and the repeating groups of curves and overlays, which it does not list.
        """
        if tag[0] % 2 or not known or representation == "UN":
            return Action.REMOVE
        if tag in (_PATIENT_NAME, _PATIENT_ID):
            return Action.PSEUDONYM
        if self.keep_characteristics and tag in _CHARACTERISTICS:
            return Action.KEEP
        if self.dates == "shift" and tag[0] != 0x0010:
            if representation in ("DA", "DT"):
                return Action.SHIFT
            if representation == "TM":
                return Action.KEEP
        return self._by_table(tag, representation)

    def codes(self, *, pixels_cleaned: bool) -> list[tuple[str, str]]:
        """Return the codes of what was done (PS3.16, CID 7050), with their meanings."""
        codes = [("113100", "Basic Application Confidentiality Profile")]
        if pixels_cleaned:
            codes.append(("113101", "Clean Pixel Data Option"))
        if self.dates == "shift":
            meaning = "Retain Longitudinal Temporal Information Modified Dates Option"
            codes.append(("113107", meaning))
        if self.keep_characteristics:
            codes.append(("113108", "Retain Patient Characteristics Option"))
        return codes

    def _by_table(self, tag: Tag, representation: str) -> Action:
        listed = _table().get(tag) or _BEYOND.get(tag)
        if representation == "SQ" and listed is Action.DUMMY:
            return Action.REMOVE  # a dummy sequence would have to be invented for each kind
        if listed is not None:
            return listed
        if representation == "PN":
            return Action.EMPTY  # a name that the table has not heard of is a name all the same
        if representation in ("DA", "DT", *_FREE_TEXT):
            return Action.REMOVE
        return Action.KEEP


def of_release() -> str:
    """Return which release of the standard the table is from."""
    return "2026c"


@lru_cache(maxsize=1)
def _table() -> Mapping[Tag, Action]:
    lists = _lists()
    return {
        tag: action for name, action in _OF_LISTS.items() for tag in lists[name] if len(tag) == 2
    }


@lru_cache(maxsize=1)
def _lists() -> Mapping[str, list[tuple[int, ...]]]:
    try:
        from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
    except ModuleNotFoundError:
        raise MissingExtraError("dicom-anonymizer", "deidentification") from None
    found: dict[str, list[tuple[int, ...]]] = dicom_anonymization_database_selector(
        f"dicomfields_{of_release()}"
    )
    return found
