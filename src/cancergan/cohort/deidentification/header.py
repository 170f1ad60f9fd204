"""Apply a profile to the attributes of a file, at every depth, and list what was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from cancergan.cohort.deidentification.profile import Action, Profile
from cancergan.cohort.deidentification.secret import Secret

if TYPE_CHECKING:
    from pydicom import DataElement, Dataset

_REGISTERED = "1.2.840.10008."
_TEXT = ("AE", "CS", "LO", "LT", "SH", "ST", "UC", "UT")
_NUMBERS = ("DS", "IS", "FD", "FL", "SL", "SS", "UL", "US", "SV", "UV")
_CLASSES = (0x00020002, 0x00020010, 0x00080016, 0x00081150)


@dataclass(frozen=True)
class Change:
    """One line of the audit list. It never holds a value.

    Attributes:
        place: the tag, with the tags and item numbers of the sequences that it lies in.
        keyword: its name in the standard, or "private".
        action: what was done.
    """

    place: str
    keyword: str
    action: Action


def patient_of(dataset: Dataset) -> str:
    """Return what tells a patient from others: the id, else the study."""
    return str(dataset.get("PatientID") or dataset.get("StudyInstanceUID") or "")


def clean_header(dataset: Dataset, secret: Secret, profile: Profile) -> list[Change]:
    """De-identify the attributes of a data set in place, and return what was done."""
    patient = patient_of(dataset)
    for keyword in ("PatientName", "PatientID"):
        if keyword not in dataset:
            setattr(dataset, keyword, "")
    return list(_cleaned(dataset, secret, profile, patient, place=""))


def _cleaned(
    dataset: Dataset, secret: Secret, profile: Profile, patient: str, *, place: str
) -> Iterator[Change]:
    from pydicom.datadict import dictionary_has_tag, keyword_for_tag

    for tag in list(dataset.keys()):
        element = dataset[tag]
        known = dictionary_has_tag(tag)
        action = profile.action((tag.group, tag.element), element.VR, known=known)
        if element.VR == "UI" and action in (Action.KEEP, Action.DUMMY):
            action = Action.UID if _is_ours_to_replace(element) else Action.KEEP
        here = f"{place}({tag.group:04X},{tag.element:04X})"
        keyword = keyword_for_tag(tag) or ("private" if tag.is_private else "unknown")
        if action is Action.KEEP:
            if element.VR == "SQ":
                for number, item in enumerate(element.value, start=1):
                    inner = f"{here}[{number}]"
                    yield from _cleaned(item, secret, profile, patient, place=inner)
            elif keyword == "PatientAge" and _cap_age(element):
                yield Change(here, keyword, Action.DUMMY)
            continue
        done = _apply(dataset, element, action, secret, patient)
        if done and tag.element:  # the lengths of groups, element 0, are no one's secret
            yield Change(here, keyword, action)


def _apply(
    dataset: Dataset, element: DataElement, action: Action, secret: Secret, patient: str
) -> bool:
    """Do it, and say whether anything changed."""
    from pydicom.tag import Tag

    if action is Action.REMOVE:
        del dataset[element.tag]
        return True
    if element.is_empty and action is not Action.PSEUDONYM:
        return False
    if action is Action.EMPTY:
        element.value = [] if element.VR == "SQ" else None
    elif action is Action.UID:
        element.value = _each(element.value, lambda uid: secret.uid(str(uid)))
    elif action is Action.PSEUDONYM:
        name = secret.pseudonym(patient)
        element.value = name.replace("-", "^") if element.VR == "PN" else name
    elif action is Action.SHIFT:
        days = secret.days(patient)
        element.value = _each(element.value, lambda value: _shifted(str(value), days))
    elif not _dummy(element):
        del dataset[Tag(element.tag)]
    return True


def _dummy(element: DataElement) -> bool:
    """Put a value that says nothing; False where the kind of value has none."""
    if element.VR == "PN" or element.VR in _TEXT:
        element.value = "ANONYMISED"
    elif element.VR in _NUMBERS:
        element.value = 0
    elif element.VR == "AS":
        element.value = "000Y"
    elif element.VR == "DA":
        element.value = "19000101"
    elif element.VR == "DT":
        element.value = "19000101000000"
    elif element.VR == "TM":
        element.value = "000000"
    else:
        return False
    return True


def _each(value: Any, change: Any) -> Any:
    """Apply a change to one value or to each of several."""
    from pydicom.multival import MultiValue

    if isinstance(value, MultiValue | list):
        return [change(one) for one in value]
    return change(value)


def _shifted(text: str, days: int) -> str:
    """Return a date (or date and time) moved back; what is no full date is emptied.

    >>> _shifted("20240301123000.5", 1)
    '20240229123000.5'
    """
    digits = text.replace(".", "", 2) if len(text) == 10 and text[4] == "." else text
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
        return f"{day - timedelta(days=days):%Y%m%d}".zfill(8) + digits[8:]
    except (ValueError, OverflowError):
        return ""


def _is_ours_to_replace(element: DataElement) -> bool:
    """Say whether identifiers name things of this hospital, not entries of the standard."""
    if element.tag in _CLASSES or element.is_empty:
        return False
    values = element.value if element.VM > 1 else [element.value]
    return not all(str(value).startswith(_REGISTERED) for value in values)


def _cap_age(element: DataElement) -> bool:
    """Ages above 89 are rare enough to name a person: they all become 90."""
    text = str(element.value or "")
    if len(text) == 4 and text[:3].isdecimal() and text[3] == "Y" and int(text[:3]) > 89:
        element.value = "090Y"
        return True
    return False
