"""What hiding an attribute costs a diagnosis, and whether its gap between groups closes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Direction
from cancergan.metrics.classification import auc
from cancergan.metrics.fairness import demographic_parity_difference, equalised_odds_difference
from cancergan.recipes.schema import Recipe
from cancergan.split_deployment.codes import encoded
from cancergan.split_deployment.probe import probed
from cancergan.studies.attribute_balance import METHODS, classified
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Statistic, Values
from cancergan.studies.obfuscation import named
from cancergan.training.run import Run
from cancergan.training.synthesis import translated


class FairEncoderSettings(StudySettings):
    """What is compared, and for how long it learns.

    Attributes:
        weights: of hiding, the first of which is the unprotected baseline.
        probe_steps: of the attacker that reads the attribute off codes.
        balance: whether attribute-balanced training is compared too, by a ``generator`` (a
            conditional recipe) with ``generator_settings``.
        classifier_steps: of each of its classifiers.
    """

    weights: tuple[float, ...] = Field(default=(0.0, 0.3, 1.0, 3.0), min_length=2)
    probe_steps: int = Field(default=300, ge=1)
    balance: bool = True
    generator: str = "cgan"
    generator_settings: dict[str, Any] = Field(default={"training.steps": 400})
    classifier_steps: int = Field(default=300, ge=1)


@studies.register("fair_encoder")
class FairEncoderStudy(Study[FairEncoderSettings]):
    """AUC and gaps of a diagnosis, and how well a fresh probe reads the attribute off codes.

    Beside encoders that hide, classifiers of images that are balanced over class and attribute.
    """

    schema = FairEncoderSettings

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return one encoder for each weight; without hiding it is the baseline."""
        encoders = (
            Method(named(weight), f"confusion of the adversary weighs {weight:g}", number == 0)
            for number, weight in enumerate(self.settings.weights)
        )
        return (*encoders, *(METHODS if self.settings.balance else ()))

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return label and attribute."""
        return ("label", _secret(recipe))

    def run(self, bench: Bench) -> Evidence:
        """Train an encoder for each weight; diagnose and probe the test patients."""
        name, found = _secret(bench.recipe), self.settings
        groups = np.unique(bench.test.table[name].astype(str), return_inverse=True)[1]
        patients = [str(patient) for patient in bench.test.table["patient_id"]]
        rows: dict[str, list[Values]] = {}
        read: dict[str, list[Values]] = {}
        for weight in found.weights:
            for seed in bench.seeds:
                run = bench.trained(
                    named(weight), seed, settings={"game": {"weight": float(weight)}}
                )
                sick, chance = _diagnosed(run, bench.test)
                threshold = _threshold(*_diagnosed(run, bench.validation))
                rows.setdefault(named(weight), []).append(_rows(sick, chance, threshold, groups))
                codes = encoded(run, bench.test, seed=seed)
                guess = probed(codes.codes, groups, steps=found.probe_steps, seed=seed)
                read.setdefault(named(weight), []).append(np.column_stack([groups, guess]))
        column, positive = run.trained_on.columns["source"], _positive(run)
        for seed in bench.seeds if found.balance else ():
            chances = classified(
                bench, column, name, seed, positive=positive, generator=found.generator,
                settings=found.generator_settings, steps=found.classifier_steps,
            )  # fmt: skip
            for method, (validation, test) in chances.items():
                threshold = _threshold(_sick(bench.validation, positive), validation)
                diagnosed = _rows(_sick(bench.test, positive), test, threshold, groups)
                rows.setdefault(method, []).append(diagnosed)
        strata = [f"{case[0]}{case[3]}" for case in next(iter(rows.values()))[0]]
        outcomes = [
            Outcome(method, figure, np.stack(values), patients, direction, statistic=statistic,
                    space="task", strata=strata)
            for method, values in rows.items()
            for statistic, figure, direction in _FIGURES
        ] + [
            Outcome(method, f"auc of {name}", np.stack(values), patients, "lower",
                    statistic=_probe_auc, space="codes", strata=strata)
            for method, values in read.items()
        ]  # fmt: skip
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


def _positive(run: Run) -> str:
    """Return the last class, which counts as sick."""
    return str(run.trained_on.columns["image"].view.attributes[0].categories[-1])


def _sick(cohort: Cohort, positive: str) -> npt.NDArray[np.float64]:
    return np.array([str(label) == positive for label in cohort.table["label"]], np.float64)


def _diagnosed(run: Run, cohort: Cohort) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return whether each case is of the last class, (n,), and the probability that it gets."""
    made = translated(run, cohort)
    return _sick(cohort, _positive(run)), (made[:, -1].astype(np.float64) + 1) / 2


def _rows(
    sick: npt.NDArray[np.float64],
    chance: npt.NDArray[np.float64],
    threshold: float,
    groups: npt.NDArray[np.int64],
) -> Values:
    """Return what every figure reads of a case: truth, probability, verdict, group."""
    return np.column_stack([sick, chance, chance >= threshold, groups])


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


def _balanced_accuracy(rows: Values) -> float:
    sick = rows[:, 0] > 0
    return float((rows[sick, 2].mean() + 1 - rows[~sick, 2].mean()) / 2)


_FIGURES: tuple[tuple[Statistic, str, Direction], ...] = (
    (_auc, "auc", "higher"),
    (_balanced_accuracy, "balanced_accuracy", "higher"),
    (_parity, "demographic_parity_difference", "lower"),
    (_odds, "equalised_odds_difference", "lower"),
)
