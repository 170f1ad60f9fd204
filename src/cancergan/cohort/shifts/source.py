"""A case whose pixels change when they are read, never before: a million cases cost no memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.pixels import AnyArray, Header, Pixels, Source


class Subject(NamedTuple):
    """Whose pixels they are: what decides the draws of a case, in whatever order cases are read."""

    case_id: str
    patient_id: str
    label: str | None


class Change(Protocol):
    """What a shift does to one case."""

    def header(self, header: Header) -> Header:
        """Return the header as it will be."""

    def pixels(self, pixels: Pixels, subject: Subject) -> Pixels:
        """Return the changed arrays; the same for the same subject."""


@dataclass(frozen=True, slots=True)
class ShiftedSource:
    """A source with a change on top."""

    inner: Source
    change: Change
    subject: Subject

    def header(self) -> Header:
        """Return the header after the change."""
        return self.change.header(self.inner.header())

    def pixels(self) -> Pixels:
        """Read the case and change it."""
        return self.change.pixels(self.inner.pixels(), self.subject)


def as_stored(values: Float64, dtype: np.dtype[Any]) -> AnyArray:
    """Return intensities in the data type of their file; whole numbers round and saturate."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        values = np.clip(np.rint(values), limits.min, limits.max)
    return np.asarray(values.astype(dtype))
