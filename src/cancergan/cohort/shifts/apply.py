"""From strengths to a shifted cohort: the five kinds in the order in which they arise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import numpy as np
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

# So many cases, spread over the cohort, are looked at to see whether there are masks.
LOOKED_AT = 16
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
    masks = _has_masks(contents)
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
    masks = _has_masks(contents)
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
    inner, table = contents.sources, contents.table
    cases, patients = table["case_id"].array, table["patient_id"].array
    labels = table["label"].array if "label" in table else None

    def source(index: int) -> Source:
        label = None if labels is None or pd.isna(labels[index]) else str(labels[index])
        return ShiftedSource(inner[index], change, Subject(cases[index], patients[index], label))

    return replace(contents, sources=LazySources(source, len(contents)))


def _has_masks(contents: Contents) -> bool:
    if not contents.sources:
        return False
    looked_at = np.unique(np.linspace(0, len(contents) - 1, LOOKED_AT).astype(int))
    return any(contents.pixels(int(index)).mask is not None for index in looked_at)


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
