"""Folders with a ``dataset.json``: Segmentation Decathlon and nnU-Net (versions 1 and 2)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.formats import image_suffix, stem
from cancergan.cohort.readers.pairing import images_in
from cancergan.cohort.sources import FileSource
from cancergan.cohort.tables_on_disk import resolve
from cancergan.core.errors import BadInputError
from cancergan.core.files import read_json

LAYOUT = "a Decathlon or nnU-Net folder (dataset.json)"
_CHANNEL = re.compile(r"(?P<case>.+)_\d{4}")


@dataclass(frozen=True)
class Entry:
    """One case as ``dataset.json`` names it: paths relative to the folder, one per channel."""

    split: str
    images: tuple[str, ...]
    mask: str | None


def detects(path: Path) -> bool:
    """Say whether there is a ``dataset.json``."""
    return (path / "dataset.json").is_file()


def read(path: Path) -> Contents:
    """Return the cases with ``split`` and masks; what the mask numbers mean is in provenance."""
    index = path / "dataset.json"
    record = read_json(index)
    entries = _listed(path, record) if "training" in record else _found(path, record)
    if not entries:
        raise BadInputError(f"{index}: names no case, and imagesTr holds none. Add the images.")
    sources = [
        FileSource(
            images=tuple(resolve(name, table=index, row=row) for name in entry.images),
            masks=(resolve(entry.mask, table=index, row=row, column="mask"),) if entry.mask else (),
        )
        for row, entry in enumerate(entries, start=1)
    ]
    table = pd.DataFrame(
        {
            "case_id": [_case_name(Path(entry.images[0])) for entry in entries],
            "split": [entry.split for entry in entries],
        }
    )
    provenance = {
        "dataset": record.get("name"),
        "channels": list((record.get("channel_names") or record.get("modality") or {}).values()),
        "mask_classes": _mask_classes(record.get("labels", {})),
    }
    return contents_of(table, sources, origin=str(index), provenance=provenance)


def _listed(folder: Path, record: Mapping[str, Any]) -> list[Entry]:
    """Decathlon and nnU-Net 1: the file lists its cases."""
    try:
        train = [
            Entry("train", _channel_files(folder, item["image"]), item.get("label"))
            for item in record["training"]
        ]
        test = [
            Entry("test", _channel_files(folder, item if isinstance(item, str) else item["image"]),
                  None)
            for item in record.get("test", [])
        ]  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInputError(
            f'{folder / "dataset.json"}: "training" must list {{"image", "label"}} ({error!r}).'
        ) from None
    return train + test


def _channel_files(folder: Path, name: str) -> tuple[str, ...]:
    """Return the file itself, or the files per channel (case_0000, ...) that stand for it."""
    path = folder / name
    if path.is_file():
        return (name,)
    suffix = image_suffix(path)
    siblings = sorted(path.parent.glob(f"{stem(path)}_[0-9][0-9][0-9][0-9]{suffix}"))
    return tuple(str(sibling.relative_to(folder)) for sibling in siblings) or (name,)


def _found(folder: Path, record: Mapping[str, Any]) -> list[Entry]:
    """nnU-Net 2: the folders tell which cases there are; ``dataset`` may name them instead."""
    entries = [
        Entry("train", tuple(files["images"]), files["label"])
        for files in record.get("dataset", {}).values()
    ]
    for split, images, masks in (("train", "imagesTr", "labelsTr"), ("test", "imagesTs", None)):
        if entries and split == "train":
            continue
        channels: dict[str, list[str]] = defaultdict(list)
        for path in images_in(folder / images):
            channels[_case_name(path)].append(f"{images}/{path.name}")
        for case, files in channels.items():
            mask = f"{masks}/{case}{record.get('file_ending', '.nii.gz')}" if masks else None
            entries.append(Entry(split, tuple(files), mask))
    _check_counts(folder / "dataset.json", record, entries)
    return entries


def _check_counts(index: Path, record: Mapping[str, Any], entries: list[Entry]) -> None:
    found = sum(entry.split == "train" for entry in entries)
    if record.get("numTraining", found) != found:
        raise BadInputError(
            f"{index}: states {record['numTraining']} training cases, imagesTr holds {found}. "
            "Restore the missing files or correct numTraining."
        )
    wanted = len(record.get("channel_names", {}))
    for entry in entries:
        if wanted and len(entry.images) != wanted:
            raise BadInputError(
                f"{index}: {entry.images[0]} has {len(entry.images)} channel files, "
                f"channel_names states {wanted}. Restore the missing files."
            )


def _case_name(path: Path) -> str:
    match = _CHANNEL.fullmatch(stem(path))
    return match["case"] if match else stem(path)


def _mask_classes(labels: Mapping[str, Any]) -> dict[str, Any]:
    """Return number -> name for both dialects ({"1": "tumour"} and {"tumour": 1})."""
    if all(key.isdecimal() for key in labels):
        return dict(labels)
    return {str(number): name for name, number in labels.items()}
