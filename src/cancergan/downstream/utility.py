"""Does synthetic data help? Networks trained with and without it, judged on real cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import derive_seed, numpy_generator
from cancergan.downstream.batches import Float64, Integers
from cancergan.downstream.classifier import Augmentation
from cancergan.downstream.tasks import Classification, Examples, Task
from cancergan.metrics.resampling import Interval, bootstrap_interval
from cancergan.metrics.units import Units, cases_by_unit

BASELINE = "train_real_augmented"
DIFFERENCES = {
    "real_plus_synthetic_minus_real": ("train_real_plus_synthetic", BASELINE),
    "pretrained_minus_real": ("pretrain_synthetic", BASELINE),
    "synthetic_minus_real": ("train_synthetic", "train_real"),
}


@dataclass(frozen=True)
class Arm:
    """One way to train the network, and how it did on the real test cases.

    Attributes:
        predictions: probabilities of the test cases, averaged over the seeds.
        by_seed: (seeds, ...) the same of each training.
        steps: optimiser steps of each training; equal in all arms.
        score: of the averaged predictions.
        interval: of the score, by patient; None with fewer than 3 patients.
        spread: standard deviation of the score over the seeds; 0 with one seed.
    """

    predictions: Float64
    by_seed: Float64
    steps: int
    score: float
    interval: Interval | None
    spread: float


@dataclass(frozen=True)
class Difference:
    """Score of one arm minus that of another on the same cases; the interval pairs the patients."""

    first: str
    second: str
    value: float
    interval: Interval | None


@dataclass(frozen=True)
class Utility:
    """All arms and the differences that answer the question, by name."""

    arms: dict[str, Arm]
    differences: dict[str, Difference]


@dataclass(frozen=True)
class Trial:
    """How utility is measured: what stays the same over all arms, ratios and sizes.

    Attributes:
        task: what the networks are trained for.
        test: real cases at their natural prevalence.
        units: the patient of each test case.
        steps: optimiser steps of each training, whatever it is trained on.
        seed: of everything drawn.
        seeds: repetitions of each training; their predictions are averaged.
        replicates, confidence: of the bootstrap by patient.
    """

    task: Task
    test: Examples
    units: Units
    steps: int
    seed: int
    seeds: Sequence[int] = (0, 1, 2)
    replicates: int = 1000
    confidence: float = 0.95

    def arm(
        self, examples: Examples, augmentation: Augmentation, *, before: Examples | None = None
    ) -> Arm:
        """Train on examples, in the second half of the steps where there is something ``before``.

        Seed by seed, all arms start from the same weights.
        """
        networks = [self._trained(examples, augmentation, before, seed) for seed in self.seeds]
        by_seed = np.stack([self.task.predict(n, self.test.images) for n in networks])
        mean = by_seed.mean(0)
        everything = np.arange(len(self.test))
        scorer = self.task.scorer(self.test, mean)
        value = scorer(everything)
        scores = [self.task.scorer(self.test, one)(everything) for one in by_seed]
        share_of = self.task.share_of(value, self.test, self.units)
        spread = float(np.std(scores, ddof=1)) if len(scores) > 1 else 0.0
        interval = self._interval(scorer, share_of=share_of)
        return Arm(mean, by_seed, self.steps, value, interval, spread)

    def _trained(
        self, examples: Examples, augmentation: Augmentation, before: Examples | None, seed: int
    ) -> object:
        drawn = derive_seed(self.seed, "utility", seed)
        if before is None:
            return self.task.train(
                examples, steps=self.steps, seed=drawn, augmentation=augmentation
            )
        first = self.steps // 2
        start = self.task.train(before, steps=first, seed=drawn, augmentation=augmentation)
        return self.task.train(
            examples, steps=self.steps - first, seed=derive_seed(drawn, "fine-tuning"),
            augmentation=augmentation, start=start,
        )  # fmt: skip

    def difference(self, first: Arm, second: Arm) -> tuple[float, Interval | None]:
        """Return score minus score and the interval over the same draws of patients."""
        scorers = [self.task.scorer(self.test, arm.predictions) for arm in (first, second)]

        def gain(rows: Integers) -> float:
            return scorers[0](rows) - scorers[1](rows)

        return gain(np.arange(len(self.test))), self._interval(gain)

    def _interval(
        self, statistic: Callable[[Integers], float], share_of: int | None = None
    ) -> Interval | None:
        return bootstrap_interval(
            statistic,
            self.units,
            seed=derive_seed(self.seed, "utility"),
            strata=self.task.strata(self.test),
            replicates=self.replicates,
            confidence=self.confidence,
            share_of=share_of,
        )


def utility(trial: Trial, real: Examples, synthetic: Examples) -> Utility:
    """Train on real, on synthetic and on both, at equal steps, and compare on real test cases.

    The arms share network, number of optimiser steps, batch size, way of drawing batches and, seed
    by seed, their first weights. Real plus synthetic, and pretraining on synthetic for half of the
    steps, are compared with real under the same classical augmentation, which is what they have to
    beat; synthetic alone with real alone, both without. In the joint arm images are drawn from both
    sets by their numbers.

    Raises:
        BadInputError: a class, or a lesion, is missing in the test set.
    """
    arms = {
        "train_real": trial.arm(real, "none"),
        BASELINE: trial.arm(real, "classical"),
        "train_synthetic": trial.arm(synthetic, "none"),
        "train_real_plus_synthetic": trial.arm(real.joined(synthetic), "classical"),
        "pretrain_synthetic": trial.arm(real, "classical", before=synthetic),
    }
    differences = {
        name: Difference(first, second, *trial.difference(arms[first], arms[second]))
        for name, (first, second) in DIFFERENCES.items()
    }
    return Utility(arms, differences)


def ratio_curve(
    trial: Trial, real: Examples, synthetic: Examples, ratios: Sequence[float]
) -> dict[float, Arm]:
    """Return the joint arm at numbers of synthetic cases that are these multiples of the real one.

    Fewer are drawn at random, the same first ones at every ratio.

    Raises:
        BadInputError: a ratio that asks for more synthetic cases than there are, or for none.
    """
    order = numpy_generator(trial.seed, "utility", "ratio").permutation(len(synthetic))
    arms = {}
    for ratio in ratios:
        wanted = round(ratio * len(real))
        if not 0 < wanted <= len(synthetic):
            raise BadInputError(
                f"ratio {ratio:g} asks for {wanted} synthetic cases of {len(synthetic)}. "
                f"Choose from {1 / len(real):.2g} to {len(synthetic) / len(real):.2g}."
            )
        arms[ratio] = trial.arm(real.joined(synthetic.rows(order[:wanted])), "classical")
    return arms


def size_curve(
    trial: Trial,
    real: Examples,
    real_units: Units,
    synthetic: Examples,
    sizes: Sequence[float],
) -> dict[int, tuple[Arm, Arm]]:
    """Return baseline and joint arm with these shares of the real patients, by number of cases.

    Patients are drawn whole; smaller shares are part of larger ones. All synthetic cases are there
    at every size, although their generator may have been trained on all real patients: the curve
    tells what they are worth where labels are scarce, not where patients are.

    Raises:
        BadInputError: a share outside (0, 1].
    """
    groups = cases_by_unit(real_units)
    order = numpy_generator(trial.seed, "utility", "size").permutation(len(groups))
    arms = {}
    for share in sizes:
        if not 0 < share <= 1:
            raise BadInputError(f"size {share:g}: give shares of the real patients, above 0 to 1.")
        chosen = order[: max(2, round(share * len(groups)))]
        part = real.rows(np.sort(np.concatenate([groups[i] for i in chosen])))
        both = trial.arm(part.joined(synthetic), "classical")
        arms[len(part)] = trial.arm(part, "classical"), both
    return arms


def classification_utility(
    train_images: npt.ArrayLike,
    train_labels: npt.ArrayLike,
    synthetic_images: npt.ArrayLike,
    synthetic_labels: npt.ArrayLike,
    test_images: npt.ArrayLike,
    test_labels: npt.ArrayLike,
    *,
    test_units: Units,
    n_classes: int,
    steps: int,
    seed: int,
    seeds: Sequence[int] = (0, 1, 2),
    replicates: int = 1000,
    confidence: float = 0.95,
    device: str = "cpu",
) -> Utility:
    """Measure ``utility`` for a classifier, from images (n, C, *spatial) and labels (n,).

    Args:
        train_images, synthetic_images, test_images: in [-1, 1].
        train_labels, synthetic_labels, test_labels: in 0..n_classes-1; every class occurs in the
            test set.
        test_units: the patient of each test case.
        n_classes: how many classes the task has.
        steps, seed, seeds, replicates, confidence: see ``Trial``.
        device: where to compute.

    Raises:
        BadInputError: images or labels that cannot be used, or a class missing in the test set.
    """
    task = Classification(n_classes, device)
    real, synthetic, test = (
        task.examples(*pair)
        for pair in (
            (train_images, train_labels),
            (synthetic_images, synthetic_labels),
            (test_images, test_labels),
        )
    )
    trial = Trial(task, test, test_units, steps, seed, seeds, replicates, confidence)
    return utility(trial, real, synthetic)
