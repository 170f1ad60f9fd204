"""Everything that the checks found in a cohort, and what of it a person has to act on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.curation.balance import Balance, balance, thin
from cancergan.cohort.curation.duplicates import Duplicate, duplicates, groups
from cancergan.cohort.curation.leakage import Leak, in_words, leaks_between_splits
from cancergan.cohort.curation.quality import Flag, flags
from cancergan.cohort.curation.survey import Survey, survey
from cancergan.cohort.describe import describe

Weight = Literal["error", "look", "good"]
MOST_NAMED = 3


@dataclass(frozen=True)
class Remark:
    """One sentence to act on ("error"), to look into ("look"), or to be glad of ("good")."""

    weight: Weight
    sentence: str


@dataclass(frozen=True, eq=False)
class Description:
    """A cohort described.

    Attributes:
        counts: what ``describe`` says: cases, classes, shapes, intensities.
        survey: what was seen of the images; None for a table alone.
        duplicates, flags, balance, leaks: what each check found.
    """

    counts: dict[str, Any]
    survey: Survey | None
    duplicates: tuple[Duplicate, ...]
    flags: tuple[Flag, ...]
    balance: tuple[Balance, ...]
    leaks: tuple[Leak, ...]

    @property
    def remarks(self) -> list[Remark]:
        """What to act on, errors first."""
        found = [*_on_leaks(self), *_on_duplicates(self), *_on_quality(self), *_on_overlays(self)]
        if few := thin([*self.balance]):
            found.append(Remark("look", f"Few cases of a class: {_listed(few, '; ')}."))
        weights = ("error", "look", "good")
        return sorted(found, key=lambda remark: weights.index(remark.weight))

    def to_json(self) -> dict[str, Any]:
        """Return all of it as a JSON object."""
        ids = self.survey.ids.tolist() if self.survey else []
        overlaid = self.survey.overlays if self.survey else ()
        return {
            **self.counts,
            "remarks": [{"weight": r.weight, "sentence": r.sentence} for r in self.remarks],
            "copies": [pair.to_json() for pair in self.duplicates],
            "quality": [
                {"case": ids[flag.position], "kind": flag.kind, "reason": flag.reason}
                for flag in self.flags
            ],
            "overlays": [
                {"case": case_id, "kind": overlay.kind, "box": list(overlay.box)}
                for case_id, found in zip(ids, overlaid, strict=True)
                for overlay in found
            ],
            "balance": [table.to_json() for table in self.balance],
            "leakage": [leak.to_json() for leak in self.leaks],
        }


def full_description(
    cohort: Cohort, *, progress: Callable[[int], None] = lambda read: None
) -> Description:
    """Return the description of a cohort after every check; reads every image.

    Raises:
        BadInputError: an image cannot be read; names it.
    """
    counts = describe(cohort)
    if not cohort.has_images:
        return Description(counts, None, (), (), tuple(balance(cohort)), ())
    seen = survey(cohort, progress=progress)
    pairs = duplicates(seen)
    return Description(
        counts=counts,
        survey=seen,
        duplicates=tuple(pairs),
        flags=tuple(flags(seen.quality)),
        balance=tuple(balance(cohort)),
        leaks=tuple(leaks_between_splits(cohort, pairs)),
    )


def _on_leaks(found: Description) -> list[Remark]:
    if found.leaks:
        sentence = in_words(list(found.leaks))
        return [Remark("error", sentence[0].upper() + sentence[1:])]
    if len(found.counts.get("splits", {})) > 1:
        return [Remark("good", "No patient and no image is in two splits.")]
    return []


def _on_duplicates(found: Description) -> list[Remark]:
    if found.survey is None:
        return []
    remarks = []
    torn = [pair for pair in found.duplicates if pair.labels]
    if torn:
        named = [
            f"{pair.first_id} ({pair.labels[0]}) = {pair.second_id} ({pair.labels[1]})"
            for pair in torn
            if pair.labels
        ]
        remarks.append(
            Remark(
                "error",
                f"One image, or nearly, under two labels, {_times(torn)}: {_listed(named)}.",
            )
        )
    for kind, words in (("exact", "equal pixel for pixel"), ("near", "nearly equal")):
        pairs = [pair for pair in found.duplicates if pair.kind == kind]
        if pairs:
            members = groups(pairs)
            cases = sum(map(len, members))
            sentence = (
                f"{_counted(cases, 'image')} in {_counted(len(members), 'group')} are {words}."
            )
            remarks.append(Remark("look", sentence + " Keep each group in one split."))
    return remarks or [Remark("good", "No image is there twice, nor nearly twice.")]


def _on_quality(found: Description) -> list[Remark]:
    if found.survey is None:
        return []
    kinds = Counter(flag.kind for flag in found.flags)
    remarks = []
    for kind, count in kinds.most_common():
        ids = [found.survey.case_id(flag.position) for flag in found.flags if flag.kind == kind]
        weight: Weight = "error" if kind in ("empty", "not finite") else "look"
        remarks.append(Remark(weight, f"{_counted(count, 'image')} {kind}: {_listed(ids)}."))
    return remarks or [Remark("good", "No image is empty, tiny, saturated or unusually blurred.")]


def _on_overlays(found: Description) -> list[Remark]:
    if found.survey is None:
        return []
    kinds = Counter(kind for held in found.survey.overlays for kind in {o.kind for o in held})
    words = {"text": "burned-in text", "calliper": "callipers", "ruler": "a ruler"}
    remarks = []
    for kind, count in sorted(kinds.items()):
        ids = [
            found.survey.case_id(position)
            for position, held in enumerate(found.survey.overlays)
            if any(overlay.kind == kind for overlay in held)
        ]
        sentence = f"{_counted(count, 'image')} may hold {words[kind]}: {_listed(ids)}."
        remarks.append(Remark("look", sentence))
    return remarks or [Remark("good", "No burned-in text, callipers or ruler was seen.")]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _times(items: list[Any]) -> str:
    return "once" if len(items) == 1 else f"{len(items)} times"


def _listed(names: list[str], comma: str = ", ") -> str:
    more = len(names) - MOST_NAMED
    return comma.join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
