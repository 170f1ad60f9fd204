"""What an assessment brings home: findings, what could not be measured, pictures, provenance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Estimate

Source = Literal["real", "synthetic", "training"]
PanelKind = Literal["mixed", "classes", "neighbours"]


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
    kind: PanelKind = "classes"


@dataclass(frozen=True)
class Point:
    """One point of a curve: ``y`` with its interval, where it has one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        for number in (self.x, self.y, self.low, self.high):
            if number is not None and not (
                isinstance(number, int | float) and math.isfinite(number)
            ):
                raise ValueError(f"{number!r} is not a finite number")


@dataclass(frozen=True)
class Curve:
    """How a figure changes along an axis, such as the number of cases.

    Attributes:
        title, text: what it shows, and how to read it.
        x, y: what the axes are.
        lines: points by the name of their line.
        level: a line to compare with (a floor, or chance); ``level_name`` says what it is.
    """

    title: str
    text: str
    x: str
    y: str
    lines: Mapping[str, tuple[Point, ...]]
    level: float | None = None
    level_name: str = ""

    @classmethod
    def from_json(cls, curve: Mapping[str, Any]) -> Curve:
        """Rebuild a curve from its JSON object.

        Raises:
            BadInputError: a key is missing, unknown or of another kind.
        """
        try:
            lines = {
                str(name): tuple(Point(**point) for point in points)
                for name, points in curve["lines"].items()
            }
            return cls(**{**curve, "lines": lines})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInputError(f"curve {curve}: not readable ({error}).") from None


@dataclass(frozen=True)
class Findings:
    """The content of a report, before any view of it.

    Attributes:
        findings: what was measured.
        skipped: what was not, and why.
        provenance: where all of it comes from.
        pictures: panels for people to look at.
        curves: figures along an axis.
        cautions: what is odd about the data, a sentence each: read them before any figure.
    """

    findings: tuple[Estimate, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    pictures: tuple[Panel, ...] = field(default=(), compare=False)
    curves: tuple[Curve, ...] = ()
    cautions: tuple[str, ...] = ()

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
        """Return the report as a JSON object; the pictures are kept beside it."""
        return {
            "findings": [finding.to_json() for finding in self.findings],
            "skipped": [asdict(skipped) for skipped in self.skipped],
            "curves": [asdict(curve) for curve in self.curves],
            "cautions": list(self.cautions),
            "provenance": dict(self.provenance),
        }
