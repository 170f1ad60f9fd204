"""What one part of a split knows of another: shared patients, and images that are there twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.curation.duplicates import (
    LEAST_CORRELATION,
    Duplicate,
    duplicates,
)
from cancergan.cohort.curation.survey import Survey, survey
from cancergan.core.errors import BadInputError

Kind = Literal["patient", "exact", "near", "turned"]


@dataclass(frozen=True)
class Leak:
    """Something that is in two parts.

    Attributes:
        parts: the names of the two parts.
        kind: "patient" (the same patient), "exact" or "near" (the same image).
        first, second: the patient twice, or the case in either part.
        correlation: of two images, as ``duplicates`` measures it.
    """

    parts: tuple[str, str]
    kind: Kind
    first: str
    second: str
    correlation: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        held = {"parts": list(self.parts), "kind": self.kind, "cases": [self.first, self.second]}
        return held if self.correlation is None else held | {"correlation": self.correlation}


def leaks(parts: Mapping[str, Cohort], *, threshold: float = LEAST_CORRELATION) -> list[Leak]:
    """Return all patients, exact and near copies that two parts share.

    Patients count where a cohort names them; elsewhere images alone tell. Tables without images are
    checked for patients.

    Raises:
        BadInputError: fewer than two parts, or an image that cannot be read.
    """
    if len(parts) < 2:
        raise BadInputError(
            f"leakage: {len(parts)} part given. Give at least two, such as train, test."
        )
    found = _shared_patients(parts)
    if not all(part.has_images for part in parts.values()):
        return found
    surveys = [survey(part, copies_only=True) for part in parts.values()]
    return found + _shared_images(list(parts), surveys, threshold)


def leaks_between_splits(cohort: Cohort, pairs: Sequence[Duplicate]) -> list[Leak]:
    """Return the leaks between the parts that a column ``split`` names, given known copies."""
    table = cohort.table
    if "split" not in table:
        return []
    part = table["split"].astype(object).where(table["split"].notna(), None).to_numpy()
    found = []
    if cohort.unit_is_known:
        for patient, rows in table.groupby("patient_id", sort=True).groups.items():
            homes = sorted({str(part[row]) for row in rows if part[row] is not None})
            found += [
                Leak(two, "patient", str(patient), str(patient)) for two in combinations(homes, 2)
            ]
    for pair in pairs:
        first, second = part[pair.first], part[pair.second]
        if first is not None and second is not None and first != second:
            parts = str(first), str(second)
            found.append(Leak(parts, pair.kind, pair.first_id, pair.second_id, pair.correlation))
    return found


def check_leakage(parts: Mapping[str, Cohort], *, threshold: float = LEAST_CORRELATION) -> None:
    """Check that no patient and no image is in two parts.

    Raises:
        BadInputError: names how many of each kind are shared, and up to three of them.
    """
    found = leaks(parts, threshold=threshold)
    if found:
        raise BadInputError(f"{in_words(found)} Keep copies and patients in one part.")


def in_words(found: list[Leak]) -> str:
    """Return one sentence on leaks, with up to three examples of each kind.

    >>> in_words([Leak(("train", "test"), "patient", "P1", "P1")])
    'leakage: 1 shared patient (P1 in train and test).'
    """
    words = {"patient": "shared patient", "exact": "exact copy", "near": "near copy"}
    plural = {"patient": "shared patients", "exact": "exact copies", "near": "near copies"}
    sentences = []
    for kind in words:
        of_kind = [leak for leak in found if leak.kind == kind]
        if of_kind:
            noun = words[kind] if len(of_kind) == 1 else plural[kind]
            examples = "; ".join(map(_example, of_kind[:3]))
            sentences.append(f"{len(of_kind)} {noun} ({examples})")
    return f"leakage: {', '.join(sentences)}." if sentences else "no leakage found."


def _example(leak: Leak) -> str:
    first, second = leak.parts
    if leak.kind == "patient":
        return f"{leak.first} in {first} and {second}"
    return f"{first} {leak.first} = {second} {leak.second}"


def _shared_patients(parts: Mapping[str, Cohort]) -> list[Leak]:
    found = []
    for (a, first), (b, second) in combinations(parts.items(), 2):
        if first.unit_is_known and second.unit_is_known:
            shared = set(first.table["patient_id"]) & set(second.table["patient_id"])
            found += [Leak((a, b), "patient", name, name) for name in sorted(shared)]
    return found


def _shared_images(names: list[str], surveys: list[Survey], threshold: float) -> list[Leak]:
    """Look for copies among all cases at once, and keep those of two parts."""
    home = np.repeat(np.arange(len(surveys)), [len(seen) for seen in surveys])
    ids = [str(case_id) for seen in surveys for case_id in seen.ids]
    found = []
    for pair in duplicates(_joined(surveys), threshold=threshold):
        a, b = int(home[pair.first]), int(home[pair.second])
        if a != b:
            cases = ids[pair.first], ids[pair.second]
            found.append(Leak((names[a], names[b]), pair.kind, *cases, pair.correlation))
    return found


def _joined(surveys: list[Survey]) -> Survey:
    """Return several surveys as one; case ids get their part's number, so that none is double."""
    parts = [
        seen.cohort.with_column("case_id", [f"{number}/{name}" for name in seen.ids])
        for number, seen in enumerate(surveys)
    ]
    return Survey(
        cohort=Cohort.concatenate(parts),
        thumbnails=np.concatenate([seen.thumbnails for seen in surveys]),
        prints=tuple(digits for seen in surveys for digits in seen.prints),
        quality=tuple(held for seen in surveys for held in seen.quality),
        overlays=tuple(held for seen in surveys for held in seen.overlays),
        values=np.concatenate([seen.values for seen in surveys]),
    )
