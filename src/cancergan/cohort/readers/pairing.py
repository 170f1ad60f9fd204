"""Which files of a folder are images, and which are the masks of which image."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from cancergan.cohort.formats import is_image, stem
from cancergan.cohort.sources import FileSource
from cancergan.core.errors import BadInputError

_MASK_NAME = re.compile(r"(?P<base>.+?)[_-](mask|label|seg|segmentation)(_\d+)?", re.IGNORECASE)


def images_in(folder: Path) -> list[Path]:
    """Return the visible image files of a folder, sorted by name; none if there is no folder."""
    return sorted(path for path in folder.glob("*") if is_image(path)) if folder.is_dir() else []


def paired_sources(folder: Path) -> list[FileSource]:
    """Return one source per image of a folder, with its masks.

    Knows ``images/`` beside ``masks/`` (equal stems), and masks beside their images: ``scan.png``
    with ``scan_mask.png`` (and ``scan_mask_1.png``), ``scan_image.nrrd`` with ``scan_label.nrrd``.

    Raises:
        BadInputError: a file in ``masks/`` belongs to no image, or a file is empty.
    """
    if images := images_in(folder / "images"):
        masks = _by_base(images, images_in(folder / "masks"), must_belong=True)
    else:
        found = images_in(folder)
        masks = _by_base(found, found, must_belong=False)
        used = {mask for group in masks.values() for mask in group}
        images = [path for path in found if path not in used]
    return [FileSource((image,), tuple(masks[image])) for image in images]


def _by_base(
    images: list[Path], candidates: list[Path], *, must_belong: bool
) -> dict[Path, list[Path]]:
    by_stem = {stem(image): image for image in images}
    masks: dict[Path, list[Path]] = defaultdict(list)
    for path in candidates:
        name = stem(path)
        match = _MASK_NAME.fullmatch(name)
        bases = [match["base"], f"{match['base']}_image"] if match else []
        if must_belong:
            bases.append(name)
        image = next((by_stem[base] for base in bases if base in by_stem), None)
        if image is not None and image != path:
            masks[image].append(path)
        elif must_belong:
            raise BadInputError(f"{path}: belongs to no image. Name it like its image.")
    return masks
