"""What an audit asks before it attacks, and what its hits prove after it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.cohort.cohort import check_disjoint
from cancergan.cohort.identity import patient_fingerprints
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.classification import auc
from cancergan.metrics.resampling import bootstrap_interval
from cancergan.privacy.audit import epsilon_lower_bound
from cancergan.studies.membership import Floats, Scores, Sides
from cancergan.training.run import Run
from cancergan.training.synthesis import starts_of

FEWEST = 20  # members, and others: fewer say nothing about a rate
RATES = (0.001, 0.01, 0.1)


def check_sides(run: Run, members: Cohort, others: Cohort) -> None:
    """Make sure that members were trained on and others were not, and that both are enough.

    Raises:
        BadInputError: says what is wrong on which side.
    """
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


def measurable_rates(
    asked: Sequence[float] | None, outside: int
) -> tuple[tuple[float, ...], list[str]]:
    """Return the false positive rates that so many other patients can show, and what was left out.

    A rate below one in ``outside`` cannot be told from none at all. What was not asked for by name
    (None) is left out with a note.

    Raises:
        BadInputError: a rate was asked for that is no rate, or that so few cannot show.
    """
    for rate in asked or ():
        if not 0 < rate < 1:
            raise BadInputError(f"a false positive rate of {rate:g}: must lie between 0 and 1.")
        if rate * outside < 1 - 1e-9:
            raise BadInputError(
                f"a false positive rate of {rate:g} needs {_needed(rate)} other patients to judge "
                f"by; there are {outside} (two thirds of those given). Give more, or ask for "
                f"{1 / outside:.2g} or more."
            )
    if asked:
        return tuple(asked), []
    kept = tuple(rate for rate in RATES if rate * outside >= 1 - 1e-9)
    notes = [
        f"A false positive rate of {rate:g} is left out: it needs {_needed(rate)} other patients "
        f"to judge by, and there are {outside}."
        for rate in RATES
        if rate not in kept
    ]
    return kept, notes


def _needed(rate: float) -> str:
    return f"{int(np.ceil(1 / rate - 1e-9)):,}"


def shift_caution(features: Callable[[Floats], Scores], sides: Sides, seed: int) -> list[str]:
    """Return a caution where members and others can be told apart without any generator.

    A linear classifier in feature space, cross-validated by patient; others are all of the others.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    every = (sides.inside, sides.outside, sides.known)
    values = np.concatenate([features(side.images) for side in every])
    truth = np.repeat([1, 0, 0], [len(side.images) for side in every])
    patients = np.array([p for side in every for p in side.patients])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
    said = cross_val_predict(
        model, values, truth, groups=patients, cv=GroupKFold(5), method="predict_proba"
    )[:, 1]
    area = auc(truth, said)
    interval = bootstrap_interval(
        lambda rows: auc(truth[rows], said[rows]), patients, seed=seed, strata=truth
    )
    if interval is None or interval[0] <= 0.55:
        return []
    return [
        f"Caution: members and others differ without any generator (AUC {area:.2f}, "
        f"{interval[0]:.2f} to {interval[1]:.2f}); the attacks measure that shift too. Give others "
        "from the same source."
    ]


def proved_epsilon(
    scores: npt.NDArray[np.float64], truth: Scores, units: Sequence[str], seed: int
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
