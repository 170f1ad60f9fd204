"""How far estimated treatment effects are from true ones, where the truth is known.

It is known of phantoms, of simulated outcomes and of a few natural pairs, never of a patient who
had one treatment. Without it only the seen outcome can be compared, which says little of effects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError

Float64 = npt.NDArray[np.float64]


def root_pehe(truth: npt.ArrayLike, estimate: npt.ArrayLike) -> float:
    """Return the root of the mean squared error of each patient's effect (Hill 2011, PEHE).

    Effects (n,) in the outcome's units. GANITE's program prints the mean absolute error under this
    name, which is ``mean_absolute_effect_error`` here.

    >>> round(root_pehe([1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 3.0]), 3)
    1.0
    """
    return float(np.sqrt(np.mean(_error(truth, estimate) ** 2)))


def mean_absolute_effect_error(truth: npt.ArrayLike, estimate: npt.ArrayLike) -> float:
    """Return the mean absolute error of each patient's effect (n,)."""
    return float(np.abs(_error(truth, estimate)).mean())


def average_effect_error(truth: npt.ArrayLike, estimate: npt.ArrayLike) -> float:
    """Return the absolute error of the average effect, of effects (n,)."""
    return float(abs(_error(truth, estimate).mean()))


def policy_value(outcomes: npt.ArrayLike, chosen: npt.ArrayLike) -> float:
    """Return the mean outcome if every patient had the treatment that a policy chooses.

    Args:
        outcomes: (n, K) true outcomes under each treatment.
        chosen: (n,) which treatment, as a place among the K.

    Choice and value are kept apart: the policy chooses by its estimates, and the true outcomes say
    what comes of it (SCIGAN's program has the two the other way round).
    """
    true, places = np.asarray(outcomes, np.float64), np.asarray(chosen)
    if true.ndim != 2 or places.shape != (len(true),):
        raise BadInputError(f"outcomes {true.shape} and choices {places.shape}: (n, K) and (n,).")
    return float(true[np.arange(len(true)), places].mean())


def policy_regret(outcomes: npt.ArrayLike, chosen: npt.ArrayLike, *, higher: bool = True) -> float:
    """Return how much worse a policy does than the best choice for every patient; 0 is best."""
    true = np.asarray(outcomes, np.float64)
    best = true.max(axis=1) if higher else true.min(axis=1)
    loss = float(best.mean()) - policy_value(true, chosen)
    return loss if higher else -loss


def policy_risk(outcome: npt.ArrayLike, treatment: npt.ArrayLike, chosen: npt.ArrayLike) -> float:
    """Return 1 less the value of a policy, from outcomes that were seen in a randomised trial.

    Source: Shalit et al. 2017, section 5: 1 - sum over k of E[y | treatment = chosen = k] P(chosen
    = k), of outcomes (n,) in [0, 1], 1 best. In patients who were not randomised it is biased.

    Raises:
        BadInputError: a treatment that is chosen and that nobody had for whom it is chosen.
    """
    seen, had, wanted = (np.asarray(part) for part in (outcome, treatment, chosen))
    value = 0.0
    for kind in np.unique(wanted):
        both = (had == kind) & (wanted == kind)
        if not both.any():
            raise BadInputError(f"nobody for whom treatment {kind} is chosen had it.")
        value += float(seen[both].mean() * (wanted == kind).mean())
    return 1.0 - value


def integrated_squared_errors(
    truth: npt.ArrayLike, estimate: npt.ArrayLike, doses: npt.ArrayLike
) -> Float64:
    """Return the integral over the dose of each patient's squared error, (n,), by trapezoids.

    Curves (n, D) at rising doses (D,), divided by the range of the doses: a constant error c gives
    c squared. (SCIGAN's program integrates 65 samples with a step of 1/65 instead of 1/64.)

    >>> integrated_squared_errors([[0.0, 0.0, 0.0]], [[2.0, 2.0, 2.0]], [0.0, 0.5, 1.0])
    array([4.])
    """
    grid = np.asarray(doses, np.float64)
    error = _error(truth, estimate) ** 2
    if grid.ndim != 1 or error.shape[-1:] != grid.shape or (np.diff(grid) <= 0).any():
        raise BadInputError(f"doses {grid.shape} must rise and fit curves of {error.shape}.")
    return np.asarray(np.trapezoid(error, grid, axis=-1) / np.ptp(grid))


def mise(truth: npt.ArrayLike, estimate: npt.ArrayLike, doses: npt.ArrayLike) -> float:
    """Return the mean of ``integrated_squared_errors`` (Bica et al. 2020, section 6)."""
    return float(integrated_squared_errors(truth, estimate, doses).mean())


@dataclass(frozen=True)
class Overlap:
    """Whether patients like these were given either treatment: looked at before any effect.

    Attributes:
        patients: in each arm, in the order of the arms.
        outside: share of patients whose propensity of some arm is below ``least``: nobody like them
            was given it, or nearly nobody.
        effective: effective sample size of each arm under inverse propensity weights (Kish 1965).
        imbalance: largest standardised difference of a covariate's mean between an arm and the
            others; above 0.1 is called imbalance (Austin 2009), and is what a trial would not have.
        least: the propensity that counts as none.
    """

    patients: tuple[int, ...]
    outside: float
    effective: tuple[float, ...]
    imbalance: float
    least: float


def overlap(
    propensity: npt.ArrayLike,
    treatment: npt.ArrayLike,
    covariates: npt.ArrayLike,
    *,
    least: float = 0.02,
) -> Overlap:
    """Return the overlap of treatments.

    Args:
        propensity: (n, K) probability of each treatment given the covariates, rows add up to 1.
        treatment: (n,) which one was given, as a place among the K.
        covariates: (n, P).
        least: the propensity below which nobody is said to have had a treatment.
    """
    chance, had = np.asarray(propensity, np.float64), np.asarray(treatment)
    rows = np.asarray(covariates, np.float64)
    if chance.ndim != 2 or had.shape != (len(chance),) or len(rows) != len(chance):
        raise BadInputError(f"propensity {chance.shape}, treatment {had.shape}, {rows.shape} rows.")
    arms = [had == arm for arm in range(chance.shape[1])]
    weights = [1.0 / np.maximum(chance[arm, k], 1e-12) for k, arm in enumerate(arms)]
    return Overlap(
        patients=tuple(int(arm.sum()) for arm in arms),
        outside=float((chance.min(axis=1) < least).mean()),
        effective=tuple(float(w.sum() ** 2 / (w**2).sum()) if len(w) else 0.0 for w in weights),
        imbalance=max((_imbalance(rows[arm], rows[~arm]) for arm in arms), default=0.0),
        least=least,
    )


def _imbalance(inside: Float64, outside: Float64) -> float:
    if min(len(inside), len(outside)) < 2:
        return float("inf")
    pooled = np.sqrt((inside.var(axis=0) + outside.var(axis=0)) / 2)
    difference = np.abs(inside.mean(axis=0) - outside.mean(axis=0))
    return float((difference[pooled > 0] / pooled[pooled > 0]).max(initial=0.0))


def _error(truth: npt.ArrayLike, estimate: npt.ArrayLike) -> Float64:
    first, second = np.asarray(truth, np.float64), np.asarray(estimate, np.float64)
    if first.shape != second.shape or not first.size:
        raise BadInputError(f"effects of shapes {first.shape} and {second.shape} do not compare.")
    return first - second
