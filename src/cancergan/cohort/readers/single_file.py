"""A single image file as a cohort of one case."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.formats import is_image, require_content, stem
from cancergan.cohort.sources import FileSource

LAYOUT = "a single image or volume file"


def detects(path: Path) -> bool:
    """Say whether the path is a file of a known image format."""
    return is_image(path)


def read(path: Path) -> Contents:
    """Return the one case, named after its file."""
    require_content([path])
    table = pd.DataFrame({"case_id": [stem(path)]})
    return contents_of(table, [FileSource((path,))], origin=str(path))
