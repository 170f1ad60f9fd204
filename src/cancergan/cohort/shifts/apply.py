"""From strengths to a shifted cohort: the five kinds in the order in which they arise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from cancergan.cohort.contents import Contents
from cancergan.cohort.lazy import LazySources
from cancergan.cohort.pixels import Source
from cancergan.cohort.planning import spread_window
from cancergan.cohort.shifts.acquisition import AcquisitionChange, acquisitions
from cancergan.cohort.shifts.annotation import OutlineChange, outlines, relabelled
from cancergan.cohort.shifts.manifestation import LookChange, manifestations
from cancergan.cohort.shifts.rows import of_population, of_prevalence
from cancergan.cohort.shifts.settings import (
    Acquisition,
    Annotation,
    Manifestation,
    Population,
    Prevalence,
    Shift,
    as_settings,
)
from cancergan.cohort.shifts.source import Change, ShiftedSource, Subject
from cancergan.core.errors import BadInputError, unknown

SETTINGS: Mapping[str, type[Shift]] = {
    "population": Population,
    "prevalence": Prevalence,
    "manifestation": Manifestation,
    "acquisition": Acquisition,
    "annotation": Annotation,
}


def shifted_contents(
    contents: Contents, shifts: Mapping[str, float | Shift], *, seed: int
) -> Contents:
    """Return the contents after the shifts; those of strength 0 change nothing at all.

    Tables change now, pixels when they are read. The provenance lists what was done.

    Raises:
        BadInputError: a strength outside [0, 1], an unknown mechanism, or something that a shift
            needs (masks, labels, an attribute) is not there.
    """
    wanted = [as_settings(shifts.get(kind, 0.0), settings) for kind, settings in SETTINGS.items()]
    done = list(contents.provenance.get("shifts", []))
    for shift in wanted:
        if shift.strength > 0:
            contents, shift = APPLY[shift.kind](contents, shift, seed)
            done.append({**shift.to_json(), "seed": seed})
            contents = replace(contents, provenance={**contents.provenance, "shifts": done})
    return contents


def _population(contents: Contents, shift: Shift, seed: int) -> tuple[Contents, Shift]:
    assert isinstance(shift, Population)
    rows = of_population(contents.table, shift, seed=seed, origin=contents.origin)
    return contents.rows(rows), shift


def _prevalence(contents: Contents, shift: Shift, seed: int) -> tuple[Contents, Shift]:
    assert isinstance(shift, Prevalence)
    rows = of_prevalence(contents.table, shift, seed=seed, origin=contents.origin)
    return contents.rows(rows), shift


def _manifestation(contents: Contents, shift: Shift, seed: int) -> tuple[Contents, Shift]:
    assert isinstance(shift, Manifestation)
    masks = contents.has_masks
    name = shift.mechanism or ("contrast" if masks else "class")
    _known_mechanism("manifestation", name, manifestations)
    if name != "class" and not masks:
        raise BadInputError(
            f'{contents.origin}: manifestation "{name}" needs masks. Add masks, or use "class".'
        )
    label = shift.label
    if label is not None and label not in contents.classes:
        raise unknown("class", label, contents.classes)
    if name == "class" and label is None:
        label = _rarest(contents)
    shift = replace(shift, mechanism=name, label=label)
    return _with_change(contents, LookChange(name, shift.strength, seed, label)), shift


def _acquisition(contents: Contents, shift: Shift, seed: int) -> tuple[Contents, Shift]:
    assert isinstance(shift, Acquisition)
    _known_mechanism("acquisition", shift.mechanism, acquisitions)
    window = spread_window(contents)
    change = AcquisitionChange(shift.mechanism, shift.strength, window, seed)
    return _with_change(contents, change), shift


def _annotation(contents: Contents, shift: Shift, seed: int) -> tuple[Contents, Shift]:
    assert isinstance(shift, Annotation)
    masks = contents.has_masks
    name = shift.mechanism or ("dilation" if masks else "labels")
    shift = replace(shift, mechanism=name)
    if name == "labels":
        labels = relabelled(contents.table, shift.strength, seed=seed, origin=contents.origin)
        return replace(contents, table=contents.table.assign(label=labels)), shift
    _known_mechanism("annotation", name, [*outlines, "labels"])
    if not masks:
        raise BadInputError(
            f'{contents.origin}: annotation "{name}" needs masks. Add masks, or use "labels".'
        )
    return _with_change(contents, OutlineChange(name, shift.strength, seed)), shift


APPLY: Mapping[str, Callable[[Contents, Shift, int], tuple[Contents, Shift]]] = {
    "population": _population,
    "prevalence": _prevalence,
    "manifestation": _manifestation,
    "acquisition": _acquisition,
    "annotation": _annotation,
}


def _with_change(contents: Contents, change: Change) -> Contents:
    if not contents.sources:
        raise BadInputError(f"{contents.origin}: is a table without images to change.")
    labels = contents.table["label"].array if "label" in contents.table else None
    shifted = _Shifted(
        contents.sources,
        change,
        contents.table["case_id"].array,
        contents.table["patient_id"].array,
        labels,
    )
    return replace(contents, sources=LazySources(shifted, len(contents)))


@dataclass(frozen=True, eq=False)
class _Shifted:
    """Makes the source of a row; columns are kept whole, since a tuple a row takes more memory."""

    inner: Sequence[Source]
    change: Change
    case_ids: Any
    patient_ids: Any
    labels: Any

    def __call__(self, index: int) -> ShiftedSource:
        label = None if self.labels is None or pd.isna(self.labels[index]) else self.labels[index]
        subject = Subject(self.case_ids[index], self.patient_ids[index], label)
        return ShiftedSource(self.inner[index], self.change, subject)


def _rarest(contents: Contents) -> str:
    if len(contents.classes) < 2:
        raise BadInputError(
            f'{contents.origin}: manifestation "class" needs labels of two classes or more.'
        )
    counts = contents.table["label"].value_counts()
    return min(map(str, counts.index), key=lambda name: (counts[name], name))


def _known_mechanism(kind: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise unknown(f"mechanism of {kind}", name, known)
