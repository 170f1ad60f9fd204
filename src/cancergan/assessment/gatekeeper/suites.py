"""The suites of a gate: simulated cases as drawn, under shifts, and the hard ones alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.cohort.shifts import Acquisition, Manifestation, Population, Shift
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.registry import Registry

AS_DRAWN = "as drawn"
FEWEST = 8  # cases of either side that a suite needs
HARDEST = 1 / 3  # share of the positive cases that an edge case takes
RING = 3  # pixels around a lesion that it is compared with
DEFAULT_SHIFTS = ("acquisition:0.5:noise", "acquisition:0.5:blur", "acquisition:0.5:gain")

_KINDS: dict[str, tuple[type[Shift], str]] = {
    "population": (Population, "by"),
    "manifestation": (Manifestation, "mechanism"),
    "acquisition": (Acquisition, "mechanism"),
}

Booleans = npt.NDArray[np.bool_]
Ease = Callable[[npt.NDArray[np.float64], Booleans], float]
EDGE_CASES: Registry[Ease] = Registry("edge case")


@EDGE_CASES.register("small lesions")
def area(image: npt.NDArray[np.float64], lesion: Booleans) -> float:
    """Return how many pixels a lesion has."""
    return float(lesion.sum())


@EDGE_CASES.register("faint lesions")
def contrast(image: npt.NDArray[np.float64], lesion: Booleans) -> float:
    """Return the distance of a lesion's mean from that of a ring around it, in ring deviations."""
    from scipy.ndimage import binary_dilation

    ring = binary_dilation(lesion, iterations=RING) & ~lesion
    grey = image.mean(0)
    if not ring.any():
        return np.inf
    return float(abs(grey[lesion].mean() - grey[ring].mean()) / max(grey[ring].std(), 1e-12))


@dataclass(frozen=True, eq=False)
class Suite:
    """One test of a gate.

    Attributes:
        name: "as drawn", "acquisition noise 0.5", "small lesions".
        variant: which of the cohorts its cases are of.
        rows: (n,) of that cohort.
        positive: (n,) whether the case shows what the model must find.
    """

    name: str
    variant: str
    rows: npt.NDArray[np.intp]
    positive: Booleans


@dataclass(frozen=True, eq=False)
class Suites:
    """The suites, the cohorts that they draw on, and those that could not be made, with reasons."""

    variants: Mapping[str, Cohort]
    suites: tuple[Suite, ...]
    left_out: Mapping[str, str]


def suites_of(
    cohort: Cohort,
    *,
    positive: Sequence[str],
    shifts: Sequence[str] = DEFAULT_SHIFTS,
    seed: int = 0,
) -> Suites:
    """Return the suites of a site's simulated cases.

    Args:
        cohort: phantoms or a generator's cases, with labels; with masks, the smallest and the
            faintest third of the positive lesions, against all negative cases, are suites too.
        positive: the classes that a model must find; all others are negative.
        shifts: what the site's cases may be like tomorrow, KIND:STRENGTH[:MECHANISM] each, kinds
            population, manifestation and acquisition.
        seed: of the shifts.

    Raises:
        BadInputError: no labels, an unknown class, fewer than 8 cases on a side, a malformed shift.
    """
    cohort.require("label")
    for name in positive:
        if name not in cohort.classes:
            raise unknown("class", name, cohort.classes)
    variants = {AS_DRAWN: cohort}
    for text in shifts:
        shift = shift_of(text)
        variants[_name(shift)] = _shifted(cohort, shift, seed)
    whole = [_whole(name, variant, positive) for name, variant in variants.items()]
    for suite in whole:
        reason = _too_few(suite.positive)
        if reason:
            raise BadInputError(f'suite "{suite.name}" of {cohort.origin}: {reason} Add cases.')
    edges, left_out = _edges(cohort, whole[0])
    return Suites(variants, (*whole, *edges), left_out)


def shift_of(text: str) -> Shift:
    """Return the shift that "acquisition:0.5:noise" names.

    Raises:
        BadInputError: another kind, or a strength that is no number from 0 to 1.
    """
    kind, strength, second, *rest = [*text.split(":"), "", ""]
    if kind not in _KINDS:
        raise unknown("kind of shift of a gate", kind, _KINDS)
    try:
        number = float(strength)
    except ValueError:
        raise BadInputError(
            f'shift "{text}": write KIND:STRENGTH or KIND:STRENGTH:MECHANISM.'
        ) from None
    if any(rest):
        raise BadInputError(f'shift "{text}": has more than three parts.')
    settings, name = _KINDS[kind]
    return settings(number, **({name: second} if second else {}))


def _shifted(cohort: Cohort, shift: Shift, seed: int) -> Cohort:
    if isinstance(shift, Population):
        return cohort.shifted(population=shift, seed=seed)
    if isinstance(shift, Manifestation):
        return cohort.shifted(manifestation=shift, seed=seed)
    assert isinstance(shift, Acquisition)
    return cohort.shifted(acquisition=shift, seed=seed)


def _name(shift: Shift) -> str:
    stated = shift.to_json()
    detail = [str(stated[key]) for key in ("mechanism", "by") if key in stated]
    return " ".join([shift.kind, *detail, f"{shift.strength:g}"])


def _whole(name: str, cohort: Cohort, positive: Sequence[str]) -> Suite:
    found = cohort.table["label"].astype(str).isin(positive).to_numpy()
    return Suite(name, name, np.arange(len(cohort)), found)


def _too_few(positive: Booleans) -> str:
    sides = int(positive.sum()), int((~positive).sum())
    if min(sides) >= FEWEST:
        return ""
    return f"{sides[0]} positive and {sides[1]} negative cases, needs {FEWEST} of each."


def _edges(cohort: Cohort, whole: Suite) -> tuple[list[Suite], dict[str, str]]:
    """Return the hardest positive cases, each kind against all negative ones."""
    rows = np.flatnonzero(whole.positive)
    pixels = [cohort.pixels(int(row)) for row in rows]
    lesions = [None if one.mask is None else one.mask > 0 for one in pixels]
    marked = [at for at, lesion in enumerate(lesions) if lesion is not None and lesion.any()]
    wanted = round(len(marked) * HARDEST)
    if wanted < FEWEST:
        reason = f"{len(marked)} positive cases have a mask, needs {round(FEWEST / HARDEST)}."
        return [], dict.fromkeys(EDGE_CASES, reason)
    negative = np.flatnonzero(~whole.positive)
    found = []
    for name, ease in EDGE_CASES.items():
        values = [ease(pixels[at].image.astype(np.float64), _there(lesions[at])) for at in marked]
        hardest = rows[np.array(marked)[np.argsort(values, kind="stable")[:wanted]]]
        chosen = np.sort(np.concatenate([hardest, negative]))
        found.append(Suite(name, whole.variant, chosen, whole.positive[chosen]))
    return found, {}


def _there(lesion: Booleans | None) -> Booleans:
    assert lesion is not None
    return lesion
