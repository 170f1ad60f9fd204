"""What an assessment brings home: findings, what could not be measured, pictures, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cancergan.core.estimates import Estimate

Source = Literal["real", "synthetic", "training"]


@dataclass(frozen=True)
class Skipped:
    """A measurement that was not made, and why; a report never drops one silently."""

    family: str
    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of the report: ``pixels`` uint8 (rows, columns) or (rows, columns, 3)."""

    pixels: npt.NDArray[np.uint8]
    source: Source
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Row:
    """Pictures that stand side by side under one caption."""

    caption: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, eq=False)
class Panel:
    """Rows of pictures with a title and a sentence or two.

    ``kind`` lays them out: "mixed" hides which picture is which until the reader asks.
    """

    title: str
    text: str
    rows: tuple[Row, ...]
    kind: Literal["mixed", "classes", "neighbours"] = "classes"


@dataclass(frozen=True)
class Findings:
    """The content of a report, before any view of it."""

    findings: tuple[Estimate, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    pictures: tuple[Panel, ...] = field(default=(), compare=False)

    def select(self, family: str, name: str, space: str | None = None) -> tuple[Estimate, ...]:
        """Return every finding of this family and name (and space, where one is given)."""
        return tuple(
            finding
            for finding in self.findings
            if (finding.family, finding.name) == (family, name) and space in (None, finding.space)
        )

    def find(self, family: str, name: str, space: str | None = None) -> Estimate | None:
        """Return the first finding of this family and name, or None where it was not measured."""
        return next(iter(self.select(family, name, space)), None)

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON object; the pictures live in the HTML view alone."""
        return {
            "findings": [finding.to_json() for finding in self.findings],
            "skipped": [asdict(skipped) for skipped in self.skipped],
            "provenance": dict(self.provenance),
        }
