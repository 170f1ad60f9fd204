"""A study: a folder with its settings, its images and its database."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.files import read_json, whole_folder, write_json
from cancergan.core.validation import validated
from cancergan.reader_study.images import (
    Display,
    Shown,
    centred,
    codes,
    gather,
    open_images,
    plane_of,
    planned_display,
    shown,
)
from cancergan.reader_study.schedule import Item, choose_items, schedule
from cancergan.reader_study.settings import StudySettings
from cancergan.reader_study.store import Store, audit, fact, now

FORMAT = "cancergan-reader-study/1"
RECORD, DATABASE, IMAGES, MASKS = "study.json", "study.sqlite", "images.npy", "masks.npy"


@dataclass(frozen=True)
class Study:
    """An opened study folder.

    Attributes:
        path: the folder.
        settings, display: what it was made with.
        record: all of ``study.json``.
    """

    path: Path
    settings: StudySettings
    display: Display
    record: dict[str, Any]

    @classmethod
    def open(cls, path: Path | str) -> Study:
        """Open a study folder, wherever it was moved to.

        Raises:
            BadInputError: it is no study folder, or a part of it is missing.
        """
        folder = Path(path)
        if not (folder / RECORD).is_file():
            raise BadInputError(
                f"{folder}: is no reader study: it has no {RECORD}. Give the folder that "
                "`cancergan reader-study create` wrote, or import an exported file."
            )
        record = read_json(folder / RECORD)
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise BadInputError(f"{folder / RECORD}: is not of format {FORMAT}. Restore it.")
        for name in (DATABASE, IMAGES):
            if not (folder / name).is_file():
                raise BadInputError(f"{folder / name}: is missing. Restore the whole study folder.")
        settings = validated(StudySettings, record["settings"], where=str(folder / RECORD))
        study = cls(folder, settings, Display.from_json(record["display"]), record)
        if study.images.shape[1:] != study.display.shape or study.images.dtype != np.dtype("<u2"):
            raise BadInputError(f"{folder / IMAGES}: does not fit {RECORD}. Restore the study.")
        return study

    @property
    def store(self) -> Store:
        """The database."""
        return Store(self.path / DATABASE)

    @cached_property
    def images(self) -> npt.NDArray[np.uint16]:
        """Codes (n, channels, slices, rows, columns), mapped from disk."""
        return open_images(self.path / IMAGES)

    @cached_property
    def masks(self) -> npt.NDArray[np.uint8] | None:
        """Where the edit is, (n, slices, rows, columns) of 0 and 1; None without marks."""
        path = self.path / MASKS
        return open_images(path).view(np.uint8) if path.is_file() else None

    @property
    def locked_at(self) -> str | None:
        """When the study was locked; None while it is read."""
        with self.store.reading() as connection:
            return fact(connection, "locked_at")

    def lock(self) -> None:
        """End the reading for good: no more answers, and the truth may be analysed."""
        with self.store.writing() as connection:
            if fact(connection, "locked_at") is None:
                connection.execute("INSERT INTO facts VALUES ('locked_at', ?)", (now(),))
                audit(connection, "administrator", "lock")


def create(real: Cohort, synthetic: Cohort, out: Path | str, settings: StudySettings) -> Study:
    """Make a study folder: choose cases, draw every reader's order, and store the images.

    Raises:
        BadInputError: too few cases, images of different kinds, edits without a mask, or ``out``
            is taken.
    """
    items = choose_items(settings, real, synthetic)
    sides = (real, synthetic)
    chosen = [
        (side, position)
        for item in items
        for side, position in ((0, item.real), (1, item.synthetic))
        if position is not None
    ]
    for reader in range(settings.readers):
        schedule(settings, items, reader)  # refuses what does not fit before images are read
    plane = plane_of(real, [position for side, position in chosen if side == 0])

    def shown_of(side: int) -> Iterator[Shown]:
        for which, position in chosen:
            if which == side:
                yield shown(sides[side][position], image_size=settings.image_size, plane=plane)

    display = planned_display(gather([shown_of(0), shown_of(1)]), len(chosen))
    with whole_folder(Path(out)) as folder:
        _write_images(folder, settings, display, sides, chosen, plane)
        _fill(Store.create(folder / DATABASE), settings, items, sides, chosen)
        write_json(
            folder / RECORD,
            {
                "format": FORMAT,
                "created_at": now(),
                "settings": settings.model_dump(mode="json"),
                "display": display.to_json(),
                "real": {"cases": len(real), "fingerprint": real.fingerprint},
                "synthetic": {"cases": len(synthetic), "fingerprint": synthetic.fingerprint},
            },
        )
    return Study.open(out)


def _write_images(
    folder: Path,
    settings: StudySettings,
    display: Display,
    sides: tuple[Cohort, Cohort],
    chosen: Sequence[tuple[int, int]],
    plane: int | None,
) -> None:
    open_new = np.lib.format.open_memmap
    stored = open_new(folder / IMAGES, mode="w+", dtype="<u2", shape=(len(chosen), *display.shape))
    masks = None
    if settings.question.marks:
        shape = (len(chosen), *display.shape[1:])
        masks = open_new(folder / MASKS, mode="w+", dtype=np.uint8, shape=shape)
    for index, (side, position) in enumerate(chosen):
        case = sides[side][position]
        view = shown(case, image_size=settings.image_size, plane=plane)
        stored[index] = codes(view.image, display)
        if masks is None or side == 0:
            continue
        if view.mask is None or not view.mask.any():
            raise BadInputError(
                f'synthetic case "{case.case_id}": has no mask that says where it was edited. '
                "find-the-edit needs one in every synthetic case."
            )
        masks[index] = centred((view.mask > 0).astype(np.uint8), display.shape[1:])
    stored.flush()
    if masks is not None:
        masks.flush()


def _fill(
    store: Store,
    settings: StudySettings,
    items: Sequence[Item],
    sides: tuple[Cohort, Cohort],
    chosen: Sequence[tuple[int, int]],
) -> None:
    index_of = {place: index for index, place in enumerate(chosen)}
    tables = [cohort.table for cohort in sides]
    with store.writing() as connection:
        for index, (side, position) in enumerate(chosen):
            row = tables[side].iloc[position]
            label = str(row["label"]) if "label" in row and row["label"] is not None else ""
            connection.execute(
                "INSERT INTO images VALUES (?, ?, ?, ?, ?)",
                (index, side, str(row["case_id"]), str(row["patient_id"]), label),
            )
        for number, item in enumerate(items):
            real = None if item.real is None else index_of[0, item.real]
            synthetic = None if item.synthetic is None else index_of[1, item.synthetic]
            connection.execute(
                "INSERT INTO items VALUES (?, ?, ?, ?, ?)",
                (number, item.training, item.truth, real, synthetic),
            )
        for reader in range(settings.readers):
            _enter_reader(connection, settings, list(items), reader)
        audit(connection, "administrator", "create", {"settings": settings.model_dump(mode="json")})


def _enter_reader(
    connection: sqlite3.Connection, settings: StudySettings, items: list[Item], reader: int
) -> None:
    """Enter a reader's trials; what browsers see of them are random names that mean nothing."""
    connection.execute(
        "INSERT INTO readers (id, name) VALUES (?, ?)", (reader + 1, f"Reader {reader + 1}")
    )
    two = settings.question.images == 2
    for position, trial in enumerate(schedule(settings, items, reader)):
        connection.execute(
            "INSERT INTO trials (reader, position, phase, item, repeat, swapped, key, first_key,"
            " second_key, nonce) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (reader + 1, position, trial.phase, trial.item, trial.repeat, trial.swapped, name(),
             name(), name() if two else None, name()),
        )  # fmt: skip


def name() -> str:
    """Return a random name of 22 characters that nobody can guess."""
    return secrets.token_urlsafe(16)
