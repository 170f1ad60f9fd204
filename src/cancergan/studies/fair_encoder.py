"""What hiding an attribute costs a diagnosis, and whether its gap between groups closes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.metrics.classification import auc
from cancergan.metrics.fairness import demographic_parity_difference, equalised_odds_difference
from cancergan.recipes.schema import Recipe
from cancergan.split_deployment.codes import encoded
from cancergan.split_deployment.probe import probed
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.studies.obfuscation import named
from cancergan.training.run import Run
from cancergan.training.synthesis import translated


class FairEncoderSettings(StudySettings):
    """``weights`` of hiding, the first of which is the unprotected baseline."""

    weights: tuple[float, ...] = Field(default=(0.0, 0.3, 1.0, 3.0), min_length=2)
    probe_steps: int = Field(default=300, ge=1)


@studies.register("fair_encoder")
class FairEncoderStudy(Study[FairEncoderSettings]):
    """AUC and gaps of a diagnosis, and how well a fresh probe reads the attribute off codes."""

    schema = FairEncoderSettings

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return one encoder for each weight; without hiding it is the baseline."""
        return tuple(
            Method(named(weight), f"confusion of the adversary weighs {weight:g}", number == 0)
            for number, weight in enumerate(self.settings.weights)
        )

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return label and attribute."""
        return ("label", _secret(recipe))

    def run(self, bench: Bench) -> Evidence:
        """Train an encoder for each weight; diagnose and probe the test patients."""
        name = _secret(bench.recipe)
        groups = np.unique(bench.test.table[name].astype(str), return_inverse=True)[1]
        patients = [str(patient) for patient in bench.test.table["patient_id"]]
        outcomes: list[Outcome] = []
        for weight in self.settings.weights:
            rows, read = [], []
            for seed in bench.seeds:
                run = bench.trained(
                    named(weight), seed, settings={"game": {"weight": float(weight)}}
                )
                sick, chance = _diagnosed(run, bench.test)
                threshold = _threshold(*_diagnosed(run, bench.validation))
                rows.append(np.stack([sick, chance, chance >= threshold, groups], axis=1))
                codes = encoded(run, bench.test)
                guess = probed(codes.codes, groups, steps=self.settings.probe_steps, seed=seed)
                read.append(np.concatenate([groups[:, None], guess], axis=1))
            figures = ((_auc, "auc", "higher"), (_parity, "demographic_parity_difference", "lower"),
                       (_odds, "equalised_odds_difference", "lower"))  # fmt: skip
            strata = [f"{a}{b}" for a, b in zip(rows[0][:, 0], groups, strict=True)]
            outcomes += [
                Outcome(named(weight), figure, np.stack(rows), patients, direction,  # type: ignore[arg-type]
                        statistic=statistic, space="task", strata=strata)
                for statistic, figure, direction in figures
            ]  # fmt: skip
            outcomes.append(
                Outcome(named(weight), f"auc of {name}", np.stack(read), patients, "lower",
                        statistic=_probe_auc, space="codes", strata=strata)
            )  # fmt: skip
        notes = (
            f"{name} in the test part: "
            + ", ".join(f"{n} of group {g}" for g, n in enumerate(np.bincount(groups)))
            + ". The threshold is that of the best balanced accuracy on validation patients.",
        )
        return Evidence.of(
            self.methods(bench.recipe), outcomes, seed=bench.recipe.seed, notes=notes
        )


def _secret(recipe: Recipe) -> str:
    attributes = recipe.data["secret"].attributes if "secret" in recipe.data else ()
    if len(attributes) != 1:
        raise BadInputError(
            f'recipe "{recipe.name}": data.secret.attributes must name one attribute to hide.'
        )
    return attributes[0].name


def _diagnosed(run: Run, cohort: Cohort) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return whether each case is of the last class, (n,), and the probability that it gets."""
    view = run.trained_on.columns["image"].view
    positive = view.attributes[0].categories[-1]
    sick = np.array([label == positive for label in cohort.table["label"]], np.float64)
    made = translated(run, cohort)
    return sick, (made[:, -1].astype(np.float64) + 1) / 2


def _threshold(sick: npt.NDArray[np.float64], chance: npt.NDArray[np.float64]) -> float:
    """Return the probability from which saying "sick" gives the best balanced accuracy."""
    candidates = np.unique(chance)
    scores = [
        np.mean(chance[sick > 0] >= cut) + np.mean(chance[sick == 0] < cut) for cut in candidates
    ]
    return float(candidates[int(np.argmax(scores))])


def _auc(rows: Values) -> float:
    return auc(rows[:, 0].astype(int), rows[:, 1])


def _parity(rows: Values) -> float:
    return demographic_parity_difference(rows[:, 2].astype(int), rows[:, 3].astype(int))


def _odds(rows: Values) -> float:
    return equalised_odds_difference(
        rows[:, 0].astype(int), rows[:, 2].astype(int), rows[:, 3].astype(int)
    )


def _probe_auc(rows: Values) -> float:
    return auc(rows[:, 0].astype(int), rows[:, 1:])
