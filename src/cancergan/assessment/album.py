"""The pictures of a report on disk: PNG files, and how they are laid out."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from cancergan.assessment.findings import Panel, PanelKind, Picture, Row, Source
from cancergan.core.errors import BadInputError
from cancergan.core.files import read_json, whole_folder, write_json
from cancergan.core.pictures import write_png

INDEX = "panels.json"


def save_panels(panels: Sequence[Panel], folder: Path) -> None:
    """Write panels into a folder, whole or not at all; without panels there is no folder."""
    if not panels:
        shutil.rmtree(folder, ignore_errors=True)
        return
    with whole_folder(folder, replace=True) as temporary:
        written = [
            _written(panel, f"{number:02d}", temporary) for number, panel in enumerate(panels)
        ]
        write_json(temporary / INDEX, written)


def open_panels(folder: Path) -> tuple[Panel, ...]:
    """Read panels from a folder; none where there is no such folder.

    Raises:
        BadInputError: the layout or a picture is missing or broken.
    """
    if not folder.exists():
        return ()
    path = folder / INDEX
    content = read_json(path)
    try:
        return tuple(_read(panel, folder) for panel in content)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(f"{path}: not readable ({error}). Save the report anew.") from None


def _written(panel: Panel, number: str, folder: Path) -> dict[str, Any]:
    rows = []
    for y, row in enumerate(panel.rows):
        pictures = []
        for x, picture in enumerate(row.pictures):
            name = f"{number}_{y:02d}_{x:02d}.png"
            write_png(folder / name, picture.pixels)
            pictures.append({"file": name, "source": picture.source, "caption": picture.caption})
        rows.append({"caption": row.caption, "pictures": pictures})
    return {"title": panel.title, "text": panel.text, "kind": panel.kind, "rows": rows}


def _read(panel: Mapping[str, Any], folder: Path) -> Panel:
    if panel["kind"] not in get_args(PanelKind):
        raise ValueError(f"a panel of kind {panel['kind']}")
    rows = tuple(
        Row(str(row["caption"]), tuple(_picture(item, folder) for item in row["pictures"]))
        for row in panel["rows"]
    )
    return Panel(str(panel["title"]), str(panel["text"]), rows, panel["kind"])


def _picture(item: Mapping[str, Any], folder: Path) -> Picture:
    from PIL import Image, UnidentifiedImageError

    if item["source"] not in get_args(Source):
        raise ValueError(f"a picture of source {item['source']}")
    # The name alone: a layout from elsewhere must not reach out of its folder.
    path = folder / Path(str(item["file"])).name
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image).astype(np.uint8)
    except (FileNotFoundError, UnidentifiedImageError):
        raise BadInputError(f"{path}: missing, or no picture. Save the report anew.") from None
    return Picture(pixels, item["source"], str(item["caption"]))
