"""Edits of images as a source of pixels, and the rule that nobody's own image is written so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort.contents import Contents
from cancergan.cohort.lazy import LazySources
from cancergan.cohort.pixels import AnyArray, Header, Pixels, Source
from cancergan.core.errors import BadInputError
from cancergan.core.provenance import parts_of

Bits = npt.NDArray[np.bool_]
INJECTED, REMOVED = "injected", "removed"
COLUMN, PREFIX = "tampered", "tampered-"


@dataclass(frozen=True)
class Site:
    """A box in the image of one case.

    Attributes:
        row: the case's place in its cohort.
        corner: the first pixel along every axis.
        size: pixels along every axis.
    """

    row: int
    corner: tuple[int, ...]
    size: tuple[int, ...]

    @property
    def box(self) -> tuple[slice, ...]:
        """The spatial slices."""
        pairs = zip(self.corner, self.size, strict=True)
        return tuple(slice(first, first + length) for first, length in pairs)


@dataclass(frozen=True, eq=False)
class Edit:
    """What is changed in one image.

    Attributes:
        site: the box; its row says in which case.
        values: (C, *box) in the image's units.
        where: (*box), the pixels that are replaced; the others stay.
        kind: "injected" or "removed".
    """

    site: Site
    values: npt.NDArray[np.float32]
    where: Bits
    kind: str

    def into(self, box: AnyArray) -> AnyArray:
        """Return the pixels (C, *box) of the image with the edit, in their own data type."""
        return np.where(self.where, _stored(self.values, box.dtype), box)


@dataclass(frozen=True, eq=False)
class EditedSource:
    """The pixels of a case after an edit; its mask is where the edit is."""

    kept: Source
    edit: Edit

    def header(self) -> Header:
        """Return shape and data type, which stay."""
        return self.kept.header()

    def pixels(self) -> Pixels:
        """Read the pixels and put the edit in; every pixel outside of it is bit-equal."""
        found, edit = self.kept.pixels(), self.edit
        image = found.image.copy()
        box = (slice(None), *edit.site.box)
        image[box] = edit.into(image[box])
        mask = np.zeros(image.shape[1:], np.uint8)
        mask[edit.site.box] = edit.where
        return replace(found, image=image, mask=mask, arrays={})


@dataclass(frozen=True, eq=False)
class SavedEditSource:
    """The pixels of an edited case that was saved and opened again, whatever its table says."""

    kept: Source

    def header(self) -> Header:
        """Return shape and data type."""
        return self.kept.header()

    def pixels(self) -> Pixels:
        """Read the pixels."""
        return self.kept.pixels()


def with_marks(opened: Contents) -> Contents:
    """Return an opened cohort whose sources are marked where its provenance says they are edited.

    Lazy sources, of very long tables, stay as they are.
    """
    names, sources = told_edits(opened.provenance), opened.sources
    if not names or not sources or isinstance(sources, LazySources):
        return opened
    pairs = zip(sources, opened.case_ids, strict=True)
    marks = [SavedEditSource(source) if str(name) in names else source for source, name in pairs]
    return replace(opened, sources=marks)


def refuse_under_a_patient(contents: Contents) -> None:
    """Check that no edited case would be written as somebody's own image.

    Edited is what ``edited`` made, in memory (however wrapped since), by the provenance of a saved
    cohort, or by the column ``tampered``.

    Raises:
        BadInputError: an edited case has a patient other than its invented one, or no longer says
            that it is edited; names the case.
    """
    told = told_edits(contents.provenance)
    all_of_them = bool(contents.provenance.get(COLUMN))  # whatever the cases are called by now
    wrapped = not isinstance(contents.sources, LazySources)
    marks = contents.table.get(COLUMN)
    for index, case_id in enumerate(contents.case_ids):
        marked = marks is not None and marks.iloc[index] in (INJECTED, REMOVED)
        within = wrapped and bool(contents.sources) and _is_edited(contents.sources[index])
        if not (all_of_them or marked or within or case_id in told):
            continue
        row = contents.row(index)
        patient = str(row["patient_id"])
        if not patient.startswith(PREFIX):
            raise BadInputError(
                f'case "{case_id}" is an edited image and has patient_id "{patient}": edited '
                "images are not written under a patient's identity. Keep its invented patient."
            )
        if not marked or str(row.get("synthetic")) not in ("True", "true", "1", "1.0") or not told:
            raise BadInputError(
                f'case "{case_id}" is an edited image and no longer says so: keep the columns '
                f"`{COLUMN}` and `synthetic` and the provenance that it came with."
            )


def told_edits(provenance: Mapping[str, Any]) -> set[str]:
    """Return the edited cases that a provenance, or one of its parts, names."""
    record = provenance.get(COLUMN)
    names = set(record.get("edits", ())) if isinstance(record, dict) else set()
    for part in parts_of(provenance):
        names |= told_edits(part)
    return names


def _is_edited(source: object) -> bool:
    """Say whether a source, or one that it wraps, is an edited one."""
    if isinstance(source, EditedSource | SavedEditSource):
        return True
    if not is_dataclass(source):
        return False
    held = (getattr(source, field.name) for field in fields(source))
    return any(hasattr(part, "pixels") and _is_edited(part) for part in held)


def _stored(values: npt.NDArray[np.float32], dtype: np.dtype[Any]) -> AnyArray:
    """Return values as the image's data type holds them."""
    if dtype.kind not in "iu":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
