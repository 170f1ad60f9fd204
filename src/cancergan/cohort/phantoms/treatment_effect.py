"""Tables of treated and untreated patients with all their potential outcomes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import phantoms, table_of
from cancergan.cohort.phantoms.fields import Generator
from cancergan.cohort.phantoms.people import draw_person
from cancergan.core.errors import BadInputError, unknown

# Doses at which the potential outcome stands in the table; half of the effect is reached at 0.25.
DOSES = (0.0, 0.25, 0.5, 0.75, 1.0)
HALF_EFFECT = 0.25
DOSE_SPREAD = 0.7
TREATMENTS = ("binary", "dose")


@phantoms.register("treatment_effect")
def treatment_effect(
    cases: int,
    seed: int,
    *,
    treatment: str = "binary",
    covariates: int = 6,
    confounding: float = 1.0,
    prognosis: float = 1.5,
    effect: float = 2.0,
    heterogeneity: float = 1.0,
    noise: float = 1.0,
    centres: int = 3,
) -> Cohort:
    """Patients, treatment, outcome and every potential outcome, without images.

    Covariates ``x0`` ... are independent and standard normal. ``x0`` is the confounder: it drives
    treatment by ``confounding`` and the outcome by ``prognosis``. ``x1`` moderates: the effect is
    tau = effect + heterogeneity x1; the others do nothing. All outcomes of a patient share one
    error. Label is treated or control, or high or low dose (above and below 0.5).

    binary: P(treatment = 1) = 1 / (1 + exp(-confounding x0)); ``outcome_0``, ``outcome_1``.
    dose: treatment = 1 / (1 + exp(-(confounding x0 + 0.7 e))), e standard normal, between 0 and 1;
    the outcome at dose d adds tau d (1 + 0.25) / (d + 0.25) (Emax); ``outcome_0.00`` ...
    ``outcome_1.00``.

    ``outcome`` is the one that happened. Provenance states under ``truth`` the effect in the
    population and the bias of the naive difference (treated less control, or high less low dose)
    that ``x0`` causes: prognosis (E[x0 | treated] - E[x0 | control]).

    Realistic: confounding by indication, effects that differ, and no patient with both outcomes
    seen. Not realistic: no hidden confounder, no violation of overlap unless ``confounding`` is
    large, linear prognosis, no drop-out.

    Args:
        cases: how many patients.
        seed: of all draws.
        treatment: binary or dose.
        covariates: how many; at least 2.
        confounding: log odds of treatment for one standard deviation of ``x0``.
        prognosis: change of the outcome for one standard deviation of ``x0``.
        effect: of treatment on average; of the full dose.
        heterogeneity: change of the effect for one standard deviation of ``x1``.
        noise: standard deviation of the outcome's error.
        centres: how many hospitals.
    """
    if treatment not in TREATMENTS:
        raise unknown("treatment", treatment, TREATMENTS)
    if covariates < 2:
        raise BadInputError(f"covariates is {covariates}; give at least 2.")
    assign, potential = (_binary, _binary_outcomes) if treatment == "binary" else (_dose, _curve)

    def draw(random: Generator, number: int) -> dict[str, object]:
        person = draw_person(random, centres=centres)
        x = random.standard_normal(covariates)
        given = assign(random, confounding * x[0])
        base = prognosis * x[0] + noise * random.standard_normal()
        tau = effect + heterogeneity * x[1]
        high = given > 0.5
        names = ("treated", "control") if treatment == "binary" else ("high", "low")
        return {
            "label": names[0] if high else names[1],
            **person,
            **{f"x{i}": float(value) for i, value in enumerate(x)},
            "treatment": given,
            "outcome": float(base + tau * _response(given)),
            **potential(base, tau),
            "effect": float(tau),
        }

    shift = _binary_shift(confounding) if treatment == "binary" else _dose_shift(confounding)
    truth = {"average_effect": effect, "naive_bias": prognosis * shift}
    return table_of(draw, cases, seed, name="treatment_effect", truth=truth)


def _binary(random: Generator, odds: float) -> float:
    return float(random.random() < 1.0 / (1.0 + np.exp(-odds)))


def _dose(random: Generator, odds: float) -> float:
    return float(1.0 / (1.0 + np.exp(-(odds + DOSE_SPREAD * random.standard_normal()))))


def _response(dose: float) -> float:
    """Return the share of the full effect at a dose from 0 to 1: 0 at 0, 1 at 1 (Emax model)."""
    return dose * (1.0 + HALF_EFFECT) / (dose + HALF_EFFECT)


def _binary_outcomes(base: float, tau: float) -> dict[str, object]:
    return {"outcome_0": float(base), "outcome_1": float(base + tau)}


def _curve(base: float, tau: float) -> dict[str, object]:
    return {f"outcome_{dose:.2f}": float(base + tau * _response(dose)) for dose in DOSES}


def _expected(function: Callable[[Float64], Float64]) -> float:
    """Return the mean of a function of a standard normal number, by Gauss and Hermite."""
    points, weights = np.polynomial.hermite_e.hermegauss(80)
    return float((weights * function(points)).sum() / weights.sum())


def _binary_shift(confounding: float) -> float:
    """Return E[x0 | treated] - E[x0 | control]; both halves are equally frequent by symmetry."""
    return 4.0 * _expected(lambda x: x / (1.0 + np.exp(-confounding * x)))


def _dose_shift(confounding: float) -> float:
    """Return E[x0 | high dose] - E[x0 | low dose] = 2 r sqrt(2 / pi), r their correlation."""
    correlation = confounding / np.hypot(confounding, DOSE_SPREAD)
    return float(2.0 * correlation * np.sqrt(2.0 / np.pi))
