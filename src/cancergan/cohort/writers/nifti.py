"""NIfTI volumes: float32 with spacing and affine."""

from __future__ import annotations

from pathlib import Path

from cancergan.cohort.contents import Contents
from cancergan.cohort.formats import nifti
from cancergan.cohort.writers.folder import write_folder


def write(contents: Contents, path: Path) -> None:
    """Write a folder of .nii.gz files that any viewer opens."""
    write_folder(
        contents,
        path,
        suffix=".nii.gz",
        write_image=nifti.write_image,
        write_mask=nifti.write_mask,
    )
