"""Healthy cases learnt, abnormal ones found: GANs beside a mean, a linear manifold and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cancergan.anomaly_detection import (
    Masks,
    Search,
    anomalies_of,
    picture,
    prepared_images,
    prepared_masks,
)
from cancergan.anomaly_detection.healthy import made_from
from cancergan.cohort import Cohort
from cancergan.cohort.edges import with_edges
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.anomaly import (
    Anomalies,
    anomalies,
    best_threshold,
    brightness,
    check_both_occur,
    distance_to_mean,
    linear_manifold,
    pixel_detection,
)
from cancergan.downstream.classifier import train_classifier
from cancergan.metrics.classification import auc, average_precision
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.training.run import Run
from cancergan.training.starting import prepared_column

Float32 = npt.NDArray[np.float32]
Competitor = Literal[
    "encoder", "search", "vae_gan", "several_discriminators", "inpainting", "translation", "edges"
]
_SHOWN = 8
_PIXELS = ("pixel_auc", "pixel_average_precision", "dice")

WORDS = {
    "encoder": "the recipe's game: score and map by its encoder (f-AnoGAN)",
    "search": "the same generator, searched by optimisation without the encoder (AnoGAN)",
    "vae_gan": "reconstruction by a VAE-GAN, trained for as many steps",
    "inpainting": "the recipe's game: every tile filled in from what is around it",
    "translation": "the recipe's game: translation of any image to a healthy one",
    "edges": "the recipe's game: the image made from its edges, as normal cases taught",
    "several_discriminators": "the recipe's game with three discriminators, by its encoder",
    "distance to mean": "distance to the mean of the healthy training images",
    "linear manifold": "what 32 principal components of the healthy images leave unexplained",
    "brightness": "brightness alone (darkness where abnormal is dark); nothing is learnt",
    "supervised": "a classifier on as many labelled cases as the methods were told of",
}
BASELINES = ("distance to mean", "linear manifold", "brightness", "supervised")


class AnomalySettings(StudySettings):
    """Which cases are normal, what competes, and how.

    Attributes:
        normal: a query that picks the normal cases; those of the training part are learnt from.
        competitors: methods of adversarial networks.
        search_steps: of each search in latent space.
        kappa: weight of the discriminator's features in search and score.
        dark: whether abnormal means dark, for the baseline that learns nothing.
    """

    normal: str = "lesion_pixels == 0"
    competitors: tuple[Competitor, ...] = ("encoder", "search", "vae_gan")
    search_steps: int = Field(default=60, ge=1)
    kappa: float = Field(default=1.0, ge=0)
    dark: bool = False


@studies.register("anomaly")
class AnomalyStudy(Study[AnomalySettings]):
    """Detection of abnormal cases, and of the pixels of lesions, from healthy cases alone."""

    schema = AnomalySettings

    def makes(self) -> tuple[str, ...]:
        """Return the edges, where images are made from them."""
        return ("source",) if "edges" in self.settings.competitors else ()

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the competitors, then the baselines."""
        chosen = self.settings.competitors
        names = [(name, False) for name in chosen] + [(name, True) for name in BASELINES]
        return tuple(
            Method(name, WORDS[name], baseline, trainings=int(not baseline and name != "search"))
            for name, baseline in names
        )

    def run(self, bench: Bench) -> Evidence:
        """Train on healthy cases, score the test part, and measure against its truth."""
        normal = self.settings.normal
        abnormal = check_both_occur(~bench.test.matches(normal), "the test part")
        check_both_occur(~bench.validation.matches(normal), "the validation part")
        found: dict[str, list[_Result]] = {}
        view: _Prepared | None = None
        runs = [(seed, list(self._trained(bench, seed))) for seed in bench.seeds]
        for seed, trained in runs:
            for name, run, search in trained:
                view = view or _Prepared(run, bench)
                scored, made = _scored(name, run, view.test, bench.test, search)
                held_out, _ = _scored(name, run, view.validation, bench.validation, search)
                found.setdefault(name, []).append(_result(scored, held_out, view))
                if seed == bench.seeds[0]:
                    shown = _spread(view.test_masks)
                    bench.pictures[name] = picture(view.test, made, scored, view.test_masks, shown)
            if view is not None:
                score = self._supervised(bench, view, seed)
                found.setdefault("supervised", []).append(_Result(score, {}))
        assert view is not None
        for name, result in self._trivial(view).items():
            found[name] = [result]
        outcomes = _outcomes(found, abnormal, [str(p) for p in bench.test.table["patient_id"]])
        return Evidence.of(
            self.methods(bench.recipe), outcomes, seed=bench.recipe.seed, notes=[self._note(bench)]
        )

    def _trained(self, bench: Bench, seed: int) -> Iterator[tuple[str, Run, Search]]:
        normal = self.settings.normal
        healthy, plain = {"data": {"image": {"where": normal}}}, Search()
        encoded = Search(kappa=self.settings.kappa)
        chosen = self.settings.competitors
        if "encoder" in chosen or "search" in chosen:
            run = bench.trained("encoder", seed, settings=healthy)
            if "encoder" in chosen:
                yield "encoder", run, encoded
            if "search" in chosen:
                steps = self.settings.search_steps
                yield "search", run, Search(steps, encode=False, kappa=self.settings.kappa)
        views = {"data": {name: {"where": normal} for name in ("source", "image")}}
        if "edges" in chosen:
            drawn = with_edges(bench.train)
            yield "edges", bench.trained("edges", seed, cohort=drawn, settings=views), plain
        if "inpainting" in chosen:
            yield "inpainting", bench.trained("inpainting", seed, settings=views), plain
        if "translation" in chosen:
            sides = {"source": {"where": f"not ({normal})"}, "image": {"where": normal}}
            yield "translation", bench.trained("translation", seed, settings={"data": sides}), plain
        if "vae_gan" in chosen:
            run = bench.trained("vae_gan", seed, recipe=_vae_gan(bench.recipe), settings=healthy)
            yield "vae_gan", run, encoded
        if "several_discriminators" in chosen:
            several: dict[str, Any] = {**healthy, "game": {"discriminators": 3}}
            run = bench.trained("several_discriminators", seed, settings=several)
            yield "several_discriminators", run, encoded

    def _supervised(self, bench: Bench, view: _Prepared, seed: int) -> Values:
        """Return the scores of a classifier that saw as many labelled cases as were healthy."""
        truth = (~bench.train.matches(self.settings.normal)).astype(np.int64)
        weak = "translation" in self.settings.competitors  # it is told the kind of every case
        count = len(truth) if weak else int((truth == 0).sum())
        order = numpy_generator(seed, "labelled").permutation(len(truth))
        chosen = order[:count]
        if len(np.unique(truth[chosen])) < 2:  # natural shares may leave one kind out
            rare = order[truth[order] != truth[chosen[0]]]
            chosen = np.append(chosen[:-1], rare[:1])
        trained = train_classifier(
            view.train[chosen], truth[chosen], n_classes=2, steps=bench.recipe.training.steps or 1,
            seed=seed, augmentation="classical", batch_size=16,
        )  # fmt: skip
        return np.asarray(trained.probabilities(view.test)[:, 1])

    def _trivial(self, view: _Prepared) -> dict[str, _Result]:
        healthy = view.train[view.healthy]
        methods: dict[str, Callable[[Float32], Anomalies]] = {
            "distance to mean": lambda images: distance_to_mean(images, healthy),
            "linear manifold": lambda images: linear_manifold(images, healthy),
            "brightness": lambda images: brightness(images, dark=self.settings.dark),
        }
        return {
            name: _result(score(view.test), score(view.validation), view)
            for name, score in methods.items()
        }

    def _note(self, bench: Bench) -> str:
        normal = self.settings.normal
        learnt, healthy = (int(part.matches(normal).sum()) for part in (bench.train, bench.test))
        return (
            f"{learnt} normal cases ({normal}) were learnt from; the test part has {healthy} "
            f"normal and {len(bench.test) - healthy} abnormal cases. Pixel figures are means over "
            "cases with a lesion; the threshold of Dice is from the validation part."
        )


def _scored(
    name: str, run: Run, images: Float32, cohort: Cohort, search: Search
) -> tuple[Anomalies, Float32]:
    """Return scores, and what was made, of cases whose images are prepared already."""
    if name != "edges":
        return anomalies_of(run, images, search)
    # Of all cases, not of those alone that the run learnt from, as synthesis would choose.
    sources = prepared_column(run.trained_on.columns["source"], with_edges(cohort))
    made = made_from(run.game(), sources, search.seed)
    return anomalies(images, made), made


class _Prepared:
    """The parts of a bench as every method sees them, on the grid of the first run."""

    def __init__(self, run: Run, bench: Bench) -> None:
        column = run.trained_on.columns["image"]
        assert column.view.where is not None
        self.healthy = bench.train.matches(column.view.where)
        self.train = prepared_images(run, bench.train)
        self.validation = prepared_images(run, bench.validation)
        self.test = prepared_images(run, bench.test)
        self.validation_masks = prepared_masks(run, bench.validation)
        self.test_masks = prepared_masks(run, bench.test)


class _Result:
    """Scores (n,) of the test cases, and figures of their pixels, (n,) each."""

    def __init__(self, scores: Values, pixels: dict[str, Values]) -> None:
        self.scores = scores
        self.pixels = pixels


def _result(scored: Anomalies, held_out: Anomalies, view: _Prepared) -> _Result:
    threshold = best_threshold(held_out.maps, view.validation_masks)
    return _Result(scored.scores, pixel_detection(scored.maps, view.test_masks, threshold))


def _outcomes(
    found: dict[str, list[_Result]], abnormal: npt.NDArray[np.bool_], units: list[str]
) -> list[Outcome]:
    outcomes = []
    figures: dict[str, Callable[[Values], float]] = {"auc": _auc, "average_precision": _precision}
    for name, seeds in found.items():
        scores = np.stack([_ranked(seed.scores) for seed in seeds])
        values = np.stack([scores, np.broadcast_to(abnormal, scores.shape)], axis=2)
        for figure, statistic in figures.items():
            outcomes.append(
                Outcome(
                    name, figure, values, units, "higher", statistic, space="cases",
                    strata=list(abnormal),
                )
            )  # fmt: skip
        for figure in _PIXELS:
            if all(figure in seed.pixels for seed in seeds):
                stacked = np.stack([seed.pixels[figure] for seed in seeds])
                if np.isfinite(stacked).any():
                    outcomes.append(Outcome(name, figure, stacked, units, "higher", space="pixels"))
    return outcomes


def _ranked(scores: Values) -> Values:
    """Return scores as ranks in [0, 1], ties alike: all that AUC and precision read of them."""
    return np.asarray(np.unique(scores, return_inverse=True)[1] / max(1, len(scores)), np.float64)


def _auc(values: Values) -> float:
    return auc(values[:, 1].astype(np.int64), values[:, 0])


def _precision(values: Values) -> float:
    return average_precision(values[:, 1].astype(np.int64), values[:, 0])


def _vae_gan(recipe: Recipe) -> Recipe:
    """Return the VAE-GAN on the recipe's images, for its number of steps."""
    from cancergan.recipes.loader import load_recipe

    length = recipe.training.model_dump(include={"steps", "minutes", "batch_size"})
    return load_recipe(
        "vae_gan", {"image_size": recipe.image_size, "fit": recipe.fit, "training": length}
    )


def _spread(masks: Masks) -> list[int]:
    """Return cases over the whole part, half of them with a lesion where there are any."""
    marked = [row for row, mask in enumerate(masks) if mask is not None and mask.any()]
    others = [row for row in range(len(masks)) if row not in set(marked)]
    half = _SHOWN // 2
    return [row for rows in (marked, others) for row in rows[:: max(1, len(rows) // half)][:half]]
