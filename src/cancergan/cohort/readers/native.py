"""Our own folders: ``cohort.csv`` with ``cohort.json``, images in any format of a single file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.lazy import LazySources
from cancergan.cohort.pixels import Source
from cancergan.cohort.sources import FileSource
from cancergan.cohort.table import array_columns
from cancergan.cohort.tables_on_disk import read_csv, resolve
from cancergan.core.errors import BadInputError
from cancergan.core.files import read_json

LAYOUT = "a folder that cancergan saved (cohort.csv, cohort.json)"
VERSION = 1
# Longer tables would take many seconds to open if every file were looked for.
CHECKED_AT_ONCE = 20_000
CHECKED_OF_MANY = 1_000


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


def sources_of(table: pd.DataFrame, path: Path, record: Mapping[str, Any]) -> Sequence[Source]:
    """Return a source for every row of a table with the columns ``image`` and perhaps ``mask``,
    and where they are files ``source``, ``target``, ``dose`` and ``structures``.

    ``record`` may hold geometry by case id, and slope and intercept of the stored numbers. Of very
    long tables only some files are looked for now, the others when they are read.

    Raises:
        BadInputError: names the first row whose file is not there or must not be opened.
    """
    if "image" not in table:
        return ()
    source = _FilesOfRows(
        path=path,
        images=table["image"].array,
        masks=table["mask"].array if "mask" in table else None,
        further={name: table[name].array for name in array_columns(table)},
        case_ids=table["case_id"].array if "geometry" in record else None,
        geometry=record.get("geometry", {}),
        scale=record.get("scale", {}),
    )
    if len(table) <= CHECKED_AT_ONCE:
        return [source(index) for index in range(len(table))]
    for index in np.linspace(0, len(table) - 1, CHECKED_OF_MANY).astype(int):
        source(int(index))
    return LazySources(source, len(table))


@dataclass(frozen=True, eq=False)
class _FilesOfRows:
    """Finds the files of a row."""

    path: Path
    images: Any
    masks: Any
    further: Mapping[str, Any]
    case_ids: Any
    geometry: Mapping[str, Any]
    scale: Mapping[str, float]

    def __call__(self, index: int) -> FileSource:
        known = {} if self.case_ids is None else self.geometry.get(str(self.case_ids[index]), {})
        mask = self._file("mask", self.masks, index)
        arrays = {name: self._file(name, cells, index) for name, cells in self.further.items()}
        return FileSource(
            images=(resolve(self.images[index], table=self.path, row=index + 1),),
            masks=() if mask is None else (mask,),
            arrays=tuple((name, file) for name, file in arrays.items() if file is not None),
            spacing=tuple(known["spacing"]) if "spacing" in known else None,
            affine=np.array(known["affine"]) if "affine" in known else None,
            **self.scale,
        )

    def _file(self, column: str, cells: Any, index: int) -> Path | None:
        """Return the file that a cell names, None where there is no such column or it is empty."""
        if cells is None or pd.isna(cells[index]):
            return None
        return resolve(cells[index], table=self.path, row=index + 1, column=column)


def paths_of(table: pd.DataFrame, path: Path) -> list[Path]:
    """Return the image file of every row; of very long tables as the table names them."""
    if len(table) > CHECKED_AT_ONCE:
        return [path.parent / str(name).replace("\\", "/") for name in table["image"]]
    return [resolve(name, table=path, row=row) for row, name in enumerate(table["image"], start=1)]
