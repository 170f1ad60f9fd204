"""Effects of a treatment, against no effect, one effect for all, ridge regression and a forest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cancergan.cohort import Cohort
from cancergan.cohort.attributes import encoded
from cancergan.cohort.views import View, resolved
from cancergan.core.errors import BadInputError
from cancergan.downstream.treatment import (
    Treated,
    causal_forest,
    checked_overlap,
    constant_effect,
    ridge_by_arm,
)
from cancergan.metrics.treatment import Overlap
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.studies.treatment_pictures import effect_picture, overlap_picture
from cancergan.training.run import Run
from cancergan.training.synthesis import synthesise

GANITE, ZERO, CONSTANT = "counterfactual", "no effect", "one effect for all"
RIDGE, FOREST = "ridge by arm", "causal forest"
CAUTION = (
    "These figures are of groups of patients. That nothing unmeasured drove both treatment and "
    "outcome is assumed and cannot be tested; no estimate here says what a treatment would do for "
    "one person."
)


class TreatmentEffectSettings(StudySettings):
    """Which columns are which.

    Attributes:
        treatment, outcome: columns of the table; the treatment has two values.
        potential: columns with the true outcome under the first and second treatment, where they
            are known (phantoms, simulated outcomes, twins); without them effects cannot be judged.
        better: which outcomes are wanted.
        draws: samples of the network for one patient; their mean is the estimate.
        headroom: how far beyond the seen outcomes the network may go, in ranges of them.
        forest: whether the causal forest takes part (econml).
    """

    treatment: str = "treatment"
    outcome: str = "outcome"
    potential: tuple[str, str] = ("outcome_0", "outcome_1")
    better: Literal["higher", "lower"] = "higher"
    draws: int = 20
    headroom: float = 0.25
    forest: bool = True


@dataclass(frozen=True, eq=False)
class Estimated:
    """What a method says of the test patients: effects (seeds, n), and their intervals, if any."""

    effects: Values
    low: Values | None = None
    high: Values | None = None
    factual: Values | None = None


@studies.register("treatment_effect")
class TreatmentEffectStudy(Study[TreatmentEffectSettings]):
    """Held-out patients whose outcomes under both treatments are known, effects estimated."""

    schema = TreatmentEffectSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return treatment and outcome; the potential outcomes are used where they are there."""
        return self.settings.treatment, self.settings.outcome

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the network and four baselines."""
        baselines = [
            Method(ZERO, "says that treatment changes nothing", True, 0),
            Method(CONSTANT, "one effect for all: ridge regression on covariates", True, 0),
            Method(RIDGE, "a ridge regression for each treatment (T-learner)", True, 0),
        ]
        if self.settings.forest:
            words = "causal forest by double machine learning (econml)"
            baselines.append(Method(FOREST, words, True, 0))
        return (
            Method(GANITE, "the recipe: completes what was not seen, then estimates"),
            *baselines,
        )

    def run(self, bench: Bench) -> Evidence:
        """Look at overlap, then train and estimate, then compare with the truth."""
        arms = self._arms(bench.train)
        train, test = self._arrays(bench)
        found, chance = checked_overlap(train, arms, seed=bench.recipe.seed)
        bench.pictures["overlap"] = overlap_picture(chance[:, 1], train.treatment, arms)
        runs = {seed: self._trained(bench, seed) for seed in bench.seeds}
        estimated = {GANITE: self._of_runs(runs, bench.test, arms)}
        estimated |= self._baselines(train, test, bench)
        truth = self._truth(bench.test)
        outcomes = [
            outcome
            for name, one in estimated.items()
            for outcome in self._figures(name, one, test, truth, bench)
        ]
        if truth is not None:
            bench.pictures["effects"] = effect_picture(
                {name: (one.effects[0], None if one.low is None else one.low[0],
                        None if one.high is None else one.high[0])
                 for name, one in estimated.items()},
                truth[:, 1] - truth[:, 0],
            )  # fmt: skip
        notes = [overlap_in_words(found, arms), CAUTION]
        if truth is None:
            notes.insert(
                0, "No true outcomes under both treatments: effects cannot be judged here."
            )
        return Evidence.of(self.methods(bench.recipe), outcomes, notes=notes)

    def _arms(self, train: Cohort) -> tuple[str, ...]:
        view = View.model_validate(
            {"read": "table", "attributes": [{"name": self.settings.treatment, "kind": "category"}]}
        )
        arms = resolved(train, view).attributes[0].categories
        if len(arms) != 2:
            raise BadInputError(
                f"{train.origin}: {self.settings.treatment} has {len(arms)} values "
                f"({', '.join(arms[:4])}); this study compares two. Select the cases of two."
            )
        return arms

    def _arrays(self, bench: Bench) -> tuple[Treated, Treated]:
        """Return covariates, treatment and outcome of training and test patients."""
        stated = bench.recipe.data["covariates"]
        view = resolved(bench.train, stated)
        arms = self._arms(bench.train)
        return tuple(
            _treated(part, view, arms, self.settings) for part in (bench.train, bench.test)
        )  # type: ignore[return-value]

    def _truth(self, test: Cohort) -> Values | None:
        names = list(self.settings.potential)
        if not set(names) <= set(test.table.columns):
            return None
        test.require(*names)
        return test.table[names].to_numpy(np.float64)

    def _trained(self, bench: Bench, seed: int) -> Run:
        seen = bench.train.table[self.settings.outcome].to_numpy(np.float64)
        room = self.settings.headroom * float(np.ptp(seen))
        outcome = {
            "name": self.settings.outcome,
            "kind": "number",
            "low": float(seen.min()) - room,
            "high": float(seen.max()) + room,
        }
        treatment = {"name": self.settings.treatment, "kind": "category"}
        settings: Mapping[str, Any] = {
            "data": {"image": {"attributes": [outcome]}, "treatment": {"attributes": [treatment]}}
        }
        return bench.trained(GANITE, seed, settings=settings)

    def _of_runs(self, runs: Mapping[int, Run], test: Cohort, arms: Sequence[str]) -> Estimated:
        """Return the mean effect over draws, the middle 95 % of the draws, and seen outcomes."""
        effects, low, high, factual = [], [], [], []
        had = [arms.index(name) for name in map(_as_text, test.table[self.settings.treatment])]
        for run in runs.values():
            drawn = np.stack([self._draws(run, test, arm) for arm in arms], axis=2)
            effect = drawn[:, :, 1] - drawn[:, :, 0]
            effects.append(effect.mean(axis=0))
            low.append(np.quantile(effect, 0.025, axis=0))
            high.append(np.quantile(effect, 0.975, axis=0))
            factual.append(drawn.mean(axis=0)[np.arange(len(had)), had])
        return Estimated(np.stack(effects), np.stack(low), np.stack(high), np.stack(factual))

    def _draws(self, run: Run, test: Cohort, arm: str) -> Values:
        """Return the outcome (draws, n) of all test patients under one treatment."""
        asked = test.with_column(self.settings.treatment, [arm] * len(test))
        return np.stack([
            synthesise(run, source=asked, seed=draw).table[self.settings.outcome].to_numpy(float)
            for draw in range(self.settings.draws)
        ])  # fmt: skip

    def _baselines(self, train: Treated, test: Treated, bench: Bench) -> dict[str, Estimated]:
        n = len(test.outcome)
        by_arm = ridge_by_arm(train, test.covariates, 2)
        seen = by_arm[np.arange(n), test.treatment.astype(int)]
        found = {
            ZERO: Estimated(np.zeros((1, n))),
            CONSTANT: Estimated(np.full((1, n), constant_effect(train))),
            RIDGE: Estimated((by_arm[:, 1] - by_arm[:, 0])[None], factual=seen[None]),
        }
        if self.settings.forest:
            bench.say(f"{FOREST}: {len(bench.seeds)} seeds")
            grown = [causal_forest(train, test.covariates, seed=seed) for seed in bench.seeds]
            ends = np.stack([interval for _, interval in grown])
            effects = np.stack([effect for effect, _ in grown])
            found[FOREST] = Estimated(effects, ends[..., 0], ends[..., 1])
        return found

    def _figures(
        self, name: str, one: Estimated, test: Treated, truth: Values | None, bench: Bench
    ) -> list[Outcome]:
        units = tuple(bench.test.table["patient_id"])
        made: list[Outcome] = []
        if one.factual is not None:
            error = (one.factual - test.outcome) ** 2
            made.append(Outcome(name, "factual_rmse", error, units, "lower", statistic=root))
        if truth is None:
            effect = Outcome(name, "average_effect", one.effects, units, "neither")
            return [*made, effect]
        true = truth[:, 1] - truth[:, 0]
        error = one.effects - true
        made += [
            Outcome(name, "root_pehe", error**2, units, "lower", statistic=root),
            Outcome(name, "average_effect_error", error, units, "lower", statistic=_absolute),
            self._policy(name, one, truth, units),
        ]
        if one.low is not None and one.high is not None:
            covered = ((one.low <= true) & (true <= one.high)).astype(float)
            made.append(Outcome(name, "coverage_of_95", covered, units, "neither"))
        return made

    def _policy(self, name: str, one: Estimated, truth: Values, units: tuple[str, ...]) -> Outcome:
        """Return what comes of treating those for whom the method says that it helps."""
        helps = one.effects > 0 if self.settings.better == "higher" else one.effects < 0
        outcome = np.where(helps, truth[:, 1], truth[:, 0])
        return Outcome(name, "policy_value", outcome, units, self.settings.better)


def _treated(
    cohort: Cohort, view: View, arms: Sequence[str], settings: TreatmentEffectSettings
) -> Treated:
    cohort.require(settings.treatment, settings.outcome)
    names = [_as_text(value) for value in cohort.table[settings.treatment]]
    return Treated(
        encoded(cohort.table, view.attributes, origin=cohort.origin).astype(np.float64),
        np.array([arms.index(name) for name in names]),
        cohort.table[settings.outcome].to_numpy(np.float64),
    )


def _as_text(value: object) -> str:
    from cancergan.cohort.table import as_name

    return str(as_name(value))


def root(values: Values) -> float:
    """Return the root of the mean of squared errors."""
    return float(np.sqrt(values.mean()))


def _absolute(values: Values) -> float:
    return float(abs(values.mean()))


def overlap_in_words(found: Overlap, arms: Sequence[str]) -> str:
    """Return the overlap in a sentence."""
    counts = ", ".join(
        f"{count} had {arm} (worth {effective:.0f} once weighted)"
        for arm, count, effective in zip(arms, found.patients, found.effective, strict=True)
    )
    return (
        f"Overlap among the training patients: {counts}; {found.outside:.1%} have a propensity "
        f"below {found.least:g} for one of them; largest standardised difference of a covariate "
        f"{found.imbalance:.2f}."
    )
