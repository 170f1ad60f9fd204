"""A .npz archive as MedMNIST has it: ``train_images``, ``train_labels``, ``val_images``, ..."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.lazy import LazySources
from cancergan.cohort.npz import (
    RECORD,
    TABLE,
    ArchiveSource,
    member,
    member_header,
    member_names,
    place_columns,
    split_of_part,
)
from cancergan.cohort.tables_on_disk import parse_csv
from cancergan.core.errors import BadInputError

LAYOUT = "a MedMNIST-like .npz (train_images, train_labels, ...)"


def detects(path: Path) -> bool:
    """Say whether the path is a .npz file, or a folder that holds just one."""
    return _archive(path) is not None


def read(path: Path) -> Contents:
    """Return the cases with their ``split``; of an archive that we saved, its very table."""
    archive = _archive(path) or path
    names = member_names(archive)
    record: dict[str, Any] = {}
    if RECORD in names:
        record = json.loads(str(member(archive, RECORD)))
        text = str(member(archive, TABLE))
        table = parse_csv(text, archive, text_columns=record["text_columns"])
    else:
        table = _table(archive, names)
    return contents_of(
        table,
        _sources(archive, table, names, record),
        origin=str(archive),
        classes=record.get("classes"),
        unit_is_known=record.get("unit_is_known"),
        provenance=record.get("provenance"),
    )


def _archive(path: Path) -> Path | None:
    if path.is_file():
        return path if path.suffix.lower() == ".npz" else None
    found = [child for child in path.glob("*.npz") if not child.name.startswith(".")]
    return found[0] if len(found) == 1 else None


def _table(path: Path, names: list[str]) -> pd.DataFrame:
    """Return case ids, splits and labels; several labels a case are columns of their own."""
    parts = [name.removesuffix("_images") for name in names if name.endswith("_images")]
    if not parts:
        raise BadInputError(
            f"{path}: has the arrays {', '.join(names)}; needed: train_images, train_labels, ... "
            "Rename them, or open the arrays with Cohort.from_arrays."
        )
    tables = []
    for part in parts:
        count = member_header(path, f"{part}_images")[0][0]
        table = pd.DataFrame({"case_id": [f"{part}_{i:06d}" for i in range(count)]})
        table["split"] = split_of_part(part)
        if f"{part}_labels" in names:
            table = table.join(_labels(path, part, count))
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _labels(path: Path, part: str, count: int) -> pd.DataFrame:
    labels = member(path, f"{part}_labels")
    if len(labels) != count:
        raise BadInputError(
            f"{path}: {count} {part}_images but {len(labels)} {part}_labels. Make them equal."
        )
    columns = labels.reshape(count, -1)
    if columns.shape[1] == 1:
        return pd.DataFrame({"label": columns[:, 0]})
    return pd.DataFrame({f"label_{i}": column for i, column in enumerate(columns.T)})


def _sources(
    path: Path, table: pd.DataFrame, names: list[str], record: Mapping[str, Any]
) -> LazySources:
    place_of_row = place_columns(table)
    parts = set(place_of_row[0])
    return LazySources(
        _CasesOfArchive(
            path=path,
            place_of_row=place_of_row,
            # MedMNIST: (n, 28, 28), (n, 28, 28, 3) or (n, 28, 28, 28).
            channels_last={
                part: record.get("channels_last", len(shape) == 4 and shape[-1] == 3)
                for part in parts
                for shape in [member_header(path, f"{part}_images")[0]]
            },
            has_mask={part: f"{part}_masks" in names for part in parts},
            case_ids=table["case_id"].array if "geometry" in record else None,
            geometry=record.get("geometry", {}),
        ),
        len(table),
    )


@dataclass(frozen=True, eq=False)
class _CasesOfArchive:
    """Says where in the archive a row's arrays are."""

    path: Path
    place_of_row: tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]
    channels_last: Mapping[str, bool]
    has_mask: Mapping[str, bool]
    case_ids: Any
    geometry: Mapping[str, Any]

    def __call__(self, row: int) -> ArchiveSource:
        part, index = (str(self.place_of_row[0][row]), int(self.place_of_row[1][row]))
        known = {} if self.case_ids is None else self.geometry.get(str(self.case_ids[row]), {})
        return ArchiveSource(
            path=self.path,
            part=part,
            index=index,
            channels_last=self.channels_last[part],
            has_mask=self.has_mask[part],
            spacing=tuple(known["spacing"]) if "spacing" in known else None,
            affine=np.array(known["affine"]) if "affine" in known else None,
        )
