"""A folder of images without labels, or ``images/`` beside ``masks/``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.folders import refuse_links_out
from cancergan.cohort.formats import require_content
from cancergan.cohort.readers.manifest import unique_names
from cancergan.cohort.readers.pairing import images_in, paired_sources

LAYOUT = "a folder of images"


def detects(path: Path) -> bool:
    """Say whether the folder, or ``images/`` in it, holds images."""
    return path.is_dir() and bool(images_in(path) or images_in(path / "images"))


def read(path: Path) -> Contents:
    """Return the images, sorted by name."""
    sources = paired_sources(path)
    files = [file for source in sources for file in source.images + source.masks]
    refuse_links_out(files, path)
    require_content(files)
    names = unique_names([source.images[0] for source in sources], path)
    return contents_of(pd.DataFrame({"case_id": names}), sources, origin=str(path))
