"""Compare two cohorts: measure both alike, ask the five kinds, and say which shift is which."""

from __future__ import annotations

from collections.abc import Mapping

from cancergan.assessment.shift_meter.kinds import KINDS, Outcome, Question
from cancergan.assessment.shift_meter.labels import ClassFrequency, black_box_shift
from cancergan.assessment.shift_meter.regions import Radiomics, first_order
from cancergan.assessment.shift_meter.report import (
    Evidence,
    KindFinding,
    ShiftReport,
    Status,
    in_words,
)
from cancergan.assessment.shift_meter.two_sample import classifier_two_sample
from cancergan.assessment.shift_meter.units import Units, measured_units, preparation_of
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.preparation import Preparation
from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Estimate
from cancergan.core.provenance import fingerprint
from cancergan.core.seeds import derive_seed

# These three look at the same images, so one shift can leave traces in another's evidence.
OF_IMAGES = ("acquisition", "manifestation", "annotation")
FEWEST_PATIENTS = 10


def compare_cohorts(
    reference: Cohort,
    other: Cohort,
    *,
    seed: int = 0,
    at_most: int = 1000,
    level: float = 0.05,
    permutations: int = 1999,
    radiomics: Radiomics = first_order,
) -> ShiftReport:
    """Say how far two cohorts differ, and in which of the five kinds of dataset shift.

    The other cohort may be another hospital's, a shifted one, or a synthetic one: then the report
    says what the generator introduced, and the real cases are first brought to its grid and window.
    Patients are compared, never single images.

    Args:
        reference: the cohort that differences are measured against, in its standard deviations.
        other: the cohort in question; masks, labels and attributes count where both have them.
        seed: of folds and permutations.
        at_most: cases to read of each cohort, of patients chosen at random.
        level: how often any kind at all may be called shifted though nothing is (Holm 1979).
        permutations: of each test; they bound how small p can be.
        radiomics: what is measured of a region of an image.

    Raises:
        BadInputError: fewer than 10 patients on a side, images of different kinds, or one that
            cannot be read.
    """
    has_images = reference.has_images and other.has_images
    has_masks = has_images and reference.has_masks and other.has_masks
    geometry = _geometry(other) if has_images else None
    planned_on = reference if geometry is None else other
    preparation = preparation_of(planned_on, at_most=at_most, seed=seed) if has_images else None

    def measure(cohort: Cohort, geometry: Preparation | None) -> Units:
        return measured_units(
            cohort,
            preparation,
            use_masks=has_masks,
            at_most=at_most,
            seed=seed,
            radiomics=radiomics,
            geometry=geometry,
        )

    return compare_units(
        measure(reference, geometry),
        measure(other, None),
        has_masks=has_masks,
        names=(reference.origin, other.origin),
        seed=seed,
        level=level,
        permutations=permutations,
        measured_in=None if preparation is None else preparation.to_json(),
    )


def compare_units(
    reference: Units,
    other: Units,
    *,
    has_masks: bool,
    names: tuple[str, str] = ("reference", "other"),
    seed: int = 0,
    level: float = 0.05,
    permutations: int = 1999,
    confidence: float = 0.95,
    measured_in: object = None,
) -> ShiftReport:
    """Compare two cohorts that were measured already (``measured_units``); see there.

    Raises:
        BadInputError: fewer than 10 patients on a side.
    """
    for name, units in zip(names, (reference, other), strict=True):
        if len(units) < FEWEST_PATIENTS:
            raise BadInputError(
                f"{name}: {len(units)} patients are too few to compare. Give {FEWEST_PATIENTS}."
            )
    question = Question(
        reference, other, has_masks, derive_seed(seed, "shift meter"), permutations, confidence
    )
    outcomes = {kind: test(question) for kind, test in KINDS.items()}
    evidence = {
        kind: _evidence(kind, outcome, question, measured_in) for kind, outcome in outcomes.items()
    }
    return ShiftReport(
        findings=_findings(outcomes, evidence, level),
        overall=_overall(question, measured_in),
        frequencies=_frequencies(question, measured_in),
        reference=names[0],
        other=names[1],
    )


def _findings(
    outcomes: Mapping[str, Outcome], evidence: Mapping[str, tuple[Evidence, ...]], level: float
) -> tuple[KindFinding, ...]:
    adjusted = holm({kind: found.p for kind, found in outcomes.items() if not found.reason})
    sure = {kind for kind, p in adjusted.items() if p <= level}
    effects = {kind: _effect(outcomes[kind]) for kind in adjusted}
    rivals = [kind for kind in OF_IMAGES if kind in sure]
    leading = max(rivals, key=lambda kind: abs(effects[kind]), default="")
    findings = []
    for kind, outcome in outcomes.items():
        if outcome.reason:
            words = f"{kind.capitalize()}: not tested ({outcome.reason})."
            findings.append(KindFinding(kind, "not tested", words))
            continue
        status: Status = "shifted" if kind in sure else "not shifted"
        if status == "shifted" and kind in OF_IMAGES and kind != leading:
            status = "may follow"
        words = in_words(evidence[kind][0])
        if status == "may follow":
            words += f"; it may follow from the stronger shift of {leading}"
        findings.append(
            KindFinding(
                kind=kind,
                status=status,
                sentence=f"{kind.capitalize()}: {_VERDICTS[status]} ({words}).",
                p=adjusted[kind],
                effect=effects[kind],
                evidence=evidence[kind],
            )
        )
    return tuple(findings)


_VERDICTS: Mapping[Status, str] = {
    "shifted": "shifted",
    "not shifted": "no shift found",
    "may follow": "differs",
}


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Return p values adjusted for their number (Holm 1979).

    >>> holm({"a": 0.01, "b": 0.5, "c": 0.02})
    {'a': 0.03, 'c': 0.04, 'b': 0.5}
    """
    adjusted: dict[str, float] = {}
    largest = 0.0
    for place, (name, value) in enumerate(sorted(p.items(), key=lambda item: item[1])):
        largest = max(largest, min(1.0, (len(p) - place) * value))
        adjusted[name] = largest
    return adjusted


def _effect(outcome: Outcome) -> float:
    strongest = outcome.strongest
    return 0.0 if strongest is None else strongest.value


def _evidence(
    kind: str, outcome: Outcome, question: Question, measured_in: object
) -> tuple[Evidence, ...]:
    ordered = sorted(outcome.measured, key=lambda found: (found.p, -abs(found.value)))
    return tuple(
        Evidence(
            _estimate(kind, one.name, one.value, (one.low, one.high), question, measured_in), one.p
        )
        for one in ordered
    )


def _overall(question: Question, measured_in: object) -> Evidence | None:
    if not (question.reference.embedding.shape[1] and question.other.embedding.shape[1]):
        return None
    found = classifier_two_sample(
        question.reference.embedding,
        question.other.embedding,
        seed=question.seed,
        permutations=min(499, question.permutations),
        confidence=question.confidence,
    )
    return Evidence(
        _estimate("overall", "two_sample_auc", found.area, found.interval, question, measured_in),
        found.p,
    )


def _frequencies(question: Question, measured_in: object) -> tuple[Evidence, ...]:
    found = black_box_shift(
        question.reference, question.other, seed=question.seed, confidence=question.confidence
    )
    if isinstance(found, str):
        return ()
    return tuple(_frequency(one, question, measured_in) for one in found)


def _frequency(one: ClassFrequency, question: Question, measured_in: object) -> Evidence:
    low, high = min(one.low, one.value), max(one.high, one.value)
    name = f"black-box frequency of {one.name}"
    return Evidence(
        _estimate(
            "prevalence", name, one.value, (low, high), question, measured_in, floor=one.reference
        ),
        one.p,
    )


def _estimate(
    kind: str,
    name: str,
    value: float,
    interval: tuple[float, float] | None,
    question: Question,
    measured_in: object,
    *,
    floor: float | None = None,
) -> Estimate:
    low, high = interval or (None, None)
    return Estimate(
        family="shift",
        name=name,
        space=kind,
        value=value,
        low=low,
        high=high,
        n_real=len(question.reference),
        n_synthetic=len(question.other),
        direction="neither",
        fingerprint=fingerprint(measured_in, kind, name),
        floor=floor,
        confidence=question.confidence,
    )


def _geometry(other: Cohort) -> Preparation | None:
    """Return how the training cases of a synthetic cohort were prepared; None of a real one."""
    recorded = other.provenance.get("preparation")
    return None if recorded is None else Preparation.from_json(recorded)
