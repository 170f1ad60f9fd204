"""The folder that our own formats share: ``cohort.csv``, ``cohort.json``, ``images``, ``masks``."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cancergan.cohort.contents import Contents
from cancergan.cohort.pixels import AnyArray, Pixels
from cancergan.cohort.table import without_paths
from cancergan.cohort.tables_on_disk import csv_text
from cancergan.cohort.writers.record import geometry_of, record
from cancergan.core.errors import CancerganWarning
from cancergan.core.files import whole_folder, write_json, write_text

WriteFile = Callable[[Path, Pixels], None]
WriteArray = Callable[[Path, AnyArray], None]
_UNSAFE = re.compile(r'[\x00-\x1f/\\:*?"<>|%]|^\.|[. ]$')


def file_name(case_id: str) -> str:
    """Return a case id as a file name: what file systems refuse is written as %XX, reversibly.

    >>> file_name("Zürich/12")
    'Zürich%2F12'
    """
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", case_id)


def write_folder(
    contents: Contents,
    path: Path,
    *,
    suffix: str,
    write_image: WriteFile,
    write_mask: WriteFile,
    write_array: WriteArray | None = None,
    scale: Mapping[str, float] | None = None,
) -> None:
    """Write table, record, and one file per image, mask and further array; whole or not at all.

    A format without ``write_array`` leaves further arrays out, and says so.
    """
    table = without_paths(contents.table)
    images: list[str] = []
    masks: list[str] = []
    further: dict[str, dict[int, str]] = {}
    geometry: dict[str, dict[str, Any]] = {}
    with whole_folder(path) as folder:
        for index, case_id in enumerate(contents.case_ids if contents.sources else ()):
            pixels = contents.pixels(index)
            name = f"{file_name(case_id)}{suffix}"
            images.append(f"images/{name}")
            masks.append("" if pixels.mask is None else f"masks/{name}")
            _write(folder / images[-1], pixels, write_image)
            if pixels.mask is not None:
                _write(folder / f"masks/{name}", pixels, write_mask)
            for column, array in pixels.arrays.items():
                places = further.setdefault(column, {})
                if write_array is not None:
                    places[index] = f"{column}/{name}"
                    (folder / column).mkdir(exist_ok=True)
                    write_array(folder / places[index], array)
            if stated := geometry_of(pixels):
                geometry[case_id] = stated
        if images:
            table = table.assign(image=images)
        if any(masks):
            table = table.assign(mask=masks)
        for column, places in further.items():
            if write_array is None:
                _say_left_out(path, column)
            else:
                table = table.assign(
                    **{column: [places.get(row, "") for row in range(len(contents))]}
                )
        write_text(folder / "cohort.csv", csv_text(table))
        write_json(folder / "cohort.json", record(contents, table, geometry, scale or {}))


def _say_left_out(path: Path, column: str) -> None:
    warnings.warn(
        f"{path}: {column} is left out; only the native format keeps further arrays.",
        CancerganWarning,
        stacklevel=2,
    )


def _write(path: Path, pixels: Pixels, write_file: WriteFile) -> None:
    path.parent.mkdir(exist_ok=True)
    write_file(path, pixels)
