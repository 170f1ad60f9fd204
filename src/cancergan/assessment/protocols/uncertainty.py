"""Uncertainty: whether models know where they err, and whether synthetic images unsettle them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cancergan.assessment.context import Context, Integers, SideName
from cancergan.assessment.findings import Curve, Point, Skipped
from cancergan.assessment.protocols.registry import NO_CLASSES, PROTOCOLS, Outcome
from cancergan.assessment.protocols.utility import hindrance, utility_of
from cancergan.cohort.case import Float64
from cancergan.core.estimates import Direction, Estimate
from cancergan.downstream.utility import BASELINE
from cancergan.metrics.resampling import Interval, bootstrap_interval
from cancergan.metrics.uncertainty import (
    predictive_entropy,
    rejection_curve,
    rejection_gain,
    split_entropy,
)
from cancergan.metrics.units import Units

DROPOUT, PASSES = 0.2, 20
JOINT = "train_real_plus_synthetic"
LEFT_OUT = "Needs the family utility, whose trainings are the ensemble."
POINTS = 12
FEWEST_ERRORS = 5


@PROTOCOLS.register("uncertainty")
def uncertainty(context: Context) -> Outcome:
    """Measure uncertainty by dropout, and what rejecting unsure cases saves, by an ensemble."""
    if len(context.classes) < 2:
        return [Skipped("uncertainty", "*", NO_CLASSES)]
    found: Outcome = [*_split(context), _rejection_by_dropout(context)]
    reason = _no_ensemble(context)
    if reason:
        return [*found, Skipped("uncertainty", "rejection_gain", reason)]
    return [*found, _rejection_by_ensemble(context)]


def rejection_curves(context: Context) -> tuple[Curve, ...]:
    """Return the accuracy on the surest cases, with and without synthetic cases in training."""
    if len(context.classes) < 2 or _no_ensemble(context):
        return ()
    lines = {}
    for arm, name in ((JOINT, "real and synthetic"), (BASELINE, "real alone, augmented")):
        kept, error = rejection_curve(*_ensemble(context, arm))
        places = np.unique(np.linspace(len(kept) / POINTS, len(kept), POINTS).round().astype(int))
        lines[name] = tuple(
            Point(float(kept[at - 1]), float(1 - error[at - 1])) for at in places if at
        )
    return (
        Curve(
            title="Accuracy on the surest cases",
            text="Unseen real patients in the order in which an ensemble is sure of them. A model "
            "that knows where it errs is better on the cases that it keeps; a flat line says that "
            "its uncertainty is of no use.",
            x="share of cases kept",
            y="accuracy",
            lines=lines,
        ),
    )


def _no_ensemble(context: Context) -> str:
    if "utility" not in context.settings.families:
        return LEFT_OUT
    return hindrance(context)


def _passes(context: Context, side: SideName) -> Float64:
    """Return class probabilities (passes, n, K) of one side, with dropout left on."""
    from cancergan.downstream.classifier import Classifier, train_classifier
    from cancergan.downstream.uncertainty import mc_dropout

    def trained() -> Classifier:
        return train_classifier(
            context.learning.images,
            context.codes("learning"),
            n_classes=len(context.classes),
            steps=context.settings.encoder_steps,
            batch_size=context.settings.batch_size,
            seed=context.seed_for("dropout"),
            augmentation="classical",
            dropout=DROPOUT,
        )

    judge = context.remembered(("classifier with dropout",), trained)
    seed = context.seed_for("passes", side)
    return context.remembered(
        ("passes", side),
        lambda: mc_dropout(judge, context.side(side).images, passes=PASSES, seed=seed),
    )


def _split(context: Context) -> list[Estimate]:
    """Return both parts of the uncertainty about synthetic cases, beside that about real ones."""
    made, real = (
        split_entropy(_passes(context, "synthetic")),
        split_entropy(_passes(context, "real")),
    )
    return [
        _mean(context, "intrinsic_uncertainty", "neither", made[0], real[0]),
        _mean(context, "parameter_uncertainty", "lower", made[1], real[1]),
    ]


def _mean(
    context: Context, name: str, direction: Direction, made: Float64, real: Float64
) -> Estimate:
    return context.estimate(
        "uncertainty",
        name,
        "task",
        made.mean(),
        _interval(context, lambda rows: float(made[rows].mean()), context.synthetic.units),
        direction=direction,
        measured_in=[DROPOUT, PASSES, context.settings.encoder_steps],
        floor=float(real.mean()),
    )


def _rejection_by_dropout(context: Context) -> Estimate | Skipped:
    chances = _passes(context, "real").mean(0)
    unsure, wrong = _errors(chances, context.codes("real"))
    return _gain(context, "dropout_rejection_gain", unsure, wrong, floor=None)


def _rejection_by_ensemble(context: Context) -> Estimate | Skipped:
    baseline = rejection_gain(*_ensemble(context, BASELINE))
    return _gain(context, "rejection_gain", *_ensemble(context, JOINT), floor=baseline)


def _ensemble(context: Context, arm: str) -> tuple[Float64, Float64]:
    return _errors(utility_of(context).arms[arm].by_seed.mean(0), context.codes("real"))


def _errors(chances: Float64, truth: Integers) -> tuple[Float64, Float64]:
    """Return the entropy of each answer (n, K), and 1 where it is wrong."""
    return predictive_entropy(chances), (chances.argmax(1) != truth).astype(np.float64)


def _gain(
    context: Context, name: str, unsure: Float64, wrong: Float64, *, floor: float | None
) -> Estimate | Skipped:
    settings, errors = context.settings, int(wrong.sum())
    if errors < FEWEST_ERRORS:
        reason = f"{errors} of {len(wrong)} unseen real cases were answered wrongly: too few."
        return Skipped("uncertainty", name, reason)
    return context.estimate(
        "uncertainty",
        name,
        "task",
        rejection_gain(unsure, wrong),
        _interval(
            context, lambda rows: rejection_gain(unsure[rows], wrong[rows]), context.real.units
        ),
        direction="higher",
        measured_in=[settings.utility_steps, list(settings.utility_seeds), DROPOUT, PASSES],
        floor=floor,
        note=f"{errors} of {len(wrong)} unseen real cases were answered wrongly.",
    )


def _interval(
    context: Context, statistic: Callable[[Integers], float], units: Units
) -> Interval | None:
    return bootstrap_interval(
        statistic,
        units,
        seed=context.seed_for("uncertainty"),
        replicates=context.settings.replicates,
        confidence=context.settings.confidence,
    )
