"""Folders of folders with images of several kinds: what can be opened is taken, with an account."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cancergan.cohort.account import FOREIGN, Account
from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.folders import files_within, refuse_links_out
from cancergan.cohort.formats import image_suffix, is_image, require_content
from cancergan.cohort.readers.manifest import unique_names
from cancergan.cohort.readers.pairing import paired_sources
from cancergan.cohort.sources import FileSource

LAYOUT = "folders within folders that hold images of any kind"


def detects(path: Path) -> bool:
    """Say whether there is an image anywhere below a folder."""
    return path.is_dir() and any(map(is_image, path.rglob("*")))


def read(path: Path) -> Contents:
    """Return every image below the folder, with the column ``folder``; masks as their images'.

    Raises:
        BadInputError: a link leads out of the folder, or an image is empty.
    """
    files = list(files_within(path))
    sources = _sources(path, files)
    used = {file for source in sources for file in (*source.images, *source.masks)}
    refuse_links_out(used, path)
    require_content(sorted(used))
    images = [source.images[0] for source in sources]
    table = pd.DataFrame(
        {
            "case_id": unique_names(images, path),
            "folder": [str(image.parent.relative_to(path)) for image in images],
        }
    )
    left_out = tuple((str(f.relative_to(path)), FOREIGN) for f in files if f not in used)
    account = Account(_kinds(sources), left_out)
    return contents_of(table, sources, origin=str(path), provenance={"account": account.to_json()})


def _sources(path: Path, files: list[Path]) -> list[FileSource]:
    """Return the sources of all folders; ``images`` and ``masks`` are read by their parent."""
    folders = sorted({file.parent for file in files if is_image(file)} | {path})
    parents = dict.fromkeys(
        folder.parent if folder.name in ("images", "masks") and folder != path else folder
        for folder in folders
    )
    return [source for folder in parents for source in paired_sources(folder)]


def _kinds(sources: list[FileSource]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for source in sources:
        for kind, files in (("image", source.images), ("mask", source.masks)):
            for file in files:
                name = f"{image_suffix(file)} {kind} files"
                counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))
