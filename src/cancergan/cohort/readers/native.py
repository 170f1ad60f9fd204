"""Our own folders: ``cohort.csv`` with ``cohort.json``, images in any format of a single file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.sources import FileSource
from cancergan.cohort.table import array_columns
from cancergan.cohort.tables_on_disk import read_csv, resolve
from cancergan.core.errors import BadInputError
from cancergan.core.files import read_json

LAYOUT = "a folder that cancergan saved (cohort.csv, cohort.json)"
VERSION = 1


def detects(path: Path) -> bool:
    """Say whether there are both files of a saved cohort; its table stands for the folder."""
    folder = _folder(path)
    return (folder / "cohort.csv").is_file() and (folder / "cohort.json").is_file()


def read(path: Path) -> Contents:
    """Return the saved cohort."""
    path = _folder(path)
    record = read_json(path / "cohort.json")
    if not isinstance(record, dict) or record.get("version") != VERSION:
        raise BadInputError(
            f"{path / 'cohort.json'}: is not of version {VERSION} of saved cohorts. "
            "Open it with the version of cancergan that saved it."
        )
    csv_path = path / "cohort.csv"
    table = read_csv(csv_path, text_columns=record.get("text_columns", []))
    return contents_of(
        table,
        sources_of(table, csv_path, record),
        origin=str(csv_path),
        classes=record.get("classes"),
        unit_is_known=record.get("unit_is_known"),
        provenance=record.get("provenance"),
    )


def _folder(path: Path) -> Path:
    return path.parent if path.name == "cohort.csv" else path


def sources_of(table: pd.DataFrame, path: Path, record: Mapping[str, Any]) -> list[FileSource]:
    """Return a source for every row of a table with the columns ``image`` and perhaps ``mask``,
    and where they are files ``source``, ``target``, ``dose`` and ``structures``.

    ``record`` may hold geometry by case id, and slope and intercept of the stored numbers.
    """
    if "image" not in table:
        return []
    geometry, scale = record.get("geometry", {}), record.get("scale", {})
    masks = table["mask"] if "mask" in table else pd.Series(pd.NA, index=table.index)
    further = array_columns(table)
    sources = []
    for row, (image, mask) in enumerate(zip(table["image"], masks, strict=True), start=1):
        known = geometry.get(str(table["case_id"].iloc[row - 1]), {}) if geometry else {}
        sources.append(
            FileSource(
                images=(resolve(image, table=path, row=row),),
                masks=() if pd.isna(mask) else (resolve(mask, table=path, row=row, column="mask"),),
                arrays=tuple(
                    (name, resolve(table[name].iloc[row - 1], table=path, row=row, column=name))
                    for name in further
                    if not pd.isna(table[name].iloc[row - 1])
                ),
                spacing=tuple(known["spacing"]) if "spacing" in known else None,
                affine=np.array(known["affine"]) if "affine" in known else None,
                **scale,
            )
        )
    return sources
