"""Paired translation, against copying the source and against the generator without adversary."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from cancergan.assessment.truth import MEASURES, Measured, measure
from cancergan.assessment.truth_picture import comparison_picture
from cancergan.cohort import Cohort
from cancergan.recipes.schema import Recipe
from cancergan.studies.adversary import ADVERSARIAL, ALONE, METHODS, with_and_without
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome
from cancergan.training.run import Run
from cancergan.training.truth import source_as_image, truth_of

COPY = "copy of the source"
_SHOWN = 5


class TranslationSettings(StudySettings):
    """``figures`` are those of ``assessment.truth``; ``copy_counts``: the source may be the image.

    Turn ``copy_counts`` off where the source is something else than the image (a mask).
    """

    figures: tuple[str, ...] = ("psnr", "ssim", "nmse", "texture_distance")
    copy_counts: bool = True


@studies.register("translation")
class TranslationStudy(Study[TranslationSettings]):
    """Held-out pairs, translated, and how far they are from the truth, also inside a mask."""

    schema = TranslationSettings
    trivial_name: ClassVar[str] = COPY
    trivial_words: ClassVar[str] = "the source as it is (interpolated)"

    def trivial(self, run: Run, cohort: Cohort) -> Cohort | None:
        """Return what stands for the images without any network; None where nothing can."""
        return source_as_image(run, cohort)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the adversarial game, its generator without adversary, and doing nothing."""
        methods = [*METHODS]
        if self.settings.copy_counts:
            methods.append(Method(self.trivial_name, self.trivial_words, True, trainings=0))
        return tuple(methods)

    def run(self, bench: Bench) -> Evidence:
        """Train both, translate the test cases, and measure them against the truth."""
        measured: dict[str, list[Measured]] = {ADVERSARIAL: [], ALONE: []}
        made: dict[str, Cohort] = {}
        first: Run | None = None
        for name, run, images in with_and_without(bench):
            first = first or run
            measured[name].append(measure(truth_of(first, bench.test), images))
            made.setdefault(name, images)
        assert first is not None
        truth, copy = truth_of(first, bench.test), self.trivial(first, bench.test)
        if copy is not None and self.settings.copy_counts:
            measured[self.trivial_name] = [measure(truth, copy)]
        source = first.trained_on.columns["source"].of(bench.test) if copy is None else copy
        shown = _spread(truth)
        bench.pictures["translations"] = comparison_picture(source, truth, made, shown)
        methods = [m for m in self.methods(bench.recipe) if m.name in measured]
        return Evidence.of(methods, self._outcomes(measured), seed=bench.recipe.seed)

    def _outcomes(self, measured: dict[str, list[Measured]]) -> list[Outcome]:
        found = []
        for name, seeds in measured.items():
            for (figure, region), values in seeds[0].values.items():
                if figure not in self.settings.figures or not np.isfinite(values).any():
                    continue
                stacked = np.stack([seed.values[figure, region] for seed in seeds])
                direction = MEASURES[figure].direction
                units = seeds[0].patients
                found.append(Outcome(name, figure, stacked, units, direction, space=region))
        return found


def _spread(truth: Cohort) -> list[int]:
    """Return some cases over the whole cohort, of those with a lesion where there are any."""
    marked = [n for n, case in enumerate(truth) if case.mask is not None and case.mask.any()]
    cases = marked or list(range(len(truth)))
    return cases[:: max(1, len(cases) // _SHOWN)][:_SHOWN]
