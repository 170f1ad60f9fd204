"""CSV tables of cohorts: read with ids as text, paths resolved inside their folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath

import pandas as pd

from cancergan.cohort.formats import SUFFIXES, image_suffix
from cancergan.cohort.table import TEXT_COLUMNS
from cancergan.core.errors import BadInputError


def read_csv(path: Path, *, text_columns: Collection[str] | None = None) -> pd.DataFrame:
    """Return a CSV table from a file; see ``parse_csv``."""
    return parse_csv(_decoded(path), path, text_columns=text_columns)


def parse_csv(
    text: str, path: Path, *, text_columns: Collection[str] | None = None
) -> pd.DataFrame:
    """Return the table in a CSV text that came from ``path``.

    ``text_columns`` are kept letter for letter with only the empty field missing, as our own files
    state them. Without it ids and labels are text and pandas' words for "missing" count.

    Raises:
        BadInputError: not a table, no row, or a column twice.
    """
    names = _header(path, text)
    kept = TEXT_COLUMNS if text_columns is None else text_columns
    try:
        table = pd.read_csv(
            io.StringIO(text, newline=""),
            dtype={name: "str" for name in names if name in kept},
            keep_default_na=text_columns is None,
            na_values=[""],
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BadInputError(f"{path}: is not a CSV table ({reason}). Correct the file.") from None
    if table.empty:
        raise BadInputError(f"{path}: holds no row below its header. Give at least one case.")
    return table


def csv_text(table: pd.DataFrame) -> str:
    r"""Return a table as CSV text (RFC 4180) that ``parse_csv`` reads back letter for letter.

    Lines end in CR LF because the writer quotes a cell that holds a part of the line's end, and a
    reader takes any bare CR for one.
    """
    return str(table.to_csv(index=False, lineterminator="\r\n"))


def resolve(value: object, *, table: Path, row: int, column: str = "image") -> Path:
    """Return the file that a table names, relative to the table or to ``images/`` beside it.

    The suffix may be left out. Nothing outside the folder of the table is ever opened.

    Raises:
        BadInputError: the cell is empty, the path leaves the folder, or there is no such file.
    """
    place = f"{table.name}, row {row}"
    if pd.isna(value):  # type: ignore[call-overload]
        raise BadInputError(f"{place}: no {column}. Fill it in or remove the row.")
    name, folder = str(value), table.parent
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or PureWindowsPath(name).is_absolute() or ".." in parts.parts:
        raise BadInputError(f'{place}: {column} "{name}" leaves the folder. Use a path within it.')
    for base in (folder, folder / f"{column}s"):
        found = _existing(base / parts)
        if found is None:
            continue
        place_of_file = found.resolve() if found.is_symlink() else _real(found.parent)
        if not place_of_file.is_relative_to(_real(folder)):
            raise BadInputError(f'{place}: {column} "{name}" is a link out of the folder. Copy it.')
        if found.stat().st_size == 0:
            raise BadInputError(f'{place}: {column} "{name}" is empty (0 bytes). Restore the file.')
        return found
    looked = folder / f"{column}s" if (folder / f"{column}s").is_dir() else folder
    raise BadInputError(
        f'{place}: {column} "{name}" not found. Looked in {looked}. Fix the path or remove the row.'
    )


@lru_cache(maxsize=64)
def _real(folder: Path) -> Path:
    """Return where a folder is without links; kept, since all rows of a table ask for the same."""
    return folder.resolve()


def _existing(path: Path) -> Path | None:
    if path.is_file():
        return path
    if image_suffix(path):
        return None
    candidates = (path.with_name(path.name + suffix) for suffix in SUFFIXES)
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _decoded(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: is not UTF-8 text ({error}). Save it as UTF-8.") from None


def _header(path: Path, text: str) -> list[str]:
    names = next(csv.reader(io.StringIO(text, newline="")), [])
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise BadInputError(f'{path}: column "{double[0]}" is there twice. Rename one of them.')
    return names
