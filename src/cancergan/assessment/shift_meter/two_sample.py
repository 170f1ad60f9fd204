"""The classifier two-sample test: can a classifier tell from which cohort a patient is?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.assessment.shift_meter.linear import folds_of, out_of_fold
from cancergan.cohort.case import Float64
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.classification import auc
from cancergan.metrics.resampling import bootstrap_interval, units_of_ranking


@dataclass(frozen=True)
class TwoSample:
    """Area under the ROC curve of telling two cohorts apart; 0.5 is chance.

    Attributes:
        interval: by patient, of the held-out scores; None with fewer than 3 patients.
        p: by permutation of patients, every one with its own cross-validation.
    """

    area: float
    interval: tuple[float, float] | None
    p: float


def classifier_two_sample(
    reference: Float64,
    other: Float64,
    *,
    seed: int,
    permutations: int = 499,
    replicates: int = 500,
    confidence: float = 0.95,
) -> TwoSample:
    """Cross-validate a ridge classifier between rows (n1, d) and (n2, d), one row a patient.

    Lopez-Paz and Oquab 2017, with the area under the curve instead of accuracy, so that unequal
    numbers do not matter, and with permutations instead of a normal approximation.
    """
    rows = np.concatenate([reference, other])
    truth = np.repeat([0, 1], [len(reference), len(other)])
    folds = folds_of(len(rows), seed=seed, strata=truth)
    random = numpy_generator(seed, "two-sample permutations")
    # Members change places within their fold, so folds stay as even as they were.
    shuffled = np.tile(truth, (permutations, 1))
    for fold in np.unique(folds):
        here = np.flatnonzero(folds == fold)
        shuffled[:, here] = random.permuted(shuffled[:, here], axis=1)
    targets = np.concatenate([truth[None], shuffled]).T.astype(np.float64)
    scores = out_of_fold(rows, targets, folds)
    areas = _areas(targets, scores)
    units = [str(number) for number in range(len(rows))]
    interval = bootstrap_interval(
        lambda drawn: auc(truth[drawn], scores[drawn, 0]),
        units,
        seed=seed,
        strata=[str(value) for value in truth],
        replicates=replicates,
        confidence=confidence,
        share_of=units_of_ranking(
            float(areas[0]), units[: len(reference)], units[len(reference) :]
        ),
    )
    p = (1 + (areas[1:] >= areas[0] - 1e-12).sum()) / (1 + permutations)
    return TwoSample(float(areas[0]), interval, float(p))


def _areas(targets: Float64, scores: Float64) -> Float64:
    """Return the area under the curve of each column (Mann-Whitney)."""
    from scipy.stats import rankdata

    ranks = rankdata(scores, axis=0)
    positive = targets.sum(axis=0)
    negative = len(targets) - positive
    return np.asarray(
        ((ranks * targets).sum(axis=0) - positive * (positive + 1) / 2) / (positive * negative)
    )
