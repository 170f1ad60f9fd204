"""What a classifier of the reference says of the other cohort: class frequencies, odd labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.assessment.shift_meter.linear import (
    FOLDS,
    Ridge,
    folds_of,
    out_of_fold,
)
from cancergan.assessment.shift_meter.units import Units
from cancergan.cohort.case import Float64
from cancergan.core.seeds import numpy_generator

Integers = npt.NDArray[np.int64]
FEWEST_OF_A_CLASS = FOLDS
# Beyond it, a confusion matrix is too near singular to be turned round.
WORST_CONDITION = 20.0
REPLICATES = 500


@dataclass(frozen=True)
class ClassFrequency:
    """The frequency of one class in the other cohort, as black-box shift estimation sees it."""

    name: str
    reference: float
    value: float
    low: float
    high: float
    p: float


def codes_of(reference: Units) -> tuple[tuple[str, ...], Integers]:
    """Return the classes with enough patients to cross-validate, and each patient's code or -1."""
    labels = reference.table["label"].astype(object).to_numpy()
    known = [name for name in labels if isinstance(name, str)]
    counts = {name: known.count(name) for name in sorted(set(known))}
    classes = tuple(name for name, count in counts.items() if count >= FEWEST_OF_A_CLASS)
    codes = {name: code for code, name in enumerate(classes)}
    return classes, np.array([codes.get(name, -1) for name in labels], dtype=np.int64)


def surprise(reference: Units, other: Units, *, seed: int) -> tuple[Float64, Float64]:
    """Return how far each patient's stated label falls short of what a classifier expects.

    The best other class's score less the stated one's. Half of the reference's patients teach the
    classifier; it judges the other half and all others, none of whom it has seen. (Cross-validation
    would judge more, but its scores hang together: it called 10 % of equal cohorts different at a
    level of 5 %.) NaN for the half that taught, for labels that the reference has not, and where it
    has one class only.
    """
    classes, codes = codes_of(reference)
    mine, theirs = np.full(len(reference), np.nan), np.full(len(other), np.nan)
    if len(classes) < 2 or not reference.embedding.shape[1]:
        return mine, theirs
    position = {name: code for code, name in enumerate(classes)}
    names = other.table["label"].astype(object).to_numpy()
    stated = np.array([position.get(name, -1) for name in names], dtype=np.int64)
    known = np.flatnonzero(codes >= 0)
    half = folds_of(len(known), seed=seed, strata=codes[known], folds=2)
    teach, judge = known[half == 0], known[half == 1]
    targets = np.eye(len(classes))[codes[teach]]
    classifier = Ridge(reference.embedding[teach])
    # Weighed by frequency, so that a rare class surprises as much as a frequent one.
    targets = targets / targets.mean(axis=0)
    mine[judge] = _shortfall(classifier.scores(targets, reference.embedding[judge]), codes[judge])
    judged = stated >= 0
    theirs[judged] = _shortfall(classifier.scores(targets, other.embedding[judged]), stated[judged])
    return mine, theirs


def _shortfall(scores: Float64, codes: Integers) -> Float64:
    rows = np.arange(len(scores))
    stated = scores[rows, codes]
    rivals = scores.copy()
    rivals[rows, codes] = -np.inf
    return np.asarray(rivals.max(axis=1) - stated)


def black_box_shift(
    reference: Units, other: Units, *, seed: int, confidence: float = 0.95
) -> list[ClassFrequency] | str:
    """Estimate the other cohort's class frequencies from its images alone.

    Lipton, Wang and Smola 2018, eq. 4: the frequency of each prediction is the confusion matrix of
    the reference (out of fold) times the frequency of each class. It holds where the images of a
    class look the same in both cohorts. Intervals and p (no difference from the reference) by
    bootstrap of the patients of both.

    Returns:
        A reason instead, where the classifier confuses classes too much or there are none.
    """
    classes, codes = codes_of(reference)
    if len(classes) < 2 or not reference.embedding.shape[1]:
        return f"needs two classes with {FEWEST_OF_A_CLASS} patients each, and images"
    known = codes >= 0
    features, truth = reference.embedding[known], codes[known]
    targets = np.eye(len(classes))[truth]
    # Balanced weights let a rare class be predicted at all.
    folds = folds_of(len(features), seed=seed, strata=truth)
    balance = targets / targets.mean(axis=0)
    predicted = out_of_fold(features, balance, folds).argmax(axis=1)
    theirs = Ridge(features).scores(balance, other.embedding).argmax(axis=1)
    value = _frequencies(predicted, truth, theirs, len(classes))
    if value is None:
        return "the classifier of the reference confuses the classes too much"
    random = numpy_generator(seed, "black-box shift")
    drawn: list[Float64] = []
    changes: list[Float64] = []
    for _ in range(REPLICATES):
        mine = random.integers(len(truth), size=len(truth))
        them = random.integers(len(theirs), size=len(theirs))
        again = _frequencies(predicted[mine], truth[mine], theirs[them], len(classes))
        if again is not None:
            drawn.append(again)
            changes.append(again - np.bincount(truth[mine], minlength=len(classes)) / len(mine))
    if len(drawn) < REPLICATES // 2:
        return "the classifier of the reference confuses the classes too much"
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    side = np.minimum((np.array(changes) <= 0).mean(axis=0), (np.array(changes) >= 0).mean(axis=0))
    p = np.minimum(1.0, 2 * (side * len(drawn) + 1) / (len(drawn) + 1))
    shares = targets.mean(axis=0)
    return [
        ClassFrequency(
            name, float(shares[k]), float(value[k]), float(low[k]), float(high[k]), float(p[k])
        )
        for k, name in enumerate(classes)
    ]


def _frequencies(
    predicted: Integers, truth: Integers, theirs: Integers, count: int
) -> Float64 | None:
    """Return the other cohort's class frequencies, or None where they cannot be told."""
    joint = np.zeros((count, count))
    np.add.at(joint, (predicted, truth), 1 / len(truth))
    totals = joint.sum(axis=0)
    if (totals == 0).any() or np.linalg.cond(joint / totals) > WORST_CONDITION:
        return None
    seen = np.bincount(theirs, minlength=count) / len(theirs)
    frequencies = np.maximum(np.linalg.solve(joint / totals, seen), 0)
    return np.asarray(frequencies / frequencies.sum())
