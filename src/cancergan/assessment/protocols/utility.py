"""Utility: what the synthetic cases are worth for training a classifier of real patients."""

from __future__ import annotations

import numpy as np

from cancergan.assessment.context import Context, SideName
from cancergan.assessment.findings import Skipped
from cancergan.assessment.protocols.registry import NO_CLASSES, NO_TRAINING, PROTOCOLS, Outcome
from cancergan.core.estimates import Estimate
from cancergan.downstream.utility import ClassificationUtility, classification_utility

ARMS = {
    "auc_real": "train_real",
    "auc_real_augmented": "train_real_augmented",
    "auc_synthetic": "train_synthetic",
    "auc_real_plus_synthetic": "train_real_plus_synthetic",
}
REFERENCES = {"auc_synthetic": "train_real", "auc_real_plus_synthetic": "train_real_augmented"}
DIFFERENCES = {
    "auc_gain_of_adding": "real_plus_synthetic_minus_real",
    "auc_loss_of_replacing": "synthetic_minus_real",
}


@PROTOCOLS.register("utility")
def utility(context: Context) -> Outcome:
    """Train on real, synthetic and both, test on unseen real patients, and compare."""
    reason = _hindrance(context)
    if reason:
        return [Skipped("utility", "*", reason)]
    settings, real, synthetic = context.settings, context.real, context.synthetic
    result = classification_utility(
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
    return [*_arms(context, result), *_differences(context, result)]


def _hindrance(context: Context) -> str:
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


def _arms(context: Context, result: ClassificationUtility) -> list[Estimate]:
    return [
        context.estimate(
            "utility",
            name,
            "task",
            result.arms[arm].auc,
            result.arms[arm].interval,
            direction="higher",
            measured_in=_measured_in(context),
            floor=result.arms[REFERENCES[name]].auc if name in REFERENCES else None,
        )
        for name, arm in ARMS.items()
    ]


def _differences(context: Context, result: ClassificationUtility) -> list[Estimate]:
    return [
        context.estimate(
            "utility",
            name,
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
