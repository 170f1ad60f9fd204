"""One folder per class, as ImageFolder has it: ``benign/*.png``, or ``benign/images`` + masks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.folders import refuse_links_out
from cancergan.cohort.formats import require_content
from cancergan.cohort.readers.manifest import unique_names
from cancergan.cohort.readers.pairing import images_in, paired_sources
from cancergan.core.errors import BadInputError

LAYOUT = "one folder of images per class"
_NOT_CLASSES = {"images", "masks"}


def detects(path: Path) -> bool:
    """Say whether there are folders with images in them that are named like classes."""
    return path.is_dir() and not images_in(path) and bool(_class_folders(path))


def read(path: Path) -> Contents:
    """Return the cases with their folder's name as ``label``."""
    sources = {folder.name: paired_sources(folder) for folder in _class_folders(path)}
    empty = [name for name, found in sources.items() if not found]
    if empty:
        raise BadInputError(f"{path / empty[0]}: holds no image. Add some or remove the folder.")
    every = [source for found in sources.values() for source in found]
    files = [file for source in every for file in source.images + source.masks]
    refuse_links_out(files, path)
    require_content(files)
    labels = [name for name, found in sources.items() for _ in found]
    names = unique_names([source.images[0] for source in every], path)
    table = pd.DataFrame({"case_id": names, "label": labels})
    return contents_of(table, every, origin=str(path))


def _class_folders(path: Path) -> list[Path]:
    """Return the subfolders, if at least one holds images and none is ``images`` or ``masks``."""
    folders = sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))
    if any(folder.name in _NOT_CLASSES for folder in folders):
        return []
    with_images = [f for f in folders if images_in(f) or images_in(f / "images")]
    return folders if with_images else []
