"""Images that are there twice: pixel for pixel, or changed a little on the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.curation.neighbours import candidates
from cancergan.cohort.curation.registration import aligned_correlation
from cancergan.cohort.curation.survey import Survey, survey
from cancergan.cohort.curation.thumbnails import SYMMETRIES, VIEWS, Symmetry
from cancergan.cohort.curation.turned import turned_copies

# Chosen on breast ultrasound: planted copies came to 0.91 and more, and between 0.7 and 0.9 there
# is hardly a pair. Of 154,846 pairs of independent dermoscopy images none came above 0.86.
LEAST_CORRELATION = 0.9
MOST_EQUALS = 20
Kind = Literal["exact", "near", "turned"]


@dataclass(frozen=True)
class Duplicate:
    """Two cases that show the same image.

    Attributes:
        first, second: positions in the cohort, the smaller first.
        first_id, second_id: their case ids.
        kind: "exact" (all pixels equal), "near", or "turned" (by any angle).
        correlation: of the aligned detail; 1 where exact.
        change: what became of the one to look like the other ("mirrored", "cropped", ...).
        labels: the labels, where they differ; one of them is wrong.
    """

    first: int
    second: int
    first_id: str
    second_id: str
    kind: Kind
    correlation: float
    change: str = ""
    labels: tuple[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object without what is empty."""
        return {key: value for key, value in asdict(self).items() if value not in (None, "")}


def duplicates(
    cohort: Cohort | Survey, *, threshold: float = LEAST_CORRELATION, turned: bool = False
) -> list[Duplicate]:
    """Return the pairs of equal and nearly equal images, surest first.

    Finds copies that were resized, flipped, turned by 90 degrees, recompressed, re-windowed,
    cropped by up to a tenth of a side, or several of these. With ``turned`` also copies turned by
    any angle, cut and enlarged (see ``turned_copies``), at about a second of one core an image.
    Neighbouring slices of one patient may be as alike as copies, and are listed too.

    Raises:
        BadInputError: no images, or one that cannot be read.
    """
    seen = survey(cohort, copies_only=True) if isinstance(cohort, Cohort) else cohort
    found = [_pair(seen, *pair, "exact", 1.0) for pair in _exact(seen.prints)]
    found += _near(seen, threshold)
    if turned:
        found += _turned(seen, {(pair.first, pair.second) for pair in found})
    return sorted(found, key=lambda pair: (pair.kind, -pair.correlation, pair.first))


def groups(pairs: Sequence[Duplicate]) -> list[list[int]]:
    """Return the positions of cases that are copies of one another, chains joined, in order."""
    leader: dict[int, int] = {}

    def top(position: int) -> int:
        while leader.setdefault(position, position) != position:
            position = leader[position]
        return position

    for pair in pairs:
        leader[top(pair.second)] = top(pair.first)
    members = defaultdict(list)
    for position in sorted(leader):
        members[top(position)].append(position)
    return sorted(members.values())


def _exact(prints: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs of equals; of more than 20 equals, each with the first alone."""
    equal = defaultdict(list)
    for position, digits in enumerate(prints):
        equal[digits].append(position)
    return [
        pair
        for members in equal.values()
        for pair in (
            combinations(members, 2)
            if len(members) <= MOST_EQUALS
            else ((members[0], later) for later in members[1:])
        )
    ]


def _near(seen: Survey, threshold: float) -> list[Duplicate]:
    # Images without any contrast look alike to every measure; quality flags name them.
    rows = np.flatnonzero(seen.thumbnails.std(axis=(1, 2)) > 0)
    if len(rows) < 2:
        return []
    thumbnails = seen.thumbnails[rows]
    pairs = candidates(thumbnails)
    found = []
    for (a, b), view, symmetry in zip(pairs.pairs, pairs.view, pairs.symmetry, strict=True):
        if seen.prints[rows[a]] == seen.prints[rows[b]]:
            continue
        value = aligned_correlation(thumbnails[a], thumbnails[b], view=view, symmetry=symmetry)
        if value >= threshold:
            change = _in_words(SYMMETRIES[symmetry], cropped=VIEWS[view] != VIEWS[0])
            found.append(_pair(seen, int(rows[a]), int(rows[b]), "near", value, change))
    return found


def _turned(seen: Survey, known: set[tuple[int, int]]) -> list[Duplicate]:
    return [
        _pair(seen, one.first, one.second, "turned", one.correlation, one.change)
        for one in turned_copies(seen.thumbnails)
        if tuple(sorted((one.first, one.second))) not in known
    ]


def _pair(
    seen: Survey,
    first: int,
    second: int,
    kind: Kind,
    correlation: float,
    change: str = "",
) -> Duplicate:
    first, second = sorted((first, second))
    return Duplicate(
        first=first,
        second=second,
        first_id=seen.case_id(first),
        second_id=seen.case_id(second),
        kind=kind,
        correlation=round(min(correlation, 1.0), 4),
        change=change,
        labels=_differing_labels(seen.cohort.table, first, second),
    )


def _differing_labels(table: pd.DataFrame, first: int, second: int) -> tuple[str, str] | None:
    if "label" not in table:
        return None
    labels = table["label"].iloc[[first, second]]
    if labels.isna().any() or labels.iloc[0] == labels.iloc[1]:
        return None
    return str(labels.iloc[0]), str(labels.iloc[1])


def _in_words(symmetry: Symmetry, *, cropped: bool) -> str:
    swap, rows, columns = symmetry
    turns = {
        (False, False, False): "",
        (False, True, True): "turned by 180 degrees",
        (True, True, False): "turned by 90 degrees",
        (True, False, True): "turned by 90 degrees",
        (False, True, False): "mirrored",
        (False, False, True): "mirrored",
        (True, False, False): "mirrored and turned",
        (True, True, True): "mirrored and turned",
    }
    words = [turns[(swap, rows, columns)], "cropped" if cropped else ""]
    return ", ".join(word for word in words if word)
