"""Unpaired translation, against matching mean and deviation and against leaving images alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import torch

from cancergan.cohort import Cohort
from cancergan.cohort.views import View, picked
from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Direction
from cancergan.core.pictures import Picture, captioned, grid, to_picture
from cancergan.losses.similarity import similarities
from cancergan.metrics.similarity import psnr, ssim
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.domain_adaptation import halved
from cancergan.studies.evidence import Evidence, Outcome
from cancergan.training.run import Run
from cancergan.training.starting import prepared_column
from cancergan.training.synthesis import translated

TRANSLATED, MATCHED, UNTOUCHED = "translated", "mean and deviation matched", "as it was"
_SHOWN = 6

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


class UnpairedSettings(StudySettings):
    """``halves`` draws training patients into a column ``domain``, "source" and "image".

    For two sequences of one cohort: the test cases then have both, and the truth is known. Without
    it the cohort's own columns divide it, by the queries of ``data.source`` and ``data.image``.
    """

    halves: bool = False


@studies.register("unpaired")
class UnpairedStudy(Study[UnpairedSettings]):
    """Held-out images in the look of the other kind: how near they come, and what is kept."""

    schema = UnpairedSettings

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the recipe's game, the classical way, and doing nothing."""
        words = "each channel given the median mean and deviation of the other kind (Reinhard)"
        return (
            Method(TRANSLATED, "the recipe's game"),
            Method(MATCHED, words, True, trainings=0),
            Method(UNTOUCHED, "the images as they are", True, trainings=0),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train, translate the test cases for each seed, and measure."""
        train = bench.train
        if self.settings.halves:
            train = halved(train, ("source", "image"), bench.recipe.seed)
        cases = picked(bench.test, bench.recipe.data.get("source", View()).where)
        made: dict[str, list[Float32]] = {}
        for seed in bench.seeds:
            run = bench.trained(TRANSLATED, seed, cohort=train)
            made.setdefault(TRANSLATED, []).append(translated(run, cases, seed=seed))
        source = prepared_column(run.trained_on.columns["source"], cases)
        if source.shape[1:] != made[TRANSLATED][0].shape[1:]:
            raise BadInputError(
                f"source has {source.shape[1]} channels and image {made[TRANSLATED][0].shape[1]}: "
                "this study compares the image with its source. Choose as many channels."
            )
        learnt = _statistics(_column(run, train, bench.recipe))
        made[MATCHED] = [_matched(source, learnt)]
        made[UNTOUCHED] = [source]
        truth = prepared_column(run.trained_on.columns["image"], cases) if self._pairs else None
        wanted = _column(run, bench.test, bench.recipe) if truth is None else truth
        bench.pictures["translations"] = _picture(source, made, wanted, paired=truth is not None)
        return self._evidence(bench, cases, source, made, wanted, truth)

    @property
    def _pairs(self) -> bool:
        return self.settings.halves

    def _evidence(
        self,
        bench: Bench,
        cases: Cohort,
        source: Float32,
        made: Mapping[str, list[Float32]],
        wanted: Float32,
        truth: Float32 | None,
    ) -> Evidence:
        units = cases.table["patient_id"].astype(str).tolist()
        other = _statistics(wanted)
        figures: dict[str, tuple[Callable[[Float32], Float64], Direction]] = {
            "appearance_distance": (lambda images: _distance(_statistics(images), other), "lower"),
            "edges_kept": (lambda images: _edges_kept(images, source), "higher"),
        }
        if truth is not None:
            true = truth
            figures["psnr"] = (lambda images: _each(psnr, true, images), "higher")
            figures["ssim"] = (lambda images: _each(ssim, true, images), "higher")
        outcomes = [
            Outcome(method, figure, np.stack([of(one) for one in seeds]), units, direction)
            for method, seeds in made.items()
            for figure, (of, direction) in figures.items()
        ]
        own = _distance(other, other).mean()
        note = (
            "Appearance distance: how many deviations of the other kind an image's channel means "
            f"and deviations are from theirs (root mean square); {own:.2f} for that kind itself."
        )
        methods = self.methods(bench.recipe)
        return Evidence.of(methods, outcomes, seed=bench.recipe.seed, notes=[note])


def _column(run: Run, cohort: Cohort, recipe: Recipe) -> Float32:
    """Return the prepared images of the other kind, (n, C, *spatial)."""
    where = recipe.data["image"].where if "image" in recipe.data else None
    return prepared_column(run.trained_on.columns["image"], picked(cohort, where))


def _statistics(images: Float32) -> Float64:
    """Return mean and deviation of every channel of every image, (n, 2 C)."""
    axes = tuple(range(2, images.ndim))
    parts = [images.mean(axis=axes, dtype=np.float64), images.std(axis=axes, dtype=np.float64)]
    return np.concatenate(parts, axis=1)


def _distance(of: Float64, to: Float64) -> Float64:
    """Return each row's root mean square distance from the mean of ``to``, in its deviations."""
    scaled = (of - to.mean(axis=0)) / np.maximum(to.std(axis=0), 1e-6)
    distance: Float64 = np.sqrt((scaled**2).mean(axis=1))
    return distance


def _matched(images: Float32, wanted: Float64) -> Float32:
    """Return images whose channels have the median mean and deviation of the wanted ones."""
    channels, own = images.shape[1], _statistics(images)
    shape = (len(images), channels) + (1,) * (images.ndim - 2)
    mean, deviation = (part.reshape(shape) for part in np.split(own, 2, axis=1))
    to_mean, to_deviation = (
        part.reshape(1, *shape[1:]) for part in np.split(np.median(wanted, axis=0), 2)
    )
    changed = (images - mean) / np.maximum(deviation, 1e-6) * to_deviation + to_mean
    return np.clip(changed, -1, 1).astype(np.float32)


def _edges_kept(images: Float32, source: Float32) -> Float64:
    """Return the correlation of each image's edge map with that of its source."""
    pairs = zip(torch.from_numpy(images), torch.from_numpy(source), strict=True)
    measure = similarities["edge_correlation"]
    return np.array([1 - float(measure(one[None], two[None])) for one, two in pairs])


def _each(measure: Callable[..., float], truth: Float32, images: Float32) -> Float64:
    return np.array(
        [measure(t, image, data_range=2.0) for t, image in zip(truth, images, strict=True)]
    )


def _picture(
    source: Float32, made: Mapping[str, list[Float32]], wanted: Float32, *, paired: bool
) -> Picture:
    chosen = range(0, len(source), max(1, len(source) // _SHOWN))[:_SHOWN]
    rows = {"source": [source[n] for n in chosen]}
    rows |= {
        name: [seeds[0][n] for n in chosen] for name, seeds in made.items() if name != UNTOUCHED
    }
    others = chosen if paired else [n % len(wanted) for n in range(len(chosen))]
    rows["truth" if paired else "of the other kind"] = [wanted[n] for n in others]
    strips = {
        name: grid([to_picture(i, at_least=64) for i in images], columns=len(chosen))
        for name, images in rows.items()
    }
    return captioned(strips, width=170)
