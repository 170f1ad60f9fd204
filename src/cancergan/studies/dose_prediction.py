"""Dose foretold from CT and structures, against no adversary and the mean dose of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.metrics.dose import Point
from cancergan.recipes.schema import Recipe
from cancergan.studies.adversary import ADVERSARIAL, ALONE, METHODS, with_and_without
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.dose_pictures import histograms, slices
from cancergan.studies.evidence import Evidence, Outcome
from cancergan.studies.plans import Plan, Volume, all_points, plans_of

MEAN = "mean dose of training patients"


class DosePredictionSettings(StudySettings):
    """What counts as a target, and when two doses agree.

    Attributes:
        targets: patterns of the structures that are to be hit.
        percent, millimetres: criteria of the gamma index; percent is of the largest planned dose.
    """

    targets: tuple[str, ...] = ("PTV*", "CTV*", "GTV*")
    percent: float = Field(default=3.0, gt=0)
    millimetres: float = Field(default=3.0, gt=0)


@studies.register("dose_prediction")
class DosePredictionStudy(Study[DosePredictionSettings]):
    """Held-out plans, foretold: both scores of OpenKBP, gamma index, and D95 of the targets.

    ``dvh_score`` is the mean over all points of all patients, as in the challenge; its interval
    resamples patients. Whatever a method says, dose is cut to the region where it may be.
    """

    schema = DosePredictionSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return what plans are judged by."""
        return ("dose", "structures", "region")

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the game, its generator alone, and a plan without a network."""
        return (
            *METHODS,
            Method(MEAN, "the same dose for everybody, cut to the patient", True, trainings=0),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train both, foretell the dose of the test patients, and score it."""
        plans = plans_of(bench.test, self.settings.targets)
        doses: dict[str, list[list[Volume]]] = {MEAN: [_mean_dose(bench.train, plans)]}
        for name, _, made in with_and_without(bench):
            found = [plan.cut(np.asarray(c.image)[0]) for plan, c in zip(plans, made, strict=True)]
            doses.setdefault(name, []).append(found)
        shown = {name: doses[name][0] for name in (ADVERSARIAL, ALONE, MEAN)}
        bench.pictures["doses"] = slices(bench.test, plans, shown)
        bench.pictures["histograms"] = histograms(plans[0], {k: v[0] for k, v in shown.items()})
        return Evidence.of(
            self.methods(bench.recipe),
            self._outcomes(plans, doses),
            seed=bench.recipe.seed,
            notes=[self._note(plans)],
        )

    def _outcomes(
        self, plans: Sequence[Plan], doses: Mapping[str, list[list[Volume]]]
    ) -> list[Outcome]:
        points, units = all_points(plans), [plan.patient for plan in plans]
        found = []
        for name in (ADVERSARIAL, ALONE, MEAN):
            scored = [[self._scores(*pair, points) for pair in zip(plans, seed, strict=True)]
                      for seed in doses[name]]  # fmt: skip
            values = np.array(scored)  # (seeds, plans, 3 figures and the points)
            found += [
                Outcome(name, "dose_score", values[..., 0], units, "lower", space="gray"),
                Outcome(name, "dvh_score", values[..., 3:], units, "lower", space="gray"),
                Outcome(name, "gamma_pass_rate", values[..., 1], units, "higher"),
                Outcome(name, "d95_of_targets", values[..., 2], units, "neither", space="gray"),
            ]
        return found

    def _scores(self, plan: Plan, dose: Volume, points: Sequence[Point]) -> list[float]:
        passing = plan.gamma_pass_rate(dose, self.settings.percent, self.settings.millimetres)
        return [plan.error(dose), passing, plan.coverage(dose), *plan.dvh_errors(dose, points)]

    def _note(self, plans: Sequence[Plan]) -> str:
        return (
            f"Targets: {', '.join(plans[0].targets)}. Gamma index at {self.settings.percent:g} % "
            f"of the largest planned dose and {self.settings.millimetres:g} mm. d95_of_targets is "
            "how many gray D95 is above the planned one (below 0: too cold)."
        )


def _mean_dose(train: Cohort, plans: Sequence[Plan]) -> list[Volume]:
    """Return the mean dose of the training cases, cut to each plan."""
    total = np.zeros(plans[0].dose.shape)
    for case in train:
        dose = np.asarray(case.arrays["dose"], np.float64)[0]
        if dose.shape != total.shape:
            raise BadInputError(
                f'case "{case.case_id}": dose of {dose.shape}, others have {total.shape}. Their '
                "mean needs one grid (cancergan cohort curate)."
            )
        total += dose
    return [plan.cut(total / len(train)) for plan in plans]
