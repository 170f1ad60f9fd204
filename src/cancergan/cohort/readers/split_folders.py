"""Folders ``train``, ``validation`` and ``test``, each with class folders or images in it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.readers import class_folders, flat_folder

LAYOUT = "folders train, validation and test with class folders or images"
SPLITS = {"train": "train", "training": "train", "val": "validation", "valid": "validation",
           "validation": "validation", "test": "test"}  # fmt: skip


def detects(path: Path) -> bool:
    """Say whether every subfolder is named like a split and holds images or class folders."""
    folders = subfolders(path)
    return bool(folders) and all(
        folder.name.lower() in SPLITS
        and (class_folders.detects(folder) or flat_folder.detects(folder))
        for folder in folders
    )


def read(path: Path) -> Contents:
    """Return the cases of all parts with the column ``split``."""
    parts = {SPLITS[folder.name.lower()]: _part(folder) for folder in subfolders(path)}
    table = pd.concat([part.table.assign(split=split) for split, part in parts.items()])
    if table["case_id"].duplicated().any():
        table["case_id"] = table["split"] + "_" + table["case_id"]
    sources = [source for part in parts.values() for source in part.sources]
    return contents_of(table.drop(columns="patient_id"), sources, origin=str(path))


def _part(folder: Path) -> Contents:
    if class_folders.detects(folder):
        return class_folders.read(folder)
    return flat_folder.read(folder)


def subfolders(path: Path) -> list[Path]:
    """Return the folders in a folder, hidden ones left out."""
    if not path.is_dir():
        return []
    return sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))
