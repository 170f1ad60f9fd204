"""Does a translator keep what it sees? The audit of Cohen et al. 2018, several times over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.assessment.hallucination import Arm
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.hallucination_audit import RATIOS, audit
from cancergan.recipes.loader import laid_over
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome

TRANSLATED, TRUE = "translated", "true images, diagnosed alike"
_HALF = 0.5

Booleans = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]


class HallucinationSettings(StudySettings):
    """Towards which shares of tumours translators are trained, and how the diagnosis is learnt.

    ``other`` are settings of the recipe for a second translator (the same game with pairs, or
    another weight of a term), audited on the same cases under the name ``other_name``.
    """

    ratios: tuple[float, ...] = RATIOS
    classifier_steps: int = 300
    other: dict[str, Any] | None = None
    other_name: str = "other"


@studies.register("hallucination")
class HallucinationStudy(Study[HallucinationSettings]):
    """Translators trained towards several shares of tumours, and what they add and remove."""

    schema = HallucinationSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return "mask"."""
        return ("mask",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the translators, and the diagnosis of true images, which no translator beats."""
        count = len(self.settings.ratios)
        methods = [Method(TRANSLATED, "the recipe's game, one for each share", trainings=count)]
        if self.settings.other is not None:
            words = "the same with other settings"
            methods.append(Method(self.settings.other_name, words, trainings=count))
        words = "the true images of the same cases: what a faithful translator would give"
        return (*methods, Method(TRUE, words, baseline=True, trainings=0))

    def run(self, bench: Bench) -> Evidence:
        """Audit every translator for each seed, on one division of all patients."""
        cohort = Cohort.concatenate([bench.train, bench.validation, bench.test])
        found: list[Outcome] = []
        for method in self.methods(bench.recipe):
            if method.name != TRUE:
                seeds = [self._audited(bench, cohort, method.name, seed) for seed in bench.seeds]
                found += self._outcomes(method.name, seeds)
                true = [{**one, "arms": {"truth": one["on_truth"]}} for one in seeds]
        found += self._outcomes(TRUE, true)
        notes = [
            "The audit divides all patients anew: sources, targets, and those that are translated.",
            "Slope 0 keeps what it sees, slope 1 makes what it learnt to expect.",
        ]
        methods = self.methods(bench.recipe)
        return Evidence.of(methods, found, seed=bench.recipe.seed, notes=notes)

    def _audited(self, bench: Bench, cohort: Cohort, name: str, seed: int) -> dict[str, Any]:
        """Return what was diagnosed of every case, made once and kept."""
        changes: Mapping[str, Any] = {}
        if name != TRANSLATED:
            changes = self.settings.other or {}
        recipe = laid_over(bench.recipe, changes)

        def make() -> dict[str, Any]:
            out = bench.folder / "audits" / f"{name.replace(' ', '_')}-{seed}"
            result = audit(
                recipe, cohort, out, ratios=self.settings.ratios, seed=seed,
                division=bench.recipe.seed, say=bench.say,
                classifier_steps=self.settings.classifier_steps,
            )  # fmt: skip
            assert result.on_truth is not None
            return {
                "arms": {str(arm.ratio): _bits(arm) for arm in result.arms},
                "on_truth": _bits(result.on_truth),
                "truth": [int(one) for one in result.on_truth.truth],
                "patients": list(result.on_truth.patients),
            }

        kept: dict[str, Any] = bench.kept(f"{name} {seed}", make, changes, self.settings.ratios)
        return kept

    def _outcomes(self, name: str, seeds: list[dict[str, Any]]) -> list[Outcome]:
        """Return the slope, and what is added and removed by the translator of balanced targets."""
        patients, truth = seeds[0]["patients"], np.array(seeds[0]["truth"], bool)
        ratios = list(seeds[0]["arms"])
        said = np.array([[one["arms"][r] for r in ratios] for one in seeds], np.float64)
        outcomes = []
        if len(ratios) > 1:
            weights = _weights([float(ratio) for ratio in ratios])
            outcomes.append(
                Outcome(
                    name, "slope", np.moveaxis(said, 1, 2), patients, "lower",
                    statistic=lambda cases: float(weights @ cases.mean(axis=0)),
                )
            )  # fmt: skip
        nearest = min(range(len(ratios)), key=lambda n: _from_half(ratios[n]))
        for figure, rows, wrong in (("added", ~truth, 1.0), ("removed", truth, 0.0)):
            hits = (said[:, nearest][:, rows] == wrong).astype(np.float64)
            of = [patient for patient, chosen in zip(patients, rows, strict=True) if chosen]
            outcomes.append(Outcome(name, f"{figure}_share", hits, of, "lower"))
        return outcomes


def _bits(arm: Arm) -> list[int]:
    return [int(one) for one in arm.diagnosed]


def _from_half(ratio: str) -> float:
    return 0.0 if ratio == "truth" else abs(float(ratio) - _HALF)


def _weights(ratios: list[float]) -> Float64:
    """Return the weights of least squares, so that their sum with the shares is the slope."""
    if len(set(ratios)) < 2:
        raise BadInputError(f"study.ratios is {ratios}: a slope needs two different ones.")
    centred = np.array(ratios) - np.mean(ratios)
    weights: Float64 = centred / (centred**2).sum()
    return weights
