"""What hiding the patient costs a segmenter, over the weight of hiding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.cohort.prepared import prepare
from cancergan.core.pictures import captioned, grid, to_picture
from cancergan.metrics.segmentation import dice
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.codes import encoded, probed
from cancergan.studies.drawings import line_plot
from cancergan.studies.evidence import Evidence, Outcome
from cancergan.training.run import Run
from cancergan.training.synthesis import synthesise

_SHOWN = 6


class ObfuscationSettings(StudySettings):
    """``weights`` of hiding, the first of which is the unprotected baseline.

    ``probe_steps`` is how long the re-identification probe learns.
    """

    weights: tuple[float, ...] = Field(default=(0.0, 0.3, 1.0, 3.0), min_length=2)
    probe_steps: int = Field(default=300, ge=1)


def named(weight: float) -> str:
    """Return a method's name."""
    return f"hiding x {weight:g}"


@studies.register("obfuscation")
class ObfuscationStudy(Study[ObfuscationSettings]):
    """Dice of held-out patients, and how often a fresh probe says whose code it is."""

    schema = ObfuscationSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return the column that says who a case is of."""
        return ("mask",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return one encoder for each weight; without hiding it is the baseline."""
        return tuple(
            Method(named(weight), f"confusion of the adversary weighs {weight:g}", number == 0)
            for number, weight in enumerate(self.settings.weights)
        )

    def run(self, bench: Bench) -> Evidence:
        """Train an encoder for each weight; segment and re-identify patients it has not seen.

        Re-identification is measured on test and validation patients together, since few patients
        make it easy to be right by chance.
        """
        others = Cohort.concatenate([bench.test, bench.validation])
        truth = np.unique(others.table["patient_id"].astype(str), return_inverse=True)[1]
        marked = [case.mask is not None and bool(case.mask.any()) for case in bench.test]
        test = bench.test.select(np.array(marked))
        outcomes: list[Outcome] = []
        for weight in self.settings.weights:
            found, right = [], []
            for seed in bench.seeds:
                run = bench.trained(
                    named(weight), seed, settings={"game": {"weight": float(weight)}}
                )
                found.append(self._dice(run, test))
                codes = encoded(run, others)
                guess = probed(codes.codes, truth, steps=self.settings.probe_steps, seed=seed)
                right.append((guess.argmax(axis=1) == truth).astype(np.float64))
                if seed == bench.seeds[0]:
                    bench.pictures[f"codes_{weight:g}"] = self._picture(run, test)
            outcomes.append(
                Outcome(named(weight), "dice", np.stack(found), _patients(test), "higher")
            )
            outcomes.append(
                Outcome(named(weight), "reidentification", np.stack(right), _patients(others),
                        "lower", space="codes")
            )  # fmt: skip
        counts = np.bincount(truth)
        notes = (
            f"Re-identification: a fresh classifier says which of {len(counts)} patients a code is "
            f"of. It is right in {counts.max() / len(truth):.3f} of cases by naming always the one "
            f"with most images, and in {1 / len(counts):.3f} by lot. It learns from neighbouring "
            "slices of the same scans.",
        )
        evidence = Evidence.of(
            self.methods(bench.recipe), outcomes, seed=bench.recipe.seed, notes=notes
        )
        bench.pictures["trade_off"] = self._curve(evidence)
        return evidence

    def _dice(self, run: Run, test: Cohort) -> npt.NDArray[np.float64]:
        made = synthesise(run, source=test)
        column = run.trained_on.columns["source"]
        true = prepare(column.of(test), column.preparation, columns=("image", "mask")).masks
        assert true is not None
        scores = []
        for case, mask in zip(made, true, strict=True):
            assert case.mask is not None
            scores.append(dice(case.mask > 0, mask > 0) if mask.any() else np.nan)
        return np.array(scores)

    def _picture(self, run: Run, test: Cohort) -> npt.NDArray[np.uint8]:
        """Return pictures, their codes channel by channel, and what the segmenter marks."""
        step = max(1, len(test) // _SHOWN)
        shown = test.select(np.isin(np.arange(len(test)), np.arange(0, len(test), step)[:_SHOWN]))
        codes, column = encoded(run, shown).codes, run.trained_on.columns["source"]
        pictures = prepare(column.of(shown), column.preparation).images
        made = synthesise(run, source=shown)
        masks = [case.mask for case in made if case.mask is not None]
        rows = {"picture": list(pictures)}
        for channel in range(codes.shape[1]):
            rows[f"code {channel + 1}"] = [code[channel : channel + 1] for code in codes]
        rows["marked"] = [mask[None].astype(np.float32) * 2 - 1 for mask in masks]
        return captioned({
            name: grid([to_picture(image, at_least=96) for image in images], columns=len(images))
            for name, images in rows.items()
        })  # fmt: skip

    def _curve(self, evidence: Evidence) -> npt.NDArray[np.uint8]:
        weights = {named(weight): weight for weight in self.settings.weights}
        lines: dict[str, list[tuple[float, float, float, float]]] = {}
        for figure in evidence.figures:
            found = figure.estimate
            low, high = found.low or found.value, found.high or found.value
            lines.setdefault(found.name, []).append(
                (weights[figure.method], found.value, low, high)
            )
        return line_plot(lines, x="weight of hiding", y="Dice, and share re-identified")


def _patients(cohort: Cohort) -> list[str]:
    return [str(patient) for patient in cohort.table["patient_id"]]
