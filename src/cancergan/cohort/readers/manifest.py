"""A CSV table with a column ``image`` (and perhaps ``mask``), or a table without images."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.formats import stem
from cancergan.cohort.readers.native import paths_of, sources_of
from cancergan.cohort.tables_on_disk import read_csv
from cancergan.core.errors import BadInputError

LAYOUT = "a CSV table with a column `image`, or a folder with just one such table"
NEARLY_IMAGE = ("file", "filename", "file_name", "filepath", "path", "image_path", "image_id")


def detects(path: Path) -> bool:
    """Say whether the path is a CSV file, or a folder with just one that names images."""
    if path.is_file():
        return path.suffix.lower() == ".csv"
    return _table_within(path) is not None


def read(path: Path) -> Contents:
    """Return the cases of the table; every column is kept."""
    csv_path = path if path.is_file() else _table_within(path)
    assert csv_path is not None
    table = read_csv(csv_path)
    if "image" not in table:
        _refuse_misnamed_images(csv_path, table)
    sources = sources_of(table, csv_path, {})
    if sources and "case_id" not in table:
        table["case_id"] = unique_names(paths_of(table, csv_path), csv_path.parent)
    return contents_of(table, sources, origin=str(csv_path))


def unique_names(paths: list[Path], root: Path) -> list[str]:
    """Return the stems of files as case ids; where two are equal, folders below ``root`` as well.

    Raises nothing: ids that are still equal (img.png beside img.jpg) get their suffix.
    """
    stems = [stem(path) for path in paths]
    if len(set(stems)) == len(stems):
        return stems
    parts = [path.relative_to(root).parts for path in paths]
    names = ["_".join((*p[:-1], s)) for p, s in zip(parts, stems, strict=True)]
    return names if len(set(names)) == len(names) else ["_".join(p) for p in parts]


def _table_within(folder: Path) -> Path | None:
    tables = [p for p in folder.glob("*.csv") if not p.name.startswith(".")]
    if len(tables) != 1:
        return None
    with tables[0].open(encoding="utf-8-sig", errors="replace") as file:
        names = file.readline().strip().split(",")
    return tables[0] if "image" in [name.strip('"') for name in names] else None


def _refuse_misnamed_images(path: Path, table: pd.DataFrame) -> None:
    nearly = [name for name in table.columns if str(name).lower() in NEARLY_IMAGE]
    if nearly:
        raise BadInputError(
            f'{path}: has no column `image`, but "{nearly[0]}". Rename it to image; '
            "for a table without images, rename it to something else."
        )
