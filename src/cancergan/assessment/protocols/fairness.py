"""Fairness: whether every group of patients is covered alike by the synthetic cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.assessment.context import Context, Integers
from cancergan.assessment.findings import Skipped
from cancergan.assessment.groups import COLUMNS, groups_of
from cancergan.assessment.protocols.halves import about
from cancergan.assessment.protocols.model_fairness import model_fairness
from cancergan.assessment.protocols.registry import PROTOCOLS, Outcome
from cancergan.core.estimates import Estimate
from cancergan.metrics.neighbours import coverage, expected_coverage
from cancergan.metrics.resampling import Interval, half_samples


@dataclass(frozen=True, eq=False)
class _Group:
    name: str
    real: Integers
    synthetic: Integers
    coverage: float
    ideal: float
    interval: Interval | None

    @property
    def deficit(self) -> float:
        return self.ideal - self.coverage


@PROTOCOLS.register("fairness")
def fairness(context: Context) -> Outcome:
    """Measure the coverage of each group by sex, age and centre, the widest gap, and the model."""
    covered = [outcome for column in COLUMNS for outcome in _column(context, column)]
    return covered + [item for column in COLUMNS for item in model_fairness(context, column)]


def _column(context: Context, column: str) -> Outcome:
    if any(column not in side.table for side in (context.real, context.synthetic)):
        reason = f'Needs a column "{column}" in the real and the synthetic cohort.'
        return [Skipped("fairness", f"coverage_{column}", reason)]
    real, synthetic = groups_of(context.real, column), groups_of(context.synthetic, column)
    outcome: Outcome = []
    groups: list[_Group] = []
    smallest = max(context.settings.smallest_group, context.settings.k + 1)
    for name in sorted(set(real) - {""}):
        rows, columns = np.flatnonzero(real == name), np.flatnonzero(synthetic == name)
        if min(len(rows), len(columns)) < smallest:
            # The number itself is withheld: a very small group may point at a person.
            reason = f"Fewer than {smallest} cases of this group on one side."
            outcome.append(Skipped("fairness", f"coverage_{column}_{name}", reason))
        else:
            groups.append(_group(context, name, rows, columns))
    outcome += [_estimate(context, column, group) for group in groups]
    if len(groups) > 1:
        outcome.append(_gap(context, column, groups))
    return outcome


def _group(context: Context, name: str, rows: Integers, columns: Integers) -> _Group:
    k, space = context.settings.k, context.random_convolution
    real = context.features(space, "real")[rows]
    synthetic = context.features(space, "synthetic")[columns]
    real_units = np.array(context.real.units)[rows]
    synthetic_units = np.array(context.synthetic.units)[columns]
    halves = half_samples(
        lambda first, second: coverage(real[first], synthetic[second], k),
        real_units,
        synthetic_units,
        seed=context.seed_for("fairness", name),
        replicates=context.settings.replicates,
        at_least=k + 1,
    )
    covered = coverage(real, synthetic, k)
    patients = len(set(real_units))
    interval = about(
        context,
        covered,
        halves,
        units=min(patients, len(set(synthetic_units))),
        bounds=(0, 1),
        share_of=patients,
    )
    ideal = expected_coverage(len(rows), len(columns), k)
    return _Group(name, rows, columns, covered, ideal, interval)


def _estimate(context: Context, column: str, group: _Group) -> Estimate:
    return context.estimate(
        "fairness",
        f"coverage_{column}_{group.name}",
        context.random_convolution.name,
        group.coverage,
        group.interval,
        direction="higher",
        measured_in=[context.random_convolution.fingerprint, context.settings.k],
        floor=group.ideal,
        n_real=len(group.real),
        n_synthetic=len(group.synthetic),
    )


def _gap(context: Context, column: str, groups: list[_Group]) -> Estimate:
    """Return the gap between the worst and the best served group, each against its own ideal."""
    best, *_, worst = sorted(groups, key=lambda group: group.deficit)
    gap = worst.deficit - best.deficit
    return context.estimate(
        "fairness",
        f"worst_gap_{column}",
        context.random_convolution.name,
        gap,
        _interval_of_gap(gap, best, worst),
        direction="lower",
        measured_in=[context.random_convolution.fingerprint, context.settings.k],
        note=f"Best served: {best.name}; worst served: {worst.name}.",
    )


def _interval_of_gap(gap: float, best: _Group, worst: _Group) -> Interval | None:
    """Return the interval of best minus worst coverage, of separate patients, from their own.

    The distances of the ends are added as squares (Newcombe 1998, method 10; Zou and Donner 2008),
    which keeps the width of a coverage of 0 or 1.
    """
    if best.interval is None or worst.interval is None:
        return None
    below = np.hypot(best.coverage - best.interval[0], worst.interval[1] - worst.coverage)
    above = np.hypot(best.interval[1] - best.coverage, worst.coverage - worst.interval[0])
    return float(gap - below), float(gap + above)
