"""What a run gives away of the patients it was trained on, by attacks that could be made on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from cancergan.cohort import Cohort
from cancergan.cohort.prepared import prepare
from cancergan.core.files import whole_folder
from cancergan.core.provenance import environment
from cancergan.downstream.random_convolution import RandomConvolution, random_convolution
from cancergan.privacy.audit import epsilon_lower_bound
from cancergan.studies import page
from cancergan.studies.attribute_audit import BEYOND, audit_attributes
from cancergan.studies.base import Method
from cancergan.studies.evidence import Evidence, Outcome
from cancergan.studies.leakage_checks import (
    check_sides,
    measurable_rates,
    proved_epsilon,
    shift_caution,
)
from cancergan.studies.leakage_pictures import sights
from cancergan.studies.membership import (
    Attacked,
    Scores,
    Side,
    Sides,
    membership_outcomes,
    rarity,
)
from cancergan.studies.patient_matching import REAL, matching
from cancergan.studies.shadow_models import SHADOWS, WORDS, shadow_weights
from cancergan.training.run import Run
from cancergan.training.synthesis import synthesise

MOST_AUC = 0.6


@dataclass(frozen=True)
class Leakage:
    """An audit: its evidence, what failed, and what the trials could have certified.

    Attributes:
        evidence: AUC and true positive rates of every attack, and what attributes were inferred.
        bounds: the epsilon that each attack proves was spent, 95 % sure.
        certifiable: the largest epsilon that so many cases could prove.
        claim: the epsilon that the run claims; None where it claims none.
        failures: why the run may not be released, one sentence each; empty where it may.
    """

    evidence: Evidence
    bounds: Mapping[str, float]
    certifiable: float
    claim: float | None
    failures: tuple[str, ...]


@dataclass(frozen=True)
class AuditSettings:
    """How an audit goes.

    Attributes:
        cases: how many synthetic cases the attacker has.
        most_auc: the run fails where an attack's AUC is above this with 95 % confidence, or where
            the release tells an attribute of members by as much more than 0.5 than of others.
        rates: false positive rates at which hits are counted; None takes 0.1 %, 1 % and 10 %, as
            far as so many others can show them.
        attributes: columns to infer; None takes label, sex, age and centre, where they are there.
        shadows: runs of the same recipe that the attacker trains to learn from; 0 for none.
        shadow_folder: where those stay; None keeps none.
        seed: of synthesis and draws.
    """

    cases: int = 1000
    most_auc: float = MOST_AUC
    rates: Sequence[float] | None = None
    attributes: Sequence[str] | None = None
    shadows: int = 0
    shadow_folder: Path | None = None
    seed: int = 0


def audit_leakage(
    run: Run,
    members: Cohort,
    others: Cohort,
    out: Path | None = None,
    settings: AuditSettings | None = None,
    *,
    say: Callable[[str], None] = print,
) -> Leakage:
    """Attack a run that starts from noise; write evidence.json, index.html and table.md.

    Args:
        run: what would be released.
        members: real cases that it was trained on.
        others: real cases of other patients, from the same source; a third of them by patient
            serves as the attacker's knowledge of the population.
        out: a new folder.
        settings: how the audit goes.
        say: prints a line of progress.

    Raises:
        BadInputError: too few cases, members that the run was not trained on, others that it was,
            a false positive rate or an attribute that so few cases cannot show.
    """
    settings = settings or AuditSettings()
    check_sides(run, members, others)
    pieces = others.split({"known": 1 / 3, "unseen": 2 / 3}, seed=settings.seed)
    sides = Sides(*(_side(run, c) for c in (members, pieces["unseen"], pieces["known"])))
    rates, left_out = measurable_rates(settings.rates, len(set(sides.outside.patients)))
    shape = sides.inside.images.shape
    space = random_convolution(shape[1], len(shape) - 2)
    matched = matching(sides, settings.seed)
    synthetic = synthesise(run, settings.cases, seed=settings.seed)
    attacked = Attacked(
        run.game(), _side(run, synthetic).images, sides.known.images, space.features,
        matched.matcher,
    )  # fmt: skip
    scored = _scored(attacked, sides, say)
    if settings.shadows:
        scored[SHADOWS] = _by_shadows(run, pieces["known"], scored, settings, space, say)
    attributes = audit_attributes(attacked, sides, synthetic, settings.attributes)
    rare = rarity(attacked, sides.images)
    outcomes: list[Outcome] = [*matched.outcomes, *attributes.outcomes]
    for name, scores in scored.items():
        outcomes += membership_outcomes(name, scores, rare, sides, rates)
    words = {name: attack.words for name, attack in attacked.attacks().items()} | {SHADOWS: WORDS}
    methods = [*(Method(name, words[name]) for name in scored), *matched.methods,
               *attributes.methods]  # fmt: skip
    notes = [
        *shift_caution(space.features, sides, settings.seed), *left_out, *matched.notes,
        *attributes.notes,
    ]  # fmt: skip
    evidence = Evidence.of(methods, outcomes, seed=settings.seed, notes=notes)
    record = _record(run, members, pieces["unseen"], settings.seed)
    found = _judged(replace(evidence, record=record), scored, sides, run, settings)
    if out is not None:
        with whole_folder(out) as folder:
            page.save(found.evidence, sights(attacked, sides), folder)
    return found


def _side(run: Run, cohort: Cohort) -> Side:
    column = run.trained_on.columns["image"]
    seen = prepare(column.of(cohort), column.preparation)
    labels = None
    if run.trained_on.classes and seen.labels is not None:
        names = [seen.classes[code] for code in seen.labels]
        labels = np.array([run.trained_on.classes.index(name) for name in names], np.int64)
    return Side(np.asarray(seen.images), labels, seen.patient_ids, cohort.table)


def _scored(attacked: Attacked, sides: Sides, say: Callable[[str], None]) -> dict[str, Scores]:
    """Return the scores of members, then others, by every attack that can be made."""
    found = {}
    for name, attack in attacked.attacks().items():
        say(f"attack: {name}")
        parts = [attack.score(attacked, side) for side in (sides.inside, sides.outside)]
        found[name] = np.concatenate(parts)
    return found


def _by_shadows(
    run: Run,
    known: Cohort,
    scored: Mapping[str, Scores],
    settings: AuditSettings,
    space: RandomConvolution,
    say: Callable[[str], None],
) -> Scores:
    """Return the scores of the attack that shadow models teach."""
    names = [name for name in scored if name != "patient matching"]  # learnt from the same cases
    say(f"attack: {SHADOWS}, {settings.shadows} trainings")
    with ExitStack() as stack:
        folder = settings.shadow_folder or Path(stack.enter_context(TemporaryDirectory()))
        learnt = shadow_weights(
            run, known, names, folder, shadows=settings.shadows, cases=settings.cases,
            seed=settings.seed, side_of=_side, features=space.features,
        )  # fmt: skip
    return learnt(np.stack([scored[name] for name in names], axis=1))


def _judged(
    evidence: Evidence,
    scored: Mapping[str, Scores],
    sides: Sides,
    run: Run,
    settings: AuditSettings,
) -> Leakage:
    """Return the audit with what its figures prove, and whether the run fails by them."""
    bounds = {
        name: proved_epsilon(scores, sides.truth, sides.units, settings.seed)
        for name, scores in scored.items()
    }
    most = len(set(sides.inside.patients)) // 2  # half of the patients choose the threshold
    certifiable = epsilon_lower_bound(most, most, 0, len(set(sides.outside.patients)) // 2)
    claim = None if run.privacy is None else float(run.privacy["budget"]["epsilon"])
    failures = _failures(evidence, bounds, claim, settings.most_auc)
    notes = _notes(bounds, certifiable, claim, failures)
    evidence = replace(evidence, notes=(*evidence.notes, *notes))
    return Leakage(evidence, bounds, certifiable, claim, failures)


def _failures(
    evidence: Evidence, bounds: Mapping[str, float], claim: float | None, most_auc: float
) -> tuple[str, ...]:
    said = []
    for figure in evidence.figures:
        found = figure.estimate
        if found.name == "auc" and figure.method != REAL and (found.low or 0) > most_auc:
            said.append(
                f"{figure.method} tells members from others: AUC {found.value:.2f} "
                f"({found.low:.2f} to {found.high:.2f}), above {most_auc:g}."
            )
    for difference in evidence.differences:
        found = difference.estimate
        if found.name == BEYOND and (found.low or 0) > most_auc - 0.5:
            said.append(
                f'the release tells the attribute "{found.space}" of members: AUC '
                f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f}) more than of others, "
                f"beyond the public model; above {most_auc - 0.5:.2g}."
            )
    for name, bound in bounds.items():
        if claim is not None and bound > claim:
            said.append(f"{name} proves epsilon {bound:.2f}, above the claimed {claim:g}.")
    return tuple(said)


def _notes(
    bounds: Mapping[str, float], certifiable: float, claim: float | None, failures: tuple[str, ...]
) -> list[str]:
    largest = max(bounds.values())
    claimed = "claims no budget" if claim is None else f"claims epsilon {claim:g}"
    said = [
        f"The run {claimed}; the attacks prove that at least epsilon {largest:.2f} was spent (95 % "
        f"sure, delta 0). So many patients could prove {certifiable:.2f} at most.",
        "An attack that fails proves nothing: a better one may succeed.",
    ]
    return [*(f"Fails: {failure}" for failure in failures), *said]


def _record(run: Run, members: Cohort, others: Cohort, seed: int) -> dict[str, Any]:
    sides = {"members": members, "others": others}
    return {
        "recipe": run.recipe.name,
        "id": run.recipe.id,
        "title": f"What {run.path.name} gives away",
        "source": run.recipe.source,
        "about": ", ".join(
            f"{len(side)} {name} of {side.table['patient_id'].nunique()} patients"
            for name, side in sides.items()
        ),
        "fingerprints": {name: side.fingerprint for name, side in sides.items()},
        "seeds": [seed],
        "environment": environment(),
        "command": f"cancergan audit {run.path.name}",
    }
