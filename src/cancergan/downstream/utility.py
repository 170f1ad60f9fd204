"""Does synthetic data help? Classifiers trained with and without it, judged on real cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.core.seeds import derive_seed
from cancergan.downstream.batches import Float32, Float64, Integers, checked_images
from cancergan.downstream.classifier import Augmentation, checked_labels, train_classifier
from cancergan.metrics.classification import auc
from cancergan.metrics.resampling import Interval, bootstrap_interval, units_of_ranking
from cancergan.metrics.units import Units

DIFFERENCES = {
    "real_plus_synthetic_minus_real": ("train_real_plus_synthetic", "train_real_augmented"),
    "synthetic_minus_real": ("train_synthetic", "train_real"),
}


@dataclass(frozen=True)
class Arm:
    """One way to train the classifier, and how it did on the real test cases.

    Attributes:
        probabilities: (n_test, n_classes), averaged over the seeds.
        by_seed: (seeds, n_test, n_classes).
        steps: optimiser steps of each training; equal in all arms.
        auc: of the averaged probabilities.
        interval: of the AUC, by patient; None with fewer than 3 patients.
    """

    probabilities: Float64
    by_seed: Float64
    steps: int
    auc: float
    interval: Interval | None


@dataclass(frozen=True)
class Difference:
    """AUC of one arm minus that of another on the same cases; the interval pairs the patients."""

    first: str
    second: str
    value: float
    interval: Interval | None


@dataclass(frozen=True)
class ClassificationUtility:
    """All arms and the differences that answer the question, by name."""

    arms: dict[str, Arm]
    differences: dict[str, Difference]


@dataclass(frozen=True)
class _TestSet:
    images: Float32
    labels: Integers
    units: Units
    seed: int
    replicates: int
    confidence: float

    def auc(self, probabilities: Float64) -> tuple[float, Interval | None]:
        """Return the AUC and its interval."""
        value = auc(self.labels, probabilities)
        classes = [np.asarray(self.units)[self.labels == k] for k in np.unique(self.labels)]
        return value, self._interval(
            lambda rows: auc(self.labels[rows], probabilities[rows]),
            share_of=units_of_ranking(value, *classes),
        )

    def difference(self, first: Float64, second: Float64) -> tuple[float, Interval | None]:
        """Return AUC minus AUC and the interval over the same draws of patients."""

        def gain(rows: Integers) -> float:
            truth = self.labels[rows]
            return auc(truth, first[rows]) - auc(truth, second[rows])

        return gain(np.arange(len(self.labels))), self._interval(gain)

    def _interval(
        self, statistic: Callable[[Integers], float], share_of: int | None = None
    ) -> Interval | None:
        return bootstrap_interval(
            statistic,
            self.units,
            seed=self.seed,
            strata=self.labels,
            replicates=self.replicates,
            confidence=self.confidence,
            share_of=share_of,
        )


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
) -> ClassificationUtility:
    """Train on real, on synthetic and on both, at equal steps, and compare on real test cases.

    The arms share network, number of optimiser steps, batch size, class-balanced batches and, seed
    by seed, their first weights; the test set keeps its natural prevalence. Real plus synthetic is
    compared with real under the same classical augmentation, which is what it has to beat;
    synthetic alone with real alone, both without. In the joint arm images are drawn from both sets
    by their numbers.

    Args:
        train_images, synthetic_images, test_images: (n, C, *spatial) in [-1, 1].
        train_labels, synthetic_labels, test_labels: (n,) in 0..n_classes-1; every class occurs in
            the test set.
        test_units: the patient of each test case.
        n_classes: how many classes the task has.
        steps: optimiser steps of each training.
        seed: of everything drawn.
        seeds: repetitions of each training; their probabilities are averaged.
        replicates: draws of the bootstrap.
        confidence: of the intervals.
        device: where to compute.

    Raises:
        BadInputError: images or labels that cannot be used, or a class missing in the test set.
    """
    real = _labelled(train_images, train_labels, n_classes)
    synthetic = _labelled(synthetic_images, synthetic_labels, n_classes)
    both = np.concatenate([real[0], synthetic[0]]), np.concatenate([real[1], synthetic[1]])
    held_out = _labelled(test_images, test_labels, n_classes)
    drawn = derive_seed(seed, "utility")
    test = _TestSet(*held_out, test_units, drawn, replicates, confidence)
    plan: dict[str, tuple[Float32, Integers, Augmentation]] = {
        "train_real": (*real, "none"),
        "train_real_augmented": (*real, "classical"),
        "train_synthetic": (*synthetic, "none"),
        "train_real_plus_synthetic": (*both, "classical"),
    }
    training_seeds = [derive_seed(seed, "utility", one) for one in seeds]
    arms = {
        name: _arm(*how, test, n_classes, steps, training_seeds, device)
        for name, how in plan.items()
    }
    differences = {name: _difference(arms, *pair, test) for name, pair in DIFFERENCES.items()}
    return ClassificationUtility(arms, differences)


def _labelled(
    images: npt.ArrayLike, labels: npt.ArrayLike, n_classes: int
) -> tuple[Float32, Integers]:
    batch = checked_images(images)
    return batch, checked_labels(labels, len(batch), n_classes)


def _arm(
    images: Float32,
    labels: Integers,
    augmentation: Augmentation,
    test: _TestSet,
    n_classes: int,
    steps: int,
    seeds: Sequence[int],
    device: str,
) -> Arm:
    classifiers = [
        train_classifier(
            images, labels, n_classes=n_classes, steps=steps, seed=seed,
            augmentation=augmentation, device=device,
        )
        for seed in seeds
    ]  # fmt: skip
    by_seed = np.stack([classifier.probabilities(test.images) for classifier in classifiers])
    mean = by_seed.mean(0)
    return Arm(mean, by_seed, classifiers[0].steps, *test.auc(mean))


def _difference(arms: dict[str, Arm], first: str, second: str, test: _TestSet) -> Difference:
    pair = arms[first].probabilities, arms[second].probabilities
    return Difference(first, second, *test.difference(*pair))
