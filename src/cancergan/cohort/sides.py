"""Left and right of one patient: each side with the other as what it is expected to look like."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.contents import contents_of
from cancergan.cohort.pixels import Header, Pixels, Source
from cancergan.core.errors import BadInputError

LATERALITY = "laterality"
SIDES = ("left", "right")


@dataclass(frozen=True)
class SideSource:
    """The pixels of one side, with the image of the other as ``source``."""

    side: Source
    other: Source
    mirror: bool

    def header(self) -> Header:
        """Return shape and data type of the side's own image."""
        return self.side.header()

    def pixels(self) -> Pixels:
        """Return the arrays of the side, ``source`` among them."""
        own, image = self.side.pixels(), self.other.pixels().image
        if self.mirror:
            image = np.ascontiguousarray(image[..., ::-1])
        return replace(own, arrays={**own.arrays, "source": image})


def with_other_side(cohort: Cohort, *, mirror: bool = False) -> Cohort:
    """Return every side of the patients who have both, with the other side's image as ``source``.

    ``mirror`` turns the other side over along the last axis, for images that are stored as they
    hang rather than with the chest wall on one side. The column ``other_case_id`` names the other.

    Raises:
        BadInputError: no column ``laterality``, another word than left or right in it, a patient
            with two images of one side, or none with both.
    """
    cohort.require(LATERALITY, "image")
    table = cohort.table
    rows: dict[str, dict[str, int]] = {}
    for row, (patient, side) in enumerate(
        zip(table["patient_id"].astype(str), table[LATERALITY].astype(str), strict=True)
    ):
        if side not in SIDES:
            raise BadInputError(f'{cohort.origin}: laterality "{side}" is neither left nor right.')
        if side in rows.setdefault(patient, {}):
            raise BadInputError(
                f'{cohort.origin}: patient "{patient}" has two images of the {side} side. Keep one.'
            )
        rows[patient][side] = row
    other: dict[int, int] = {}
    for sides in rows.values():
        if len(sides) == 2:
            left, right = sides["left"], sides["right"]
            other |= {left: right, right: left}
    if not other:
        raise BadInputError(f"{cohort.origin}: no patient has both sides. Give pairs.")
    kept = sorted(other)
    held = cohort.contents
    sources = [SideSource(cohort.source(row), cohort.source(other[row]), mirror) for row in kept]
    chosen = table.iloc[kept].reset_index(drop=True)
    chosen["other_case_id"] = table["case_id"].to_numpy()[[other[row] for row in kept]]
    return Cohort(
        contents_of(
            chosen, sources, origin=held.origin, classes=held.classes,
            unit_is_known=held.unit_is_known, provenance=held.provenance,
        )
    )  # fmt: skip
