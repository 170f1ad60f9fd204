"""Dose-response curves, against no effect of the dose and a ridge regression with the dose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from cancergan.cohort import Cohort
from cancergan.cohort.attributes import encoded
from cancergan.cohort.views import resolved
from cancergan.core.errors import BadInputError
from cancergan.downstream.treatment import Treated, checked_overlap, ridge_of_dose
from cancergan.metrics.treatment import integrated_squared_errors
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.studies.treatment_effect import CAUTION, overlap_in_words, root
from cancergan.studies.treatment_pictures import curve_picture
from cancergan.training.run import Run
from cancergan.training.synthesis import synthesise

SCIGAN, NONE, RIDGE = "dose response", "no effect of the dose", "ridge with the dose"
ARMS = ("low", "middle", "high")


class DoseResponseStudySettings(StudySettings):
    """Which columns are which.

    Attributes:
        dose, outcome: columns of the table.
        potential: how the columns of true outcomes begin; the dose follows ("outcome_0.25").
        better: which outcomes are wanted.
        headroom: how far beyond the seen outcomes the network may go, in ranges of them.
    """

    dose: str = "treatment"
    outcome: str = "outcome"
    potential: str = "outcome_"
    better: Literal["higher", "lower"] = "higher"
    headroom: float = 0.25


@studies.register("dose_response")
class DoseResponseStudy(Study[DoseResponseStudySettings]):
    """Held-out patients whose outcomes at several doses are known, curves estimated."""

    schema = DoseResponseStudySettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return dose and outcome."""
        return self.settings.dose, self.settings.outcome

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the network and two baselines."""
        return (
            Method(SCIGAN, "the recipe: completes other doses, then estimates"),
            Method(NONE, "a ridge regression on covariates alone", True, 0),
            Method(RIDGE, "a ridge regression on covariates, dose and their products", True, 0),
        )

    def run(self, bench: Bench) -> Evidence:
        """Look at overlap, then train and estimate, then compare with the true curves."""
        doses, truth = self._truth(bench.test)
        train, test = (self._treated(part, bench) for part in (bench.train, bench.test))
        cuts = np.quantile(train.treatment, [1 / 3, 2 / 3])
        thirds = Treated(train.covariates, np.digitize(train.treatment, cuts), train.outcome)
        found, _ = checked_overlap(thirds, ARMS, seed=bench.recipe.seed)
        made = [self._curves(self._trained(bench, seed, doses), bench.test, doses)
                for seed in bench.seeds]  # fmt: skip
        flat = ridge_of_dose(
            Treated(train.covariates, np.zeros(len(train.outcome)), train.outcome),
            test.covariates, np.zeros(1),
        )  # fmt: skip
        curves = {
            SCIGAN: np.stack(made),
            NONE: np.repeat(flat, len(doses), axis=1)[None],
            RIDGE: ridge_of_dose(train, test.covariates, doses)[None],
        }
        shown = {name: values[0] for name, values in curves.items()}
        bench.pictures["curves"] = curve_picture(shown, truth, doses)
        units = tuple(bench.test.table["patient_id"])
        outcomes = [
            outcome
            for name, values in curves.items()
            for outcome in self._figures(name, values, truth, doses, units)
        ]
        notes = [overlap_in_words(found, ARMS), CAUTION]
        return Evidence.of(self.methods(bench.recipe), outcomes, notes=notes)

    def _figures(
        self, name: str, curves: Values, truth: Values, doses: Values, units: tuple[str, ...]
    ) -> list[Outcome]:
        errors = np.stack([integrated_squared_errors(truth, one, doses) for one in curves])
        sign = 1.0 if self.settings.better == "higher" else -1.0
        chosen = (sign * curves).argmax(axis=2)
        value = np.take_along_axis(truth[None], chosen[:, :, None], axis=2)[:, :, 0]
        regret = (sign * truth).max(axis=1) - sign * value
        return [
            Outcome(name, "root_mise", errors, units, "lower", statistic=root),
            Outcome(name, "dose_regret", regret, units, "lower"),
        ]

    def _truth(self, test: Cohort) -> tuple[Values, Values]:
        begins = self.settings.potential
        names = [str(n) for n in test.table.columns if str(n).startswith(begins)]
        try:
            named = sorted((float(name.removeprefix(begins)), name) for name in names)
        except ValueError:
            named = []
        if len(named) < 3:
            raise BadInputError(
                f"{test.origin}: no true outcomes at three doses or more ({begins}0.5, ...). "
                "Curves cannot be judged without them; use a phantom."
            )
        columns = [name for _, name in named]
        test.require(*columns)
        return np.array([dose for dose, _ in named]), test.table[columns].to_numpy(np.float64)

    def _treated(self, part: Cohort, bench: Bench) -> Treated:
        part.require(self.settings.dose, self.settings.outcome)
        view = resolved(bench.train, bench.recipe.data["covariates"])
        return Treated(
            encoded(part.table, view.attributes, origin=part.origin).astype(np.float64),
            part.table[self.settings.dose].to_numpy(np.float64),
            part.table[self.settings.outcome].to_numpy(np.float64),
        )

    def _trained(self, bench: Bench, seed: int, doses: Values) -> Run:
        seen = bench.train.table[self.settings.outcome].to_numpy(np.float64)
        room = self.settings.headroom * float(np.ptp(seen))

        def number(name: str, low: float, high: float) -> dict[str, Any]:
            return {"attributes": [{"name": name, "kind": "number", "low": low, "high": high}]}

        outcome = number(self.settings.outcome, float(seen.min()) - room, float(seen.max()) + room)
        dose = number(self.settings.dose, float(doses[0]), float(doses[-1]))
        settings: Mapping[str, Any] = {"data": {"image": outcome, "dose": dose}}
        return bench.trained(SCIGAN, seed, settings=settings)

    def _curves(self, run: Run, test: Cohort, doses: Values) -> Values:
        asked = [test.with_column(self.settings.dose, [float(d)] * len(test)) for d in doses]
        return np.stack(
            [synthesise(run, source=one).table[self.settings.outcome].to_numpy(float)
             for one in asked],
            axis=1,
        )  # fmt: skip
