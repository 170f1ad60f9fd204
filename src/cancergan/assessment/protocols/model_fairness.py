"""Fairness of the model that learns from the synthetic cases: does it serve every group alike?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from cancergan.assessment.context import Context, Integers
from cancergan.assessment.findings import Skipped
from cancergan.assessment.groups import groups_of
from cancergan.assessment.protocols.registry import Outcome
from cancergan.assessment.protocols.utility import hindrance, utility_of
from cancergan.core.estimates import Estimate
from cancergan.metrics.fairness import demographic_parity_difference, equalised_odds_difference
from cancergan.metrics.resampling import bootstrap_interval

Measure = Callable[[Integers, Integers, npt.NDArray[np.str_]], float]
ARM = "train_real_plus_synthetic"
MEASURES: dict[str, Measure] = {
    "demographic_parity": lambda truth, guess, groups: demographic_parity_difference(guess, groups),
    "equalised_odds": equalised_odds_difference,
}
Names = npt.NDArray[np.str_]


def model_fairness(context: Context, column: str) -> Outcome:
    """Measure demographic parity and equalised odds of the model over the groups of a column."""
    names = [f"{measure}_{column}" for measure in MEASURES]
    reason = _reason(context, column)
    if reason:
        return [Skipped("fairness", name, reason) for name in names]
    groups = groups_of(context.real, column)
    counts = {name: int((groups == name).sum()) for name in sorted(set(groups) - {""})}
    large = [name for name, n in counts.items() if n >= context.settings.smallest_group]
    if len(large) < 2:
        reason = f"Needs two groups of {context.settings.smallest_group} real cases or more."
        return [Skipped("fairness", name, reason) for name in names]
    rows = np.flatnonzero(np.isin(groups, large))
    return [
        _estimate(context, name, measure, rows, groups)
        for name, measure in zip(names, MEASURES.values(), strict=True)
    ]


def _reason(context: Context, column: str) -> str:
    if column not in context.real.table:
        return f'Needs a column "{column}" in the real cohort.'
    if "utility" not in context.settings.families:
        return "Needs the family utility, whose model is judged here."
    if hindrance(context):
        return hindrance(context)
    if len(context.classes) != 2:
        return f"Is defined for two classes here, and there are {len(context.classes)}."
    return ""


def _estimate(
    context: Context, name: str, measure: Measure, rows: Integers, groups: Names
) -> Estimate:
    truth = context.codes("real")
    arm = utility_of(context).arms[ARM]
    guess = arm.predictions.argmax(1)
    strata = np.char.add(groups[rows], truth[rows].astype(str))

    def difference(drawn: Integers) -> float:
        chosen = rows[drawn]
        return measure(truth[chosen], guess[chosen], groups[chosen])

    interval = bootstrap_interval(
        difference,
        np.array(context.real.units)[rows],
        seed=context.seed_for("fairness", name),
        strata=strata,
        replicates=context.settings.bootstrap_replicates,
        confidence=context.settings.confidence,
    )
    counts = ", ".join(f"{group} {int((groups[rows] == group).sum())}" for group in
                       sorted(set(groups[rows])))  # fmt: skip
    return context.estimate(
        "fairness",
        name,
        "task",
        difference(np.arange(len(rows))),
        interval,
        direction="lower",
        measured_in=[name, context.settings.utility_steps, context.seed],
        note=f"Real cases: {counts}. A difference is never below 0, so few cases inflate it.",
        n_real=len(rows),
    )
