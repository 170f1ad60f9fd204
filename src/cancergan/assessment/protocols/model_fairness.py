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
from cancergan.metrics.classification import auc
from cancergan.metrics.fairness import demographic_parity_difference, equalised_odds_difference
from cancergan.metrics.resampling import bootstrap_interval, units_of_ranking

Measure = Callable[[Integers, Integers, npt.NDArray[np.str_]], float]
ARM = "train_real_plus_synthetic"
MEASURES: dict[str, Measure] = {
    "demographic_parity": lambda truth, guess, groups: demographic_parity_difference(guess, groups),
    "equalised_odds": equalised_odds_difference,
}
Names = npt.NDArray[np.str_]


def model_fairness(context: Context, column: str) -> Outcome:
    """Measure parity and odds of the model over the groups of a column, and each group's AUC."""
    if column not in context.real.table:
        return []  # the coverage of the column says so already
    names = [f"{measure}_{column}" for measure in MEASURES]
    reason = _reason(context)
    if reason:
        return [Skipped("fairness", name, reason) for name in names]
    groups = groups_of(context.real, column)
    counts = {name: int((groups == name).sum()) for name in sorted(set(groups) - {""})}
    large = [name for name, n in counts.items() if n >= context.settings.smallest_group]
    if len(large) < 2:
        reason = f"Needs two groups of {context.settings.smallest_group} real cases or more."
        return [Skipped("fairness", name, reason) for name in names]
    rows = np.flatnonzero(np.isin(groups, large))
    differences = [
        _estimate(context, name, measure, rows, groups)
        for name, measure in zip(names, MEASURES.values(), strict=True)
    ]
    return [*differences, *(_of_group(context, column, name, groups) for name in large)]


def _reason(context: Context) -> str:
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


def _of_group(context: Context, column: str, group: str, groups: Names) -> Estimate | Skipped:
    """Measure how well the model tells the classes apart within one group."""
    name, rows = f"model_auc_{column}_{group}", np.flatnonzero(groups == group)
    truth = context.codes("real")[rows]
    guess = utility_of(context).arms[ARM].predictions[rows]
    if len(set(truth.tolist())) < 2:
        return Skipped("fairness", name, "All real cases of this group are of one class.")

    def area(drawn: Integers) -> float:
        return auc(truth[drawn], guess[drawn])

    units = np.array(context.real.units)[rows]
    value = area(np.arange(len(rows)))
    interval = bootstrap_interval(
        area,
        units,
        seed=context.seed_for("fairness", name),
        strata=truth,
        share_of=units_of_ranking(value, units[truth == 0], units[truth == 1]),
        replicates=context.settings.bootstrap_replicates,
        confidence=context.settings.confidence,
    )
    return context.estimate(
        "fairness", name, "task", value, interval,
        direction="higher",
        measured_in=[name, context.settings.utility_steps, context.seed],
        n_real=len(rows),
    )  # fmt: skip
