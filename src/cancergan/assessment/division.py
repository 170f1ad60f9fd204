"""Which real cases are the reference and which the encoder learns from, checked before any work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cancergan.cohort.cohort import Cohort, check_disjoint
from cancergan.cohort.identity import patient_fingerprints
from cancergan.cohort.views import View, viewed
from cancergan.core.errors import BadInputError

FEWEST_CASES = 8


@dataclass(frozen=True, eq=False)
class Division:
    """The cohorts of an assessment by the part that each one plays.

    Attributes:
        real: held-out real cases, the reference.
        synthetic: the cases under assessment.
        learning: real cases for encoder and classifier.
        generator_saw_learning: whether ``learning`` is what the generator was trained on.
        account: one sentence on how the real cases were divided.
    """

    real: Cohort
    synthetic: Cohort
    learning: Cohort
    generator_saw_learning: bool
    account: str


def divide(*, real: Cohort, synthetic: Cohort, training: Cohort | None, seed: int) -> Division:
    """Return who plays which part: by the given cohorts, by a ``split`` column, or by halves.

    Raises:
        BadInputError: too few cases, tables beside images, other channels, or a shared patient.
    """
    given = {"real": real, "synthetic": synthetic, "training": training}
    cohorts = {name: cohort for name, cohort in given.items() if cohort is not None}
    _check_kind(cohorts)
    for name, cohort in cohorts.items():
        _check_size(name, cohort)
    division = _division(real, synthetic, training, seed)
    _check_unseen(division)
    division = _as_generated(division)
    _check_size("held-out real", division.real)
    _check_size("training", division.learning)
    _check_channels(division)
    check_disjoint({"real": division.real, "training": division.learning})
    return division


def _division(real: Cohort, synthetic: Cohort, training: Cohort | None, seed: int) -> Division:
    if training is not None:
        account = "The training cohort was given; the real cohort is the reference."
        return Division(real, synthetic, training, True, account)
    table = real.table
    if "split" in table and {"train", "test"} <= set(table["split"].astype(str)):
        rows = table["split"].astype(str)
        parts = {name: real.select((rows == name).to_numpy()) for name in ("train", "test")}
        account = "The split column of the real cohort says which cases are training and test."
        return Division(parts["test"], synthetic, parts["train"], True, account)
    if len(real) < 2 * FEWEST_CASES:
        raise BadInputError(
            f"real cohort: {len(real)} cases, needs {2 * FEWEST_CASES} to be halved. "
            "Give more cases, or the training cohort as well."
        )
    halves = real.split({"learning": 0.5, "reference": 0.5}, seed=seed)
    account = (
        "No training cohort was given: one half of the real patients taught encoder and "
        "classifier, the other half is the reference."
    )
    return Division(halves["reference"], synthetic, halves["learning"], False, account)


def _as_generated(division: Division) -> Division:
    """Return the real cases as the generator's view shows them, where that is some channels alone.

    A translator from pre- to post-contrast makes one channel of the three that its cases have, and
    of those cases only that have the sequence. Real cases that were cut alike already stay.
    """
    recorded = division.synthetic.provenance.get("view")
    if recorded is None or not division.real.has_images:
        return division
    view = View.model_validate(recorded)
    shown = division.synthetic.header(0).shape[0]
    if not view.channels or view.arrays != ("image",) or len(view.channels) != shown:
        return division
    real, learning = (_shown(part, view, shown) for part in (division.real, division.learning))
    if real is division.real and learning is division.learning:
        return division
    numbers = ", ".join(map(str, view.channels))
    only = "" if view.where is None else f", and only cases where {view.where}"
    account = f"{division.account} Of real images channel {numbers} alone, as was generated{only}."
    return replace(division, real=real, learning=learning, account=account)


def _shown(cohort: Cohort, view: View, channels: int) -> Cohort:
    return cohort if cohort.header(0).shape[0] == channels else viewed(cohort, view)


def _check_kind(cohorts: Mapping[str, Cohort]) -> None:
    """Refuse tables beside images; tables alone are compared column by column."""
    if len({cohort.has_images for cohort in cohorts.values()}) > 1:
        without = [name for name, cohort in cohorts.items() if not cohort.has_images]
        raise BadInputError(
            f"{without[0]} cohort ({cohorts[without[0]].origin}): has no images, the others have. "
            "Compare images with images, or tables with tables."
        )


def _check_size(name: str, cohort: Cohort) -> None:
    if len(cohort) < FEWEST_CASES:
        raise BadInputError(
            f"{name} cohort ({cohort.origin}): {len(cohort)} cases, needs {FEWEST_CASES} or more. "
            "No figure from fewer would mean anything."
        )


def _check_channels(division: Division) -> None:
    if not division.real.has_images:
        return
    shapes = {
        "real": division.real.header(0).shape,
        "synthetic": division.synthetic.header(0).shape,
        "training": division.learning.header(0).shape,
    }
    kinds = {name: (shape[0], len(shape) - 1) for name, shape in shapes.items()}
    if len(set(kinds.values())) > 1:
        listed = ", ".join(f"{name} {c} in {d}D" for name, (c, d) in kinds.items())
        raise BadInputError(f"numbers of channels differ: {listed}. Compare like with like.")


def _check_unseen(division: Division) -> None:
    """Refuse a reference whose patients the generator was trained on, by their fingerprints."""
    seen = set(division.synthetic.provenance.get("training_patients", ()))
    if not seen:
        return
    patients = zip(
        division.real.table["patient_id"], patient_fingerprints(division.real), strict=True
    )
    shared = sorted({str(patient) for patient, identity in patients if identity in seen})
    if shared:
        listed = ", ".join(shared[:3])
        raise BadInputError(
            f"the generator of {division.synthetic.origin} was trained on {len(shared)} of the "
            f"real patients ({listed}). Assess it against patients that it never saw."
        )
