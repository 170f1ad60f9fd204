"""Whether a model may enter a site, judged on simulated cases, with proof that these are a judge.

A site that may not hand out patients can hand out simulated ones: a test that candidate models must
pass before they see anybody. Such a gate is worth something only as far as scores on simulated
cases track scores on real ones. Models whose real scores are known say how far, and by how much a
simulated score has to be discounted so that the real one is seldom lower. Where they say too
little, nobody enters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Estimate
from cancergan.core.provenance import fingerprint
from cancergan.metrics.classification import auc
from cancergan.metrics.resampling import bootstrap_interval, units_of_ranking

Float64 = npt.NDArray[np.float64]
Aggregate = Literal["worst", "mean"]


@dataclass(frozen=True)
class Calibration:
    """Models whose scores are known on both sides, one row a model.

    ``simulated`` and ``real`` are (m,) scores in [0, 1], larger is better; they must be of models
    that the candidate could have been one of (exchangeable), or the margin promises nothing.
    """

    simulated: Float64
    real: Float64

    def __post_init__(self) -> None:
        shapes = self.simulated.shape, self.real.shape
        finite = np.isfinite(self.simulated).all() and np.isfinite(self.real).all()
        if shapes[0] != shapes[1] or len(shapes[0]) != 1 or not finite:
            raise BadInputError(
                f"calibration scores of shapes {shapes[0]} and {shapes[1]}: give one finite pair "
                "for each model."
            )

    def __len__(self) -> int:
        return len(self.simulated)

    def rank_correlation(self, *, seed: int = 0) -> Estimate | None:
        """Return Spearman's correlation of simulated and real scores; None below 4 models."""
        from scipy.stats import spearmanr

        if len(self) < 4:
            return None

        def statistic(rows: npt.NDArray[np.int64]) -> float:
            one, two = self.simulated[rows], self.real[rows]
            if np.ptp(one) == 0 or np.ptp(two) == 0:
                return 0.0  # equal scores rank nobody
            return float(spearmanr(one, two).statistic)

        ends = bootstrap_interval(statistic, range(len(self)), seed=seed)
        return Estimate(
            family="gatekeeper",
            name="rank_correlation",
            space="task",
            value=statistic(np.arange(len(self))),
            low=ends[0] if ends else None,
            high=ends[1] if ends else None,
            n_real=len(self),
            n_synthetic=len(self),
            unit="model",
            direction="higher",
            fingerprint=fingerprint("gatekeeper", "spearman"),
        )

    def margin(self, *, alpha: float = 0.1) -> float:
        """Return by how much a simulated score must be lowered to bound the real one.

        Split conformal prediction, one-sided (Vovk et al. 2005; Lei et al. 2018): for a model
        exchangeable with these, real >= simulated - margin with probability 1 - alpha or more.
        Infinite where there are too few models to promise that.
        """
        rank = math.ceil((len(self) + 1) * (1 - alpha))
        if rank > len(self):
            return math.inf
        return float(np.sort(self.simulated - self.real)[rank - 1])


@dataclass(frozen=True)
class Admission:
    """The gate's answer: whether the model enters, and why."""

    admitted: bool
    reasons: tuple[str, ...]
    score: float
    bound: float

    def __str__(self) -> str:
        """Return one line for the answer and one for each reason."""
        return "\n  ".join(["admitted" if self.admitted else "refused", *self.reasons])


def suite_score(
    probabilities: npt.ArrayLike,
    labels: npt.ArrayLike,
    patients: Sequence[object],
    *,
    name: str,
    seed: int = 0,
) -> Estimate:
    """Return a model's AUC on one suite of simulated cases.

    Args:
        probabilities: (n,) of the positive class.
        labels: (n,) 0 or 1.
        patients: of the cases.
        name: of the suite, such as "as drawn" or "noise 0.5".
        seed: of the interval.

    Raises:
        BadInputError: one class only, or numbers that are none.
    """
    scores, truth = np.asarray(probabilities, np.float64), np.asarray(labels)
    value = auc(truth, scores)
    units = [str(patient) for patient in patients]
    sides = [[u for u, t in zip(units, truth, strict=True) if t == side] for side in (0, 1)]
    ends = bootstrap_interval(
        lambda rows: auc(truth[rows], scores[rows]),
        units,
        seed=seed,
        strata=[str(label) for label in truth],
        share_of=units_of_ranking(value, *sides),
    )
    return Estimate(
        family="gatekeeper",
        name="auc",
        space=name,
        value=value,
        low=ends[0] if ends else None,
        high=ends[1] if ends else None,
        n_synthetic=len(scores),
        direction="higher",
        fingerprint=fingerprint("gatekeeper", name),
    )


def aggregated(scores: Sequence[float], aggregate: Aggregate) -> float:
    """Return one score of several suites: the worst, or the mean."""
    return float(min(scores) if aggregate == "worst" else np.mean(scores))


def admit(
    scores: Mapping[str, Estimate],
    calibration: Calibration,
    *,
    required: float,
    alpha: float = 0.1,
    aggregate: Aggregate = "worst",
    seed: int = 0,
) -> Admission:
    """Decide on a model by its suites; whatever is missing or unproven refuses.

    Args:
        scores: of the model, by suite.
        calibration: models with known real scores, their simulated ones aggregated likewise.
        required: the real score that a model must reach.
        alpha: how often an admitted model may fall below ``required``.
        aggregate: whether the worst suite counts or the mean of all.
        seed: of the correlation's interval.
    """
    if not scores:
        return Admission(False, ("no suite was scored",), math.nan, -math.inf)
    score = aggregated([found.value for found in scores.values()], aggregate)
    worst = min(scores, key=lambda name: scores[name].value)
    reasons = [f"worst suite: {worst}, {scores[worst].value:.3f}"]
    if aggregate == "mean":
        reasons.append(f"mean of {len(scores)} suites: {score:.3f}")
    tracks = calibration.rank_correlation(seed=seed)
    proven = tracks is not None and tracks.low is not None and tracks.low > 0
    if tracks is None or tracks.low is None:
        reasons.append(f"{len(calibration)} models with known real scores: too few to judge by")
    else:
        word = "tracks" if proven else "is not shown to track"
        reasons.append(
            f"the simulated score {word} the real one: rank correlation {tracks.value:.2f} "
            f"({tracks.low:.2f} to {tracks.high:.2f}) over {len(calibration)} models"
        )
    bound = score - calibration.margin(alpha=alpha)
    enough = bound >= required
    reasons.append(
        f"real score at least {bound:.3f} with probability {1 - alpha:.0%}; required {required:.3f}"
    )
    return Admission(bool(proven and enough), tuple(reasons), score, bound)
