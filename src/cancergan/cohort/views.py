"""Views: the same cases seen through another of their arrays, as a game reads them.

A game that translates reads two images of a case. A view says where each comes from: which array,
which of its channels, of which cases, and at which part of the size. What it gives is a cohort like
any other, so that planning, preparation, windows and fingerprints need to know nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from cancergan.cohort.attributes import Attribute, encoded, measured_attributes
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.pixels import AnyArray, Header, Pixels, Source
from cancergan.cohort.sources import MemorySource
from cancergan.core.errors import BadInputError, unknown


class View(BaseModel):
    """Where one column of a game comes from.

    Attributes:
        read: "image", "mask", or a further array of the cases ("source", "target", "dose", ...); or
            several of these, whose channels follow one another; or "table": columns of the table,
            which are an image without spatial axes.
        channels: which channels of it, all where empty; not for masks.
        where: a query that picks the cases ("centre == 'A'"); columns with different queries are
            drawn apart (unpaired).
        reduce: the side of this column is that of the game's image divided by this number.
        values: of a mask, the numbers that become one channel each, -1 outside and 1 inside; those
            found in the training cohort where empty. 0 is background and needs no channel.
        attributes: of a table, the columns by name or with their kind and range; all that say
            something of the patient where empty.
        leave_out: of a table, columns that are not taken where none are named ("outcome*").
        missing: of a table, whether gaps are refused or indicated by a channel of their own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    read: str | tuple[str, ...] = "image"
    channels: tuple[int, ...] = ()
    where: str | None = None
    reduce: int = Field(default=1, ge=1)
    values: tuple[int, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    leave_out: tuple[str, ...] = ()
    missing: Literal["refuse", "indicate"] = "refuse"

    @field_validator("attributes", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        """Take the name of a column for the column."""
        if not isinstance(value, list | tuple):
            return value
        return tuple({"name": one} if isinstance(one, str) else one for one in value)

    @property
    def is_table(self) -> bool:
        """Whether the column is of numbers and categories rather than of images."""
        return self.arrays == ("table",)

    @property
    def is_mask(self) -> bool:
        """Whether the column is a map of labels rather than of intensities."""
        return self.arrays == ("mask",)

    @property
    def arrays(self) -> tuple[str, ...]:
        """The arrays that are read, one or several."""
        return (self.read,) if isinstance(self.read, str) else self.read

    @property
    def columns(self) -> tuple[str, ...]:
        """What a cohort must hold: the arrays that are read, of a table its named columns."""
        if not self.is_table:
            return self.arrays
        return tuple(one.name for one in self.attributes if "*" not in one.name)


@dataclass(frozen=True)
class ViewSource:
    """The pixels of one case as a view shows them; its mask and geometry stay as they are."""

    source: Source
    view: View
    case_id: str

    def header(self) -> Header:
        """Return shape and data type; of a further array these are known only by reading it."""
        if self.view.arrays == ("image",) and not self.view.channels:
            return self.source.header()
        if self.view.arrays == ("image",):
            header = self.source.header()
            _check_channels(self.view.channels, header.shape[0], self.case_id)
            return replace(header, shape=(len(self.view.channels), *header.shape[1:]))
        if self.view.is_mask:
            header = self.source.header()
            shape = (len(self.view.values), *header.shape[1:])
            return replace(header, shape=shape, dtype=np.dtype(np.float32))
        pixels = self.pixels()
        return Header(pixels.image.shape, pixels.image.dtype, pixels.spacing)

    def pixels(self) -> Pixels:
        """Return the arrays of the case, the viewed one in the place of the image."""
        pixels = self.source.pixels()
        return replace(pixels, image=self._seen(pixels))

    def _seen(self, pixels: Pixels) -> AnyArray:
        parts = [self._array(pixels, name) for name in self.view.arrays]
        image = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if not self.view.channels:
            return image
        _check_channels(self.view.channels, len(image), self.case_id)
        return image[list(self.view.channels)]

    def _array(self, pixels: Pixels, name: str) -> AnyArray:
        if name == "image":
            return pixels.image
        if name == "mask":
            if pixels.mask is None:
                raise BadInputError(f'case "{self.case_id}": has no mask. Add one.')
            return np.stack([pixels.mask == value for value in self.view.values]).astype(np.float32)
        if name not in pixels.arrays:
            known = ["image", "mask", *pixels.arrays]
            raise unknown(f'array of case "{self.case_id}"', name, known)
        return pixels.arrays[name]


def viewed(cohort: Cohort, view: View) -> Cohort:
    """Return the chosen cases with the viewed array as their image.

    Raises:
        BadInputError: a column of the query or an array that there is not, no case left, or a mask
            view whose values are not known yet (see ``resolved``).
    """
    chosen = cohort if view.where is None else cohort.select(view.where)
    if view == View(where=view.where):
        return chosen
    if "mask" in view.arrays and not view.values:
        raise BadInputError(f"{cohort.origin}: a view of masks needs its values. Name them.")
    contents = chosen.contents
    if view.is_table:
        rows = encoded(chosen.table, view.attributes, origin=chosen.origin)
        return Cohort(replace(contents, sources=tuple(MemorySource(Pixels(row)) for row in rows)))
    sources = tuple(
        ViewSource(source, view, case_id)
        for source, case_id in zip(contents.sources, contents.case_ids, strict=True)
    )
    return Cohort(replace(contents, sources=sources))


def resolved(cohort: Cohort, view: View) -> View:
    """Return the view with the values of its masks, or its columns, as found in the cohort.

    Raises:
        BadInputError: a case without a mask, only empty masks, more than 32 values, a value that
            the view names and no mask holds, or a table that cannot be read (see
            ``measured_attributes``).
    """
    if view.is_table:
        chosen = cohort if view.where is None else cohort.select(view.where)
        attributes = measured_attributes(
            chosen.table,
            view.attributes,
            leave_out=view.leave_out,
            may_miss=view.missing == "indicate",
            origin=chosen.origin,
        )
        return view.model_copy(update={"attributes": attributes})
    if "mask" not in view.arrays:
        return view
    chosen = cohort if view.where is None else cohort.select(view.where)
    chosen.require("mask")
    found = mask_values(chosen)
    if view.values:
        absent = sorted(set(view.values) - found)
        if absent:
            raise BadInputError(
                f"{cohort.origin}: no mask holds {', '.join(map(str, absent))}; found "
                f"{', '.join(map(str, sorted(found)[:32]))}. Name values that there are."
            )
        return view
    values = tuple(sorted(found - {0}))
    if not values:
        raise BadInputError(f"{cohort.origin}: all masks are empty. Give masks with labels.")
    if len(values) > 32:
        raise BadInputError(
            f"{cohort.origin}: the masks hold {len(values)} different values "
            f"({', '.join(map(str, values[:5]))}, ...); a map of labels has few. Is it an image?"
        )
    return view.model_copy(update={"values": values})


def mask_values(cohort: Cohort) -> set[int]:
    """Return all values of a cohort's masks, 0 among them; cases without a mask have none."""
    found: set[int] = set()
    for index in range(len(cohort)):
        mask = cohort.pixels(index).mask
        if mask is not None:
            found |= set(np.unique(mask).tolist())
    return found


def picked(cohort: Cohort, where: str | None) -> Cohort:
    """Return the cases that a query picks; all, where the cohort has none of the query's columns.

    Whoever names cases without those columns has chosen them already.
    """
    if where is None or not any(str(name) in where for name in cohort.table.columns):
        return cohort
    return cohort.select(where)


def paired(views: Mapping[str, View]) -> bool:
    """Say whether all columns come from the same cases."""
    return len({view.where for view in views.values()}) <= 1


def _check_channels(channels: tuple[int, ...], there: int, case_id: str) -> None:
    for channel in channels:
        if not 0 <= channel < there:
            raise BadInputError(
                f'case "{case_id}": has {there} channels, so no channel {channel}. '
                f"Name channels from 0 to {there - 1}."
            )
