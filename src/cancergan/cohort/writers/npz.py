"""One compressed .npz as MedMNIST has it, with the table and the record of the cohort inside."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from cancergan.cohort.contents import Contents
from cancergan.cohort.npz import RECORD, TABLE, places
from cancergan.cohort.pixels import AnyArray, Pixels
from cancergan.cohort.table import without_paths
from cancergan.cohort.tables_on_disk import csv_text
from cancergan.cohort.writers.record import geometry_of, record
from cancergan.core.errors import BadInputError
from cancergan.core.files import whole_file


def write(contents: Contents, path: Path) -> None:
    """Write an archive: ``path`` itself where it ends in .npz, else ``path/cohort.npz``.

    Raises:
        BadInputError: no images, unequal shapes, masks of some cases only, or it exists already.
    """
    target = path if path.suffix.lower() == ".npz" else path / "cohort.npz"
    if target.exists() or (path.is_dir() and any(path.iterdir())):
        raise BadInputError(f"{path}: exists already and is not empty. Choose another place.")
    cases = [contents.pixels(index) for index in range(len(contents))]
    _check_equal(contents, cases)
    channels_last = len(cases[0].image) > 1
    arrays = _arrays(contents, cases, channels_last=channels_last)
    table = without_paths(contents.table)
    geometry = dict(zip(contents.case_ids, map(geometry_of, cases), strict=True))
    about = record(contents, table, {k: v for k, v in geometry.items() if v}, {})
    arrays[TABLE] = np.array(csv_text(table))
    arrays[RECORD] = np.array(json.dumps(about | {"channels_last": channels_last}))
    with whole_file(target) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _arrays(contents: Contents, cases: list[Pixels], *, channels_last: bool) -> dict[str, AnyArray]:
    """Return images, masks and label codes (-1 for none), stacked by split."""
    codes = {name: code for code, name in enumerate(contents.classes)}
    labels = contents.table["label"] if contents.classes else [None] * len(cases)
    groups: dict[str, list[AnyArray]] = {}
    for (part, _), pixels, label in zip(places(contents.table), cases, labels, strict=True):
        image = np.moveaxis(pixels.image, 0, -1) if channels_last else pixels.image[0]
        groups.setdefault(f"{part}_images", []).append(image)
        if pixels.mask is not None:
            groups.setdefault(f"{part}_masks", []).append(pixels.mask)
        if codes:
            groups.setdefault(f"{part}_labels", []).append(np.array([codes.get(label, -1)]))
    return {name: np.stack(group) for name, group in groups.items()}


def _check_equal(contents: Contents, cases: list[Pixels]) -> None:
    first = contents.case_ids[0]
    for case_id, pixels in zip(contents.case_ids, cases, strict=True):
        if pixels.image.shape != cases[0].image.shape:
            raise BadInputError(
                f'case "{first}" has shape {cases[0].image.shape}, case "{case_id}" '
                f"{pixels.image.shape}: an .npz holds equal shapes only. Save as native."
            )
        if (pixels.mask is None) != (cases[0].mask is None):
            raise BadInputError(
                f'only one of the cases "{first}" and "{case_id}" has a mask: an .npz holds '
                "masks for all or none. Save as native."
            )
