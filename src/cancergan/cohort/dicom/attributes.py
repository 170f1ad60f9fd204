"""What the header of a series says of its patient, study and scanner: the columns of its row."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from cancergan.cohort.dicom.headers import text

if TYPE_CHECKING:
    from pydicom import Dataset

_SEXES = {"M": "male", "F": "female", "O": "other"}
_YEARS_PER_UNIT = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


def attributes_of(header: Dataset) -> dict[str, object]:
    """Return the columns that a header gives; None where it does not say.

    ``study`` is the date as a number of days; ``with_timepoints`` turns it into what a table keeps.
    """
    scanner = f"{text(header, 'Manufacturer')} {text(header, 'ManufacturerModelName')}"
    return {
        "patient_id": patient_of(header),
        "sex": _SEXES.get(text(header, "PatientSex")),
        "age": _age(header),
        "centre": text(header, "InstitutionName") or None,
        "scanner": scanner.strip() or None,
        "modality": text(header, "Modality") or None,
        "series_description": text(header, "SeriesDescription") or None,
        "study": _day(text(header, "StudyDate")),
    }


def patient_of(header: Dataset) -> str:
    """The patient, or where the file is anonymous what comes nearest: its study or series."""
    tags = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID")
    return next((found for tag in tags if (found := text(header, tag))), "unknown")


def with_timepoints(table: pd.DataFrame) -> pd.DataFrame:
    """Replace the day of the study by ``timepoint`` and ``days``; absolute dates are not kept.

    ``timepoint`` counts a patient's studies from 0 by date; ``days`` are those since the first.
    """
    if table["study"].isna().all():
        return table.drop(columns="study")
    by_patient = table.groupby("patient_id")["study"]
    order = by_patient.rank(method="dense") - 1
    days = table["study"] - by_patient.transform("min")
    counted = table.drop(columns="study").assign(timepoint=order, days=days)
    known = ["timepoint", "days"] if table["study"].notna().all() else []
    return counted.astype(dict.fromkeys(known, "int64"))


def _age(header: Dataset) -> float | None:
    """Return years by DICOM's age string ("063Y", "006M"), else by dates of birth and study."""
    stated = text(header, "PatientAge")
    if len(stated) == 4 and stated[:3].isdecimal() and stated[3] in _YEARS_PER_UNIT:
        return int(stated[:3]) * _YEARS_PER_UNIT[stated[3]]
    born, seen = _day(text(header, "PatientBirthDate")), _day(text(header, "StudyDate"))
    if born is None or seen is None or seen < born:
        return None
    return round((seen - born) / 365.25, 2)


def _day(stated: str) -> int | None:
    """Return a DICOM date as a number of days, None for what is no date."""
    digits = stated.replace(".", "")
    if len(digits) != 8 or not (digits.isascii() and digits.isdecimal()):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).toordinal()
    except ValueError:
        return None
