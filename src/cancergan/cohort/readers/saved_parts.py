"""Folders ``train``, ``validation`` and ``test`` of saved cohorts, as ``cohort split`` writes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.readers import native
from cancergan.cohort.readers.split_folders import SPLITS, subfolders
from cancergan.core.errors import BadInputError

LAYOUT = "folders train, validation and test of saved cohorts"


def detects(path: Path) -> bool:
    """Say whether every subfolder is named like a split and holds a saved cohort."""
    folders = subfolders(path)
    return bool(folders) and all(
        folder.name.lower() in SPLITS and native.detects(folder) for folder in folders
    )


def read(path: Path) -> Contents:
    """Return the cases of all parts with their own patients and labels, and the column ``split``.

    Raises:
        BadInputError: a part without images beside parts with images.
    """
    parts = {SPLITS[folder.name.lower()]: native.read(folder) for folder in subfolders(path)}
    if len({bool(part.sources) for part in parts.values()}) > 1:
        raise BadInputError(f"{path}: some parts have images and some have none. Save them alike.")
    tables = [part.table.assign(split=split) for split, part in parts.items()]
    return contents_of(
        pd.concat(tables, ignore_index=True),
        [source for part in parts.values() for source in part.sources],
        origin=str(path),
        classes=list(dict.fromkeys(name for part in parts.values() for name in part.classes)),
        unit_is_known=all(part.unit_is_known for part in parts.values()),
        provenance={"parts": {split: dict(part.provenance) for split, part in parts.items()}},
    )
