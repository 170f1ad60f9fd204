"""Condition adherence: whether a synthetic case shows the class that was asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from cancergan.assessment.context import Context, Integers, SideName
from cancergan.assessment.findings import Skipped
from cancergan.assessment.protocols.registry import NO_CLASSES, PROTOCOLS, Outcome
from cancergan.cohort.case import Float64
from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Direction, Estimate
from cancergan.metrics.classification import auc, balanced_accuracy, expected_calibration_error
from cancergan.metrics.resampling import Interval, bootstrap_interval, units_of_ranking
from cancergan.metrics.uncertainty import (
    LOWEST,
    negative_log_likelihood,
    predictive_entropy,
    temperature,
    tempered,
)
from cancergan.metrics.units import Units

TWO_CLASSES = "A measurement tells two classes apart; both must occur in all cohorts."


@PROTOCOLS.register("condition")
def condition(context: Context) -> Outcome:
    """Measure how often a real classifier, and a physical measurement, see the requested class."""
    if len(context.classes) < 2:
        return [Skipped("condition", "*", NO_CLASSES)]
    findings: Outcome = [_recognised(context), *_calibrated(context)]
    if context.settings.measurement is not None:
        findings.append(_measured(context))
    return findings


def _recognised(context: Context) -> Estimate:
    classifier = context.classifier
    synthetic, real = context.synthetic, context.real
    guesses = classifier.probabilities(synthetic.images)
    labels = context.codes("synthetic")

    def share(drawn: Integers) -> float:
        return balanced_accuracy(labels[drawn], guesses[drawn])

    ceiling = balanced_accuracy(context.codes("real"), classifier.probabilities(real.images))
    return context.estimate(
        "condition",
        "balanced_accuracy",
        "task",
        balanced_accuracy(labels, guesses),
        _interval(context, share, share_of=_units_of_mean_share(_units_by_class(context))),
        direction="higher",
        measured_in=classifier.fingerprint,
        floor=ceiling,
        note=f"Guessing among {len(context.classes)} classes reaches "
        f"{1 / len(context.classes):.2f}; the classifier itself reaches {ceiling:.2f} on unseen "
        "real patients, so a figure above that mark means images plainer than real ones.",
    )


def _calibrated(context: Context) -> list[Estimate]:
    """Measure how likely the requested class is, and how sure the judge, once it is calibrated.

    The temperature is fitted on the unseen real cases, from which the classifier did not learn.
    """
    judge, truth = context.classifier, context.codes("real")
    unseen = judge.probabilities(context.real.images)
    heat = temperature(truth, unseen)
    unseen = tempered(unseen, heat)
    guesses = tempered(judge.probabilities(context.synthetic.images), heat)
    labels = context.codes("synthetic")
    error = expected_calibration_error(truth, unseen)
    note = (
        f"Calibrated on unseen real cases at temperature {heat:.2f}; expected calibration error "
        f"{error:.3f}."
    )
    by_case = {
        "requested_label_nll": -np.log(np.maximum(guesses[np.arange(len(labels)), labels], LOWEST)),
        "predictive_entropy": predictive_entropy(guesses),
    }
    floors = {
        "requested_label_nll": negative_log_likelihood(truth, unseen),
        "predictive_entropy": float(predictive_entropy(unseen).mean()),
    }
    directions: dict[str, Direction] = {"requested_label_nll": "lower"}

    def estimate(name: str) -> Estimate:
        values = by_case[name]
        interval = _interval(context, lambda drawn: float(values[drawn].mean()), share_of=None)
        return context.estimate(
            "condition",
            name,
            "task",
            values.mean(),
            interval,
            direction=directions.get(name, "neither"),
            measured_in=judge.fingerprint,
            floor=floors[name],
            note=note,
        )

    return [estimate(name) for name in by_case]


def _measured(context: Context) -> Estimate | Skipped:
    sides: tuple[SideName, ...] = ("learning", "real", "synthetic")
    codes = {name: context.codes(name) for name in sides}
    if len(context.classes) != 2 or any(len(set(code)) != 2 for code in codes.values()):
        return Skipped("condition", "measurement_auc", TWO_CLASSES)
    values = {name: _values(context, name) for name in sides}
    # Which class measures higher is read off the learning side, so the reference keeps its say.
    sign = 1.0 if _auc(codes["learning"], values["learning"]) >= 0.5 else -1.0
    scores, labels = sign * values["synthetic"], codes["synthetic"]

    def area(drawn: Integers) -> float:
        return _auc(labels[drawn], scores[drawn])

    value = _auc(labels, scores)
    return context.estimate(
        "condition",
        "measurement_auc",
        "task",
        value,
        _interval(context, area, share_of=units_of_ranking(value, *_units_by_class(context))),
        direction="higher",
        measured_in=context.settings.measurement_name,
        floor=_auc(codes["real"], sign * values["real"]),
        note=f"Measured: {context.settings.measurement_name}.",
    )


def _interval(
    context: Context, statistic: Callable[[Integers], float], *, share_of: int | None
) -> Interval | None:
    return bootstrap_interval(
        statistic,
        context.synthetic.units,
        seed=context.seed_for("condition"),
        strata=context.synthetic.labels,
        share_of=share_of,
        replicates=context.settings.bootstrap_replicates,
        confidence=context.settings.confidence,
    )


def _units_by_class(context: Context) -> list[Units]:
    """Return the patients of the synthetic cases of each class that occurs among them."""
    units, codes = np.array(context.synthetic.units), context.codes("synthetic")
    return [units[codes == code] for code in np.unique(codes)]


def _units_of_mean_share(classes: Sequence[Units]) -> int:
    """Return the number of units whose share would be as sure as the mean of each class's share.

    With n_k units in each of K classes and all shares p, that mean has the variance
    p (1 - p) sum(1 / n_k) / K^2, as one share of K^2 / sum(1 / n_k) units has.
    """
    return round(len(classes) ** 2 / sum(1 / len(set(units)) for units in classes))


def _auc(labels: Integers, scores: Float64) -> float:
    """Return the area for class 1 against class 0, of scores on any scale."""
    return auc(labels, np.stack([-scores, scores], axis=1))


def _values(context: Context, side: SideName) -> Float64:
    measurement = context.settings.measurement
    assert measurement is not None
    values = []
    for case in context.physical(side):
        value = float(measurement(case))
        if not math.isfinite(value):
            raise BadInputError(
                f"{side} case {case.case_id}: {context.settings.measurement_name} is {value}. "
                "Make the measurement return a number for every case."
            )
        values.append(value)
    return np.array(values)
