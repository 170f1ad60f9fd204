"""A whole study as one file: JSON tables and arrays in a zip, nothing that could be run."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from cancergan.core.errors import BadInputError
from cancergan.core.files import whole_file, whole_folder, write_json
from cancergan.reader_study.store import KEPT_TABLES, Store, audit, audit_is_whole
from cancergan.reader_study.study import DATABASE, FORMAT, IMAGES, MASKS, RECORD, Study

ARRAYS = "arrays.npz"
LARGEST_MEMBER = 2**34
BROKEN = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, NotImplementedError)


def export(study: Study, out: Path | str) -> Path:
    """Write settings, tables, audit trail and images of a study into one zip; whole."""
    tables: dict[str, list[dict[str, Any]]] = {}
    with study.store.reading() as connection:
        for table in KEPT_TABLES:
            rows = connection.execute(f"SELECT * FROM {table}").fetchall()
            tables[table] = [dict(row) for row in rows]
    arrays = {"images": study.images} | ({} if study.masks is None else {"masks": study.masks})
    with whole_file(Path(out)) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr(RECORD, json.dumps(study.record, indent=2))
        for table, content in tables.items():
            archive.writestr(f"tables/{table}.json", json.dumps(content, indent=1))
        packed = io.BytesIO()
        np.savez_compressed(packed, allow_pickle=False, **arrays)
        archive.writestr(ARRAYS, packed.getvalue())
    return Path(out)


def import_study(archive: Path | str, out: Path | str) -> Study:
    """Make a study folder of an exported file.

    Raises:
        BadInputError: the file is missing, broken, of another format, or its audit trail is not
            whole; or ``out`` is taken.
    """
    path = Path(archive)
    try:
        with whole_folder(Path(out)) as folder, zipfile.ZipFile(path) as opened:
            _unpack(opened, folder, path)
    except BROKEN as error:
        detail = " ".join(str(error).split())
        raise BadInputError(f"{path}: is no exported study, or a broken one ({detail}).") from None
    return Study.open(out)


def _unpack(opened: zipfile.ZipFile, folder: Path, path: Path) -> None:
    for member in opened.infolist():
        if member.file_size > LARGEST_MEMBER:
            raise BadInputError(f"{path}: {member.filename} would take {member.file_size:,} bytes.")
    record = json.loads(opened.read(RECORD))
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise BadInputError(f"{path}: is not of format {FORMAT}.")
    write_json(folder / RECORD, record)
    with np.load(io.BytesIO(opened.read(ARRAYS)), allow_pickle=False) as arrays:
        np.save(folder / IMAGES, arrays["images"], allow_pickle=False)
        if "masks" in arrays:
            np.save(folder / MASKS, arrays["masks"], allow_pickle=False)
    store = Store.create(folder / DATABASE)
    try:
        with store.writing() as connection:
            for table in KEPT_TABLES:
                _fill(connection, table, json.loads(opened.read(f"tables/{table}.json")))
            if not audit_is_whole(connection):
                raise BadInputError(f"{path}: its audit trail was changed after it was written.")
            audit(connection, "administrator", "import")
    except sqlite3.Error as error:
        raise BadInputError(f"{path}: its tables do not fit together ({error}).") from None


def _fill(connection: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    columns = [row["name"] for row in connection.execute(f"PRAGMA table_info({table})")]
    marks = ", ".join("?" for _ in columns)
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
        [[row[column] for column in columns] for row in rows],
    )
