"""Formats that a cohort is saved in, one file each, entered in ``FORMATS``."""

from __future__ import annotations

from pathlib import Path

from cancergan.cohort.contents import Contents
from cancergan.cohort.edits import refuse_under_a_patient
from cancergan.cohort.writers import dicom, native, nifti, npz, picture
from cancergan.core.errors import unknown

FORMATS = {
    "native": native.write, "png": picture.write, "npz": npz.write, "nifti": nifti.write,
    "dicom": dicom.write,
}  # fmt: skip


def write(contents: Contents, path: Path, format_name: str) -> None:
    """Write a cohort whole or not at all.

    Raises:
        BadInputError: an unknown format, pixels that it cannot hold, an edited image under a
            patient's name, or ``path`` is taken.
    """
    if format_name not in FORMATS:
        raise unknown("format", format_name, FORMATS)
    refuse_under_a_patient(contents)
    FORMATS[format_name](contents, path)
