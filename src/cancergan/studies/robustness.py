"""How far a classifier can be misled, and whether training against it or a generator helps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import nn

from cancergan.cohort import Cohort
from cancergan.cohort.columns import Column
from cancergan.cohort.prepared import prepare
from cancergan.core.pictures import grid, to_picture
from cancergan.core.seeds import torch_generator
from cancergan.downstream.adversarial_attacks import attacked
from cancergan.downstream.adversarial_training import hardening
from cancergan.downstream.classifier import Classifier, train_classifier
from cancergan.games.base import Request
from cancergan.games.latent import LatentGame
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.drawings import line_plot
from cancergan.studies.evidence import Evidence, Outcome
from cancergan.studies.purification import adaptive_attack, lesion_contrast, purified
from cancergan.training.latent import latent_game

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]
PLAIN, HARDENED, SYNTHETIC, BOTH, PURIFIED = (
    "classifier", "attacks in training", "hard synthetic lesions", "both", "purified",
)  # fmt: skip


class RobustnessSettings(StudySettings):
    """``budgets`` are largest changes of a pixel in [-1, 1]; 0.016 is 2 of 255 grey levels.

    ``hardening_budget`` is the one that training resists; ``hard_lesions`` is how many synthetic
    lesions, found by a search of ``search_steps`` in latent space, are added to the training cases.
    ``purify_steps`` is the length of the projection onto the generator.
    """

    budgets: tuple[float, ...] = (0.008, 0.016, 0.031, 0.063)
    steps: int = Field(default=600, ge=1)
    hardening_budget: float = Field(default=0.031, gt=0, le=2)
    attack_steps: int = Field(default=10, ge=1)
    hard_lesions: int = Field(default=200, ge=1)
    search_steps: int = Field(default=20, ge=1)
    purify_steps: int = Field(default=60, ge=1)


@dataclass(frozen=True, eq=False)
class _Seen:
    """One part of the cohort as a classifier sees it."""

    images: Floats
    labels: Codes
    patients: tuple[str, ...]
    masks: npt.NDArray[np.int32] | None = None


@studies.register("robustness")
class RobustnessStudy(Study[RobustnessSettings]):
    """Accuracy on attacked test cases, by budget, of classifiers trained in four ways."""

    schema = RobustnessSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return what a classifier needs."""
        return ("label",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the plain classifier, three ways to harden it, and purification before it."""
        return (
            Method(PLAIN, "trained on real cases with classical augmentation", True, trainings=0),
            Method(HARDENED, "half of every batch attacked (projected descent)", trainings=0),
            Method(SYNTHETIC, "with synthetic lesions that the plain one misreads added"),
            Method(BOTH, "hard synthetic lesions, and half of every batch attacked", trainings=0),
            Method(PURIFIED, "the plain one, shown the generator's nearest image", trainings=0),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train, attack every test case, and count what is still read right."""
        right: dict[tuple[str, str], list[npt.NDArray[np.float64]]] = {}
        kept: list[npt.NDArray[np.float64]] = []
        test: _Seen | None = None
        for seed in bench.seeds:
            run = bench.trained("generator", seed)
            column = run.trained_on.columns["image"]
            train, test = self._seen(bench.train, column), self._seen(bench.test, column)
            game = latent_game(run.game(), str(run.path))
            networks = self._networks(train, game, seed, bench)
            for name, network in networks.items():
                for space, found in self._correct(network, test, seed).items():
                    right.setdefault((name, space), []).append(found)
            shown = self._shown(networks[PLAIN], game, test, seed)
            for space, images in shown.items():
                found = _right(networks[PLAIN], images, test.labels)
                right.setdefault((PURIFIED, space), []).append(found)
            kept.append(_lesions_kept(test, shown["clean"]))
            if seed == bench.seeds[0]:
                bench.pictures["purified_clean_cases"] = _pairs(test.images, shown["clean"])
        assert test is not None
        outcomes = [
            Outcome(name, "accuracy", np.stack(found), test.patients, "higher", space=space)
            for (name, space), found in right.items()
        ]
        if np.isfinite(kept).any():
            outcomes.append(
                Outcome(PURIFIED, "lesion_contrast_kept", np.stack(kept), test.patients, "higher",
                        statistic=_share_kept, space="clean")
            )  # fmt: skip
        evidence = Evidence.of(self.methods(bench.recipe), outcomes, seed=bench.recipe.seed,
                               notes=self._notes())  # fmt: skip
        bench.pictures["accuracy_by_budget"] = self._curve(evidence)
        return evidence

    def _seen(self, cohort: Cohort, column: Column) -> _Seen:
        shown = column.of(cohort)
        found = prepare(shown, column.preparation)
        assert found.labels is not None
        masks = None
        if cohort.has_masks:
            empty = np.zeros(column.preparation.spatial, np.int32)
            masks = np.stack([
                empty if case.mask is None else column.preparation.apply_mask(case)
                for case in shown
            ])  # fmt: skip
        return _Seen(np.asarray(found.images), found.labels, found.patient_ids, masks)

    def _networks(
        self, train: _Seen, game: LatentGame, seed: int, bench: Bench
    ) -> dict[str, Classifier]:
        chosen, classes = self.settings, len(game.shape.classes)

        def fitted(images: Floats, labels: Codes, *, hard: bool) -> Classifier:
            change = hardening(budget=chosen.hardening_budget, steps=3, seed=seed) if hard else None
            return train_classifier(
                images, labels, n_classes=classes, steps=chosen.steps, seed=seed,
                augmentation="classical", hardening=change,
            )  # fmt: skip

        plain = fitted(train.images, train.labels, hard=False)
        images, labels = self.hard_lesions(plain, game, np.unique(train.labels), seed)
        bench.pictures[f"hard_lesions_seed_{seed}"] = grid(
            [to_picture(image, at_least=64) for image in images[:24]], columns=8
        )
        more = np.concatenate([train.images, images]), np.concatenate([train.labels, labels])
        return {
            PLAIN: plain,
            HARDENED: fitted(train.images, train.labels, hard=True),
            SYNTHETIC: fitted(*more, hard=False),
            BOTH: fitted(*more, hard=True),
        }

    def hard_lesions(
        self, classifier: Classifier, game: LatentGame, codes: Codes, seed: int
    ) -> tuple[Floats, Codes]:
        """Return synthetic images (n, C, *spatial) of the classes of ``codes``, to be misread.

        The class is the one that the generator was asked for; the search goes up the classifier's
        loss in latent space, held near where it began, so that lesions stay likely ones.
        """
        chosen = self.settings
        label = torch.from_numpy(np.resize(codes, chosen.hard_lesions))
        with torch.no_grad():
            request = Request(chosen.hard_lesions, torch_generator(seed, "hard lesions"), label)
            start = game.latents(request)
        network = nn.Sequential(classifier.encoder, classifier.head)
        points = start.clone().requires_grad_()
        optimiser = torch.optim.Adam([points], lr=0.05)
        for _ in range(chosen.search_steps):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(network(game.decode(points, label, None)), label)
            torch.autograd.backward(0.05 * (points - start).square().mean() - loss)
            optimiser.step()
        with torch.no_grad():
            images = game.decode(points, label, None)
        return images.numpy(), label.numpy()

    def _correct(
        self, network: Classifier, test: _Seen, seed: int
    ) -> dict[str, npt.NDArray[np.float64]]:
        found = {"clean": _right(network, test.images, test.labels)}
        for budget in self.settings.budgets:
            made = attacked(network, test.images, test.labels, budget=budget,
                            steps=self.settings.attack_steps, seed=seed)  # fmt: skip
            found[f"attacked {budget:g}"] = _right(network, made, test.labels)
        return found

    def _shown(
        self, network: Classifier, game: LatentGame, test: _Seen, seed: int
    ) -> dict[str, Floats]:
        """Return what purification shows: clean cases, and those attacked without and with it."""
        budget, steps = self.settings.hardening_budget, self.settings.purify_steps
        blind = attacked(network, test.images, test.labels, budget=budget, seed=seed)
        aware = adaptive_attack(network, game, test.images, test.labels, budget=budget,
                                steps=steps, rounds=self.settings.attack_steps)  # fmt: skip
        shown = {"clean": test.images, f"attacked {budget:g}": blind, f"adaptive {budget:g}": aware}
        return {space: purified(game, images, steps=steps) for space, images in shown.items()}

    def _notes(self) -> list[str]:
        return [
            "The attack knows the weights of the network that it attacks. Purification is also "
            "judged by an adaptive attack, which takes the slope at the purified image (Athalye et "
            "al. 2018); only that figure says what it is worth. Its clean accuracy against the "
            "plain classifier's is what it costs, lesions painted away among it. Where there are "
            "masks, lesion_contrast_kept says how much of the lesions' contrast is left in clean "
            "cases: 1 all, 0 painted away."
        ]

    def _curve(self, evidence: Evidence) -> npt.NDArray[np.uint8]:
        budgets = {"clean": 0.0, **{f"attacked {b:g}": b for b in self.settings.budgets}}
        lines: dict[str, list[tuple[float, float, float, float]]] = {}
        for figure in evidence.figures:
            found = figure.estimate
            if found.space in budgets and figure.method != PURIFIED:
                low = found.value if found.low is None else found.low
                high = found.value if found.high is None else found.high
                lines.setdefault(figure.method, []).append(
                    (budgets[found.space], found.value, low, high)
                )
        return line_plot(lines, x="largest change of a pixel (range 2)", y="accuracy")


def _right(network: Classifier, images: Floats, labels: Codes) -> npt.NDArray[np.float64]:
    right: npt.NDArray[np.bool_] = network.probabilities(images).argmax(axis=1) == labels
    return right.astype(np.float64)


def _lesions_kept(test: _Seen, shown: Floats) -> npt.NDArray[np.float64]:
    """Return the contrast of each lesion before and after, (n, 2); NaN without a mask."""
    if test.masks is None:
        return np.full((len(shown), 2), np.nan)
    return np.stack([lesion_contrast(images, test.masks) for images in (test.images, shown)], 1)


def _share_kept(contrasts: npt.NDArray[np.float64]) -> float:
    """Return how much of the lesions' contrast is left, all of them together."""
    before, after = contrasts[np.isfinite(contrasts).all(axis=1)].T
    size = np.square(before).sum()
    return float((before * after).sum() / size) if size else float("nan")


def _pairs(images: Floats, shown: Floats) -> npt.NDArray[np.uint8]:
    """Return cases above what purification makes of them."""
    rows = [*images[:8], *shown[:8]]
    return grid([to_picture(image, at_least=96) for image in rows], columns=min(8, len(images)))
