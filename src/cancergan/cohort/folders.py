"""Walking a folder that came from elsewhere: visible files in order, no link that leads out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from cancergan.core.errors import BadInputError


def files_within(root: Path) -> Iterator[Path]:
    """Yield the visible files of a folder and its subfolders, sorted by folder, then by name.

    Raises:
        BadInputError: a link leads out of the folder, or to nothing.
    """
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in subfolders:
            refuse_outside(Path(folder, name), root)
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith("."):
                refuse_outside(path, root)
                if path.is_file():
                    yield path


def refuse_links_out(paths: Iterable[Path], root: Path) -> None:
    """Raise BadInputError for the first file that a link, its own or a folder's, leads out."""
    known: set[Path] = set()
    for path in paths:
        refuse_outside(path, root)
        if path.parent not in known:
            known.add(path.parent)
            for folder in (path.parent, *path.parent.parents):
                if folder == root or not folder.is_relative_to(root):
                    break
                refuse_outside(folder, root)


def refuse_outside(path: Path, root: Path) -> None:
    """Raise BadInputError where a path is a link that leads out of ``root``, or to nothing."""
    if not path.is_symlink():
        return
    if not path.resolve().is_relative_to(root.resolve()):
        raise BadInputError(f"{path}: is a link out of the folder {root}. Copy what it points to.")
    if not path.exists():
        raise BadInputError(f"{path}: is a link to nothing. Restore what it points to.")
