"""Utility: what the synthetic cases are worth for training a classifier of real patients."""

from __future__ import annotations

import numpy as np

from cancergan.assessment.context import Context, Integers, SideName
from cancergan.assessment.findings import Skipped
from cancergan.assessment.protocols.registry import NO_CLASSES, NO_TRAINING, PROTOCOLS, Outcome
from cancergan.cohort.case import Float64
from cancergan.core.estimates import Estimate
from cancergan.downstream.utility import BASELINE, Arm, Utility, classification_utility
from cancergan.metrics.resampling import bootstrap_interval
from cancergan.metrics.uncertainty import predictive_entropy, uncertainty_error_correlation

# Findings are called by their score and these names, such as auc_real.
ARMS = {
    "real": "train_real",
    "real_augmented": BASELINE,
    "synthetic": "train_synthetic",
    "real_plus_synthetic": "train_real_plus_synthetic",
    "pretrained": "pretrain_synthetic",
}
REFERENCES = {"synthetic": "train_real", "real_plus_synthetic": BASELINE, "pretrained": BASELINE}
DIFFERENCES = {
    "gain_of_adding": "real_plus_synthetic_minus_real",
    "gain_of_pretraining": "pretrained_minus_real",
    "loss_of_replacing": "synthetic_minus_real",
}


@PROTOCOLS.register("utility")
def utility(context: Context) -> Outcome:
    """Train on real, synthetic and both, test on unseen real patients, and compare."""
    reason = hindrance(context)
    if reason:
        return [Skipped("utility", "*", reason)]
    result = utility_of(context)
    return [*_arms(context, result), *_differences(context, result), _awareness(context, result)]


def utility_of(context: Context) -> Utility:
    """Return the arms and their differences, trained once; only where nothing is a hindrance."""
    return context.remembered(("utility", "synthetic"), lambda: _trained(context))


def _trained(context: Context) -> Utility:
    settings, real, synthetic = context.settings, context.real, context.synthetic
    return classification_utility(
        context.learning.images,
        context.codes("learning"),
        synthetic.images,
        context.codes("synthetic"),
        real.images,
        context.codes("real"),
        test_units=real.units,
        n_classes=len(context.classes),
        steps=settings.utility_steps,
        seeds=settings.utility_seeds,
        seed=context.seed_for("utility"),
        replicates=settings.bootstrap_replicates,
        confidence=settings.confidence,
    )


def _awareness(context: Context, result: Utility) -> Estimate:
    """Measure whether the model knows when it errs, beside the one without synthetic cases."""
    truth = context.codes("real")
    rows = np.arange(len(truth))

    def errors(arm: Arm) -> tuple[Float64, Float64]:
        return predictive_entropy(arm.predictions), 1 - arm.predictions[rows, truth]

    uncertainty, error = errors(result.arms["train_real_plus_synthetic"])

    def correlation(drawn: Integers) -> float:
        return uncertainty_error_correlation(uncertainty[drawn], error[drawn])

    return context.estimate(
        "utility",
        "uncertainty_error_correlation",
        "task",
        correlation(rows),
        bootstrap_interval(
            correlation,
            context.real.units,
            seed=context.seed_for("awareness"),
            replicates=context.settings.replicates,
            confidence=context.settings.confidence,
        ),
        direction="higher",
        measured_in=_measured_in(context),
        floor=uncertainty_error_correlation(*errors(result.arms[BASELINE])),
    )


def hindrance(context: Context) -> str:
    """Return why utility cannot be measured, or an empty string where it can."""
    if len(context.classes) < 2:
        return NO_CLASSES
    if not context.generator_saw_learning:
        return NO_TRAINING
    sides: tuple[SideName, ...] = ("real", "synthetic")
    for name in sides:
        absent = set(range(len(context.classes))) - set(np.unique(context.codes(name)).tolist())
        if absent:
            return f'The {name} cohort has no case of class "{context.classes[min(absent)]}".'
    return ""


def _arms(context: Context, result: Utility) -> list[Estimate]:
    return [
        context.estimate(
            "utility",
            f"auc_{name}",
            "task",
            result.arms[arm].score,
            result.arms[arm].interval,
            direction="higher",
            measured_in=_measured_in(context),
            floor=result.arms[REFERENCES[name]].score if name in REFERENCES else None,
        )
        for name, arm in ARMS.items()
    ]


def _differences(context: Context, result: Utility) -> list[Estimate]:
    return [
        context.estimate(
            "utility",
            f"auc_{name}",
            "task",
            result.differences[difference].value,
            result.differences[difference].interval,
            direction="higher",
            measured_in=_measured_in(context),
            note=f"{result.arms['train_real'].steps} optimiser steps in every arm, mean of "
            f"{len(context.settings.utility_seeds)} trainings.",
        )
        for name, difference in DIFFERENCES.items()
    ]


def _measured_in(context: Context) -> list[object]:
    return [context.settings.utility_steps, list(context.settings.utility_seeds), context.seed]
