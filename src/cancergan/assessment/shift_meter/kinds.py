"""The five tests: what of two cohorts each kind of shift looks at, and how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cancergan.assessment.shift_meter.labels import black_box_shift, surprise
from cancergan.assessment.shift_meter.permutation import Differences, differences
from cancergan.assessment.shift_meter.units import Units
from cancergan.cohort.case import Float64
from cancergan.core.seeds import derive_seed

RARE = 0.05
MASKS = ("lesion.", "outline.")


@dataclass(frozen=True)
class Measured:
    """One difference between the cohorts, in standard deviations of the reference.

    ``p`` is adjusted for all that its kind looked at.
    """

    name: str
    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Outcome:
    """What one kind's test found: everything measured, or why it could not be tested."""

    measured: tuple[Measured, ...] = ()
    reason: str = ""
    p: float = field(default=1.0)

    @property
    def strongest(self) -> Measured | None:
        """The surest difference, the largest of several that are equally sure."""
        if not self.measured:
            return None
        return min(self.measured, key=lambda found: (found.p, -abs(found.value)))


@dataclass(frozen=True)
class Question:
    """Two cohorts and how to compare them."""

    reference: Units
    other: Units
    has_masks: bool
    seed: int
    permutations: int
    confidence: float

    @property
    def labelled(self) -> bool:
        """Whether both cohorts have labels at all."""
        return all(units.table["label"].notna().any() for units in (self.reference, self.other))

    def compare(
        self, purpose: str, first: Float64, second: Float64, *, by_class: bool = True
    ) -> Differences | None:
        """Compare values of the patients of both, within classes where they are known."""
        strata = [
            units.table["label"].fillna("").astype(object).to_numpy()
            if by_class and self.labelled
            else np.full(len(units), "", dtype=object)
            for units in (self.reference, self.other)
        ]
        return differences(
            first,
            second,
            (strata[0], strata[1]),
            seed=derive_seed(self.seed, purpose),
            permutations=self.permutations,
            confidence=self.confidence,
        )

    def features(self, *prefixes: str) -> tuple[list[str], Float64, Float64]:
        """Return the features that both cohorts have, by the beginnings of their names."""
        mine, theirs = self.reference.features, self.other.features
        names = [
            name
            for name in mine.columns
            if name.startswith(prefixes)
            and name in theirs
            and mine[name].notna().sum() > 2
            and theirs[name].notna().sum() > 2
        ]
        return names, mine[names].to_numpy(dtype=float), theirs[names].to_numpy(dtype=float)


def population(question: Question) -> Outcome:
    """Attributes of the patients, within classes: who is in the cohort."""
    columns: dict[str, tuple[Float64, Float64]] = {}
    mine, theirs = question.reference.table, question.other.table
    for name in mine.columns:
        if name != "label" and name in theirs:
            columns |= _as_numbers(name, mine[name], theirs[name])
    if not columns:
        return Outcome(reason="no attribute of patients is in both tables")
    return _outcome(question, "population", columns)


def prevalence(question: Question) -> Outcome:
    """Class frequencies, patient by patient; of images where the other cohort has no labels."""
    if not question.labelled:
        return _from_images(question)
    mine, theirs = question.reference.table["label"], question.other.table["label"]
    names = sorted({str(name) for side in (mine, theirs) for name in side.dropna()})
    if len(names) < 2:
        return Outcome(reason="one class only")
    columns = {f"frequency of {name}": (_equal(mine, name), _equal(theirs, name)) for name in names}
    return _outcome(question, "prevalence", columns, by_class=False)


def _from_images(question: Question) -> Outcome:
    """Return class frequencies of a cohort without labels, as its images tell them."""
    if not question.reference.table["label"].notna().any():
        return Outcome(reason="no labels in the reference")
    found = black_box_shift(
        question.reference, question.other, seed=question.seed, confidence=question.confidence
    )
    if isinstance(found, str):
        return Outcome(reason=f"no labels in both cohorts, and {found}")
    measured = []
    for one in found:
        deviation = np.sqrt(one.reference * (1 - one.reference))
        value, low, high = (
            (share - one.reference) / deviation for share in (one.value, one.low, one.high)
        )
        name = f"black-box frequency of {one.name}"
        p = min(1.0, one.p * len(found))
        measured.append(Measured(name, value, min(low, value), max(high, value), p))
    return Outcome(tuple(measured), p=min(one.p for one in measured))


def acquisition(question: Question) -> Outcome:
    """The background; without masks the whole image, where it changes alike in every class."""
    names, mine, theirs = question.features("background.")
    if not names:
        return Outcome(reason="no images")
    if question.has_masks or not question.labelled:
        columns = {name: (mine[:, k], theirs[:, k]) for k, name in enumerate(names)}
        return _outcome(question, "acquisition", columns)
    return _in_every_class(question, names, mine, theirs)


def manifestation(question: Question) -> Outcome:
    """Lesions against their surroundings; without masks what changes in one class only."""
    if question.has_masks:
        names, mine, theirs = question.features("lesion.")
        columns = {name: (mine[:, k], theirs[:, k]) for k, name in enumerate(names)}
        if not columns:
            return Outcome(reason="too few lesions")
        return _outcome(question, "manifestation", columns)
    names, mine, theirs = question.features("background.")
    if not names or not question.labelled:
        return Outcome(reason="neither masks nor labels of images in both cohorts")
    return _class_by_class(question, names, mine, theirs)


def annotation(question: Question) -> Outcome:
    """Outlines against edges, and labels against what a classifier of the reference expects."""
    columns: dict[str, tuple[Float64, Float64]] = {}
    if question.has_masks:
        names, mine, theirs = question.features("outline.")
        columns = {name: (mine[:, k], theirs[:, k]) for k, name in enumerate(names)}
    odd = surprise(question.reference, question.other, seed=question.seed)
    if all(np.isfinite(side).sum() > 2 for side in odd):
        columns["label.surprise"] = odd
    if not columns:
        return Outcome(reason="neither masks nor labels of images in both cohorts")
    return _outcome(question, "annotation", columns)


KINDS: Mapping[str, Callable[[Question], Outcome]] = {
    "population": population,
    "prevalence": prevalence,
    "manifestation": manifestation,
    "acquisition": acquisition,
    "annotation": annotation,
}


def _outcome(
    question: Question,
    purpose: str,
    columns: Mapping[str, tuple[Float64, Float64]],
    *,
    by_class: bool = True,
) -> Outcome:
    first, second = (np.stack([pair[side] for pair in columns.values()], axis=1) for side in (0, 1))
    found = question.compare(purpose, first, second, by_class=by_class)
    if found is None:
        return Outcome(reason="fewer than 3 patients of the same classes")
    measured = tuple(
        Measured(name, *map(float, (found.value[k], found.low[k], found.high[k], found.p[k])))
        for k, name in enumerate(columns)
        if not np.isnan(found.value[k])
    )
    return Outcome(measured, p=min(one.p for one in measured))


def _in_every_class(
    question: Question, names: list[str], mine: Float64, theirs: Float64
) -> Outcome:
    """Return what changes in all classes with one sign; p is the worst class's.

    An intersection-union test (Berger 1982): exact for each feature without another correction.
    """
    found = list(_by_class(question, mine, theirs).values())
    if not found:
        return Outcome(reason="fewer than 3 patients of the same classes")
    weakest = np.abs([one.value for one in found]).argmin(axis=0)
    agree = np.abs(np.sign([one.value for one in found]).sum(axis=0)) == len(found)
    p = np.where(agree, np.max([one.p for one in found], axis=0), 1.0)
    measured = tuple(
        Measured(name, float(one.value[k]), float(one.low[k]), float(one.high[k]), float(p[k]))
        for k, name in enumerate(names)
        for one in [found[weakest[k]]]
    )
    return Outcome(measured, p=min(one.p for one in measured))


def _class_by_class(
    question: Question, names: list[str], mine: Float64, theirs: Float64
) -> Outcome:
    """Return how much more each class changes than the others do.

    Normal approximation of the difference of two differences, times the number of them all
    (Bonferroni): permutations cannot keep a change that all classes share.
    """
    from scipy.stats import norm

    found = _by_class(question, mine, theirs)
    if len(found) < 2:
        return Outcome(reason="fewer than two classes with 3 patients in both cohorts")
    quantile = norm.ppf(0.5 + question.confidence / 2)
    measured = []
    looks = len(names) * (len(found) if len(found) > 2 else 1)
    for name, one in list(found.items())[: None if len(found) > 2 else 1]:
        rest = [two for other, two in found.items() if other != name]
        value = one.value - np.mean([two.value for two in rest], axis=0)
        spread = ((one.high - one.low) / 2 / quantile) ** 2
        spread = spread + np.sum(
            [((two.high - two.low) / 2 / quantile / len(rest)) ** 2 for two in rest], axis=0
        )
        error = np.maximum(np.sqrt(spread), 1e-12)
        p = np.minimum(1.0, looks * 2 * norm.sf(np.abs(value) / error))
        half = quantile * error
        measured += [
            Measured(
                f"{feature} of {name}",
                float(value[k]),
                float(value[k] - half[k]),
                float(value[k] + half[k]),
                float(p[k]),
            )
            for k, feature in enumerate(names)
        ]
    return Outcome(tuple(measured), p=min(one.p for one in measured))


def _by_class(question: Question, mine: Float64, theirs: Float64) -> dict[str, Differences]:
    """Return the differences within each class that has 3 patients or more in both cohorts."""
    labels = [units.table["label"].to_numpy() for units in (question.reference, question.other)]
    found = {}
    for name in sorted({str(label) for label in labels[0] if isinstance(label, str)}):
        sides = mine[labels[0] == name], theirs[labels[1] == name]
        if min(map(len, sides)) >= 3:
            one = differences(
                *sides,
                (np.full(len(sides[0]), ""), np.full(len(sides[1]), "")),
                seed=derive_seed(question.seed, "class", name),
                permutations=question.permutations,
                confidence=question.confidence,
            )
            if one is not None:
                found[name] = one
    return found


def _as_numbers(
    name: str, mine: pd.Series[float], theirs: pd.Series[float]
) -> dict[str, tuple[Float64, Float64]]:
    """Return a column as numbers: itself, or one column of 0 and 1 for each frequent value."""
    if pd.api.types.is_numeric_dtype(mine) and pd.api.types.is_numeric_dtype(theirs):
        return {name: (np.asarray(mine, np.float64), np.asarray(theirs, np.float64))}
    both = pd.concat([mine, theirs]).dropna().astype(str).value_counts(normalize=True)
    frequent = sorted(both.index[both >= RARE])
    return {f"{name} {value}": (_equal(mine, value), _equal(theirs, value)) for value in frequent}


def _equal(values: pd.Series[float], name: str) -> Float64:
    """Return 1 where a value has this name, 0 where another, NaN where there is none."""
    equal = (values.astype(str) == name).to_numpy(dtype=np.float64)
    return np.asarray(np.where(values.isna(), np.nan, equal), dtype=np.float64)
