"""Layouts on disk that a cohort opens from, one file each; the first that fits reads.

A reader is a module with ``LAYOUT`` (a few words), ``detects(path)`` and ``read(path)``. To add
one, write its file and add it to ``READERS``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cancergan.cohort.contents import Contents
from cancergan.cohort.readers import (
    class_folders,
    decathlon,
    dicom,
    flat_folder,
    manifest,
    medmnist,
    mixed_folder,
    native,
    open_kbp,
    patient_archives,
    saved_parts,
    single_file,
    split_folders,
    treatment_benchmarks,
)
from cancergan.core.errors import BadInputError


class Reader(Protocol):
    """What a module of this package offers."""

    LAYOUT: str

    def detects(self, path: Path) -> bool:
        """Say whether the path has this layout, reading as little as possible."""

    def read(self, path: Path) -> Contents:
        """Return what is there; raise BadInputError naming the file or row at fault."""


READERS: tuple[Reader, ...] = (
    native, decathlon, open_kbp, patient_archives, medmnist, treatment_benchmarks,
    manifest, dicom, single_file,
    saved_parts, split_folders, class_folders, flat_folder, mixed_folder,
)  # fmt: skip


def read(path: Path) -> Contents:
    """Return what the first fitting reader finds at a path."""
    if not path.exists():
        raise BadInputError(f"{path}: not found. Check the path.")
    if path.is_file() and path.stat().st_size == 0:
        raise BadInputError(f"{path}: is empty (0 bytes). Restore the file or remove it.")
    for reader in READERS:
        if reader.detects(path):
            return reader.read(path)
    layouts = "; ".join(reader.LAYOUT for reader in READERS)
    raise BadInputError(f"{path}: holds nothing that a cohort opens from. Known: {layouts}.")
