"""What a run gives away of the patients it was trained on, by attacks that could be made on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.cohort.cohort import check_disjoint
from cancergan.cohort.identity import patient_fingerprints
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError
from cancergan.core.files import whole_folder
from cancergan.core.provenance import environment
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.random_convolution import random_convolution
from cancergan.games.latent import LatentGame
from cancergan.metrics.classification import auc
from cancergan.metrics.resampling import bootstrap_interval
from cancergan.privacy.attacks import true_positive_rate
from cancergan.privacy.audit import epsilon_lower_bound
from cancergan.studies import page
from cancergan.studies.base import Method
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.studies.membership import ATTACKS, Attacked, Floats, Side
from cancergan.training.run import Run
from cancergan.training.synthesis import starts_of, synthesise

FEWEST = 20  # members, and others: fewer say nothing about a rate
RATES = (0.001, 0.01, 0.1)
MOST_AUC = 0.6


@dataclass(frozen=True)
class Leakage:
    """An audit: its evidence, what failed, and what the trials could have certified.

    Attributes:
        evidence: AUC and true positive rates of every attack.
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


def audit_leakage(
    run: Run,
    members: Cohort,
    others: Cohort,
    out: Path | None = None,
    *,
    cases: int = 1000,
    most_auc: float = MOST_AUC,
    seed: int = 0,
    say: Callable[[str], None] = print,
) -> Leakage:
    """Attack a run that starts from noise; write evidence.json, index.html and table.md.

    Args:
        run: what would be released.
        members: real cases that it was trained on.
        others: real cases of other patients, from the same source; a third of them by patient
            serves as the attacker's knowledge of the population.
        out: a new folder.
        cases: how many synthetic cases the attacker has.
        most_auc: the run fails where an attack's AUC is above this with 95 % confidence.
        seed: of synthesis and draws.
        say: prints a line of progress.

    Raises:
        BadInputError: too few cases, members that the run was not trained on, others that it was,
            or members and others that differ by more than membership.
    """
    _check(run, members, others)
    pieces = others.split({"known": 1 / 3, "unseen": 2 / 3}, seed=seed)
    inside, outside, known = (_side(run, c) for c in (members, pieces["unseen"], pieces["known"]))
    made = _side(run, synthesise(run, cases, seed=seed)).images
    game = run.game()
    for player in game.players.values():
        player.best.eval()
    shape = inside.images.shape
    space = random_convolution(shape[1], len(shape) - 2)
    attacked = Attacked(game, made, known.images, space.features)
    shift = _shift(space.features, inside, outside, known, seed)
    truth = np.repeat([1.0, 0.0], [len(inside.images), len(outside.images)])
    units = [*(f"in {p}" for p in inside.patients), *(f"out {p}" for p in outside.patients)]
    outcomes: list[Outcome] = []
    methods, bounds = [], {}
    for name, (words, attack) in ATTACKS.items():
        if name == "latent search" and not isinstance(game, LatentGame):
            continue
        say(f"attack: {name}")
        scores = np.concatenate([attack(attacked, side) for side in (inside, outside)])
        methods.append(Method(name, words))
        outcomes += _outcomes(name, np.stack([scores, truth], axis=1)[None], units)
        bounds[name] = _bound(scores, truth, units, seed)
    most = len(set(inside.patients)) // 2  # half of the patients choose the threshold
    certifiable = epsilon_lower_bound(most, most, 0, len(set(outside.patients)) // 2)
    evidence = Evidence.of(methods, outcomes, seed=seed, notes=[shift] if shift else [])
    claim = None if run.privacy is None else float(run.privacy["budget"]["epsilon"])
    failures = _failures(evidence, bounds, claim, most_auc)
    evidence = replace(
        evidence,
        notes=(*evidence.notes, *_notes(bounds, certifiable, claim, failures)),
        record=_record(run, members, pieces["unseen"], seed),
    )
    found = Leakage(evidence, bounds, certifiable, claim, failures)
    if out is not None:
        with whole_folder(out) as folder:
            page.save(evidence, {}, folder)
    return found


def _check(run: Run, members: Cohort, others: Cohort) -> None:
    if starts_of(run):
        raise BadInputError(f"{run.path}: translates images; the audit is of runs from noise.")
    trained = set(run.trained_on.patients)
    if not trained:
        raise BadInputError(
            f"{run.path}: keeps no fingerprint of its training patients, so that members cannot be "
            "told. Train it again."
        )
    check_disjoint({"members": members, "others": others})
    ours, theirs = (patient_fingerprints(cohort) for cohort in (members, others))
    strangers = sum(patient not in trained for patient in ours)
    if strangers:
        raise BadInputError(
            f"{members.origin}: {strangers} of {len(ours)} cases are of patients that {run.path} "
            "was not trained on. Give its training cases as members."
        )
    known = sum(patient in trained for patient in theirs)
    if known:
        raise BadInputError(
            f"{others.origin}: {known} of {len(theirs)} cases are of patients that {run.path} was "
            "trained on. Give cases of others."
        )
    for cohort in (members, others):
        patients = cohort.table["patient_id"].nunique()
        if patients < FEWEST:
            raise BadInputError(
                f"{cohort.origin}: {patients} patients; at least {FEWEST} on either side say "
                "something about a rate. Give more."
            )


def _side(run: Run, cohort: Cohort) -> Side:
    column = run.trained_on.columns["image"]
    seen = prepare(column.of(cohort), column.preparation)
    labels = None
    if run.trained_on.classes and seen.labels is not None:
        names = [seen.classes[code] for code in seen.labels]
        labels = np.array([run.trained_on.classes.index(name) for name in names], np.int64)
    return Side(np.asarray(seen.images), labels, seen.patient_ids)


def _outcomes(name: str, values: Values, units: list[str]) -> list[Outcome]:
    strata = values[0, :, 1].astype(int).tolist()
    make = partial(Outcome, name, values=values, units=units, direction="lower", strata=strata,
                   space="membership")  # fmt: skip
    found = [
        make(figure="auc", statistic=_auc),
        make(figure="auc of outliers", statistic=_outliers),
    ]
    for rate in RATES:
        found.append(make(figure=f"tpr at fpr {rate:g}", statistic=partial(_rate, at=rate)))
    return found


def _auc(rows: Values) -> float:
    return auc(rows[:, 1].astype(int), rows[:, 0])


def _outliers(rows: Values) -> float:
    """Return the AUC among the tenth of members that scored highest and as many of the others.

    Rare cases are given away before common ones; a mean over all hides them.
    """
    top = [np.sort(rows[rows[:, 1] == side, 0])[::-1] for side in (1, 0)]
    counts = [max(2, len(side) // 10) for side in top]
    scores = np.concatenate([side[:count] for side, count in zip(top, counts, strict=True)])
    return auc(np.repeat([1, 0], counts), scores)


def _rate(rows: Values, *, at: float) -> float:
    return true_positive_rate(rows[:, 0], rows[:, 1] > 0, at=at)


def _bound(
    scores: npt.NDArray[np.float64], truth: npt.NDArray[np.float64], units: list[str], seed: int
) -> float:
    """Return the epsilon proved by a threshold that was chosen on half of the patients.

    A patient counts once, by its highest score: the unit of a claim is the patient.
    """
    names, place = np.unique(units, return_inverse=True)
    highest = np.full(len(names), -np.inf)
    np.maximum.at(highest, place, scores)
    inside = np.array([name.startswith("in ") for name in names])
    half = numpy_generator(seed, "bound").permutation(len(names)) % 2 == 0
    cuts = np.unique(highest[half])
    tpr, fpr = (
        np.array([(highest[half & side] >= cut).mean() for cut in cuts])
        for side in (inside, ~inside)
    )
    floor = 1 / max(1, int((half & ~inside).sum()))
    cut = cuts[int(np.argmax(np.log(np.maximum(tpr, floor)) - np.log(np.maximum(fpr, floor))))]
    hits, wrong = (int((highest[~half & side] >= cut).sum()) for side in (inside, ~inside))
    return epsilon_lower_bound(
        hits, int((~half & inside).sum()), wrong, int((~half & ~inside).sum())
    )


def _shift(
    features: Callable[[Floats], npt.NDArray[np.float64]],
    inside: Side,
    outside: Side,
    known: Side,
    seed: int,
) -> str:
    """Return a caution where members and others can be told apart without any generator.

    A linear classifier in feature space, cross-validated by patient; others are all of the others.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    sides = (inside, outside, known)
    values = np.concatenate([features(side.images) for side in sides])
    truth = np.repeat([1, 0, 0], [len(side.images) for side in sides])
    patients = np.array([p for side in sides for p in side.patients])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
    said = cross_val_predict(
        model, values, truth, groups=patients, cv=GroupKFold(5), method="predict_proba"
    )[:, 1]
    area = auc(truth, said)
    interval = bootstrap_interval(
        lambda rows: auc(truth[rows], said[rows]), patients, seed=seed, strata=truth
    )
    if interval is None or interval[0] <= 0.55:
        return ""
    return (
        f"Caution: members and others differ without any generator (AUC {area:.2f}, "
        f"{interval[0]:.2f} to {interval[1]:.2f}); the attacks measure that shift too. Give others "
        "from the same source."
    )


def _failures(
    evidence: Evidence, bounds: Mapping[str, float], claim: float | None, most_auc: float
) -> tuple[str, ...]:
    said = []
    for figure in evidence.figures:
        found = figure.estimate
        if found.name == "auc" and found.low is not None and found.low > most_auc:
            said.append(
                f"{figure.method} tells members from others: AUC {found.value:.2f} "
                f"({found.low:.2f} to {found.high:.2f}), above {most_auc:g}."
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
