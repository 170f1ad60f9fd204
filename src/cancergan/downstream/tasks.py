"""What a network may be trained for, as utility sees it: examples in, a score of test cases out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.downstream.batches import Float32, Float64, Integers, checked_images
from cancergan.downstream.classifier import Augmentation, checked_labels, train_classifier
from cancergan.downstream.segmenter import checked_masks, train_segmenter
from cancergan.metrics.classification import auc
from cancergan.metrics.detection import cpm
from cancergan.metrics.resampling import units_of_ranking
from cancergan.metrics.segmentation import dice
from cancergan.metrics.units import Units

Scorer = Callable[[Integers], float]
THRESHOLD = 0.5
CANDIDATE = 0.1  # probability above which neighbouring pixels are one candidate lesion


@dataclass(frozen=True, eq=False)
class Examples:
    """Images (n, C, *spatial) in [-1, 1] with what is to be told of each: labels or masks."""

    images: Float32
    targets: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.images)

    def rows(self, rows: Integers) -> Examples:
        """Return some of them."""
        return Examples(self.images[rows], self.targets[rows])

    def joined(self, other: Examples) -> Examples:
        """Return these and the others."""
        return Examples(
            np.concatenate([self.images, other.images]),
            np.concatenate([self.targets, other.targets]),
        )


class Task(Protocol):
    """One thing to train a network for."""

    @property
    def name(self) -> str:
        """Its name, such as ``classification``."""
        ...

    @property
    def score(self) -> str:
        """What its score is called, such as ``AUC``; in [0, 1], 1 is best."""
        ...

    def examples(self, images: npt.ArrayLike, targets: npt.ArrayLike) -> Examples:
        """Return checked examples."""
        ...

    def train(
        self,
        examples: Examples,
        *,
        steps: int,
        seed: int,
        augmentation: Augmentation,
        start: Any | None = None,
    ) -> Any:
        """Return a network trained for exactly so many steps, from the weights of ``start``."""
        ...

    def predict(self, network: Any, images: Float32) -> Float64:
        """Return its probabilities, which may be averaged over networks."""
        ...

    def scorer(self, test: Examples, predictions: Float64) -> Scorer:
        """Return the score as a function of rows of the test set (with repeats)."""
        ...

    def strata(self, test: Examples) -> Units | None:
        """Return by what a bootstrap of the test set is stratified."""
        ...

    def share_of(self, value: float, test: Examples, units: Units) -> int | None:
        """Return how many units a score without spread counts; see ``bootstrap_interval``."""
        ...


@dataclass(frozen=True)
class Classification:
    """Telling classes apart; the score is the area under the ROC curve."""

    n_classes: int
    device: str = "cpu"
    name: str = "classification"
    score: str = "AUC"

    def examples(self, images: npt.ArrayLike, targets: npt.ArrayLike) -> Examples:
        """Return images and labels (n,) in 0..n_classes-1."""
        batch = checked_images(images)
        return Examples(batch, checked_labels(targets, len(batch), self.n_classes))

    def train(
        self,
        examples: Examples,
        *,
        steps: int,
        seed: int,
        augmentation: Augmentation,
        start: Any | None = None,
    ) -> Any:
        """Return a classifier trained with class-balanced batches."""
        return train_classifier(
            examples.images, examples.targets, n_classes=self.n_classes, steps=steps, seed=seed,
            augmentation=augmentation, start=start, device=self.device,
        )  # fmt: skip

    def predict(self, network: Any, images: Float32) -> Float64:
        """Return class probabilities (n, n_classes)."""
        probabilities: Float64 = network.probabilities(images)
        return probabilities

    def scorer(self, test: Examples, predictions: Float64) -> Scorer:
        """Return the area under the ROC curve of some rows."""
        return lambda rows: auc(test.targets[rows], predictions[rows])

    def strata(self, test: Examples) -> Units | None:
        """Return the labels: a draw without one of the classes has no AUC."""
        return test.targets

    def share_of(self, value: float, test: Examples, units: Units) -> int | None:
        """Return the patients of the smallest class, for a ranking without a mistake."""
        names = np.asarray(units)
        classes = [names[test.targets == code] for code in np.unique(test.targets)]
        return units_of_ranking(value, *classes)


@dataclass(frozen=True)
class Segmentation:
    """Marking the lesion; the score is the mean Dice coefficient of cases that have one."""

    device: str = "cpu"
    name: str = "segmentation"
    score: str = "Dice"

    def examples(self, images: npt.ArrayLike, targets: npt.ArrayLike) -> Examples:
        """Return images and masks (n, *spatial)."""
        batch = checked_images(images)
        return Examples(batch, checked_masks(targets, batch))

    def train(
        self,
        examples: Examples,
        *,
        steps: int,
        seed: int,
        augmentation: Augmentation,
        start: Any | None = None,
    ) -> Any:
        """Return a segmenter."""
        return train_segmenter(
            examples.images, examples.targets, steps=steps, seed=seed, augmentation=augmentation,
            start=start, device=self.device,
        )  # fmt: skip

    def predict(self, network: Any, images: Float32) -> Float64:
        """Return probabilities of foreground (n, *spatial)."""
        probabilities: Float64 = network.probabilities(images)
        return probabilities

    def scorer(self, test: Examples, predictions: Float64) -> Scorer:
        """Return the mean Dice of some rows; cases without a lesion do not count.

        Raises:
            BadInputError: no test case has a lesion.
        """
        pairs = zip(predictions, test.targets, strict=True)
        scores = np.array([dice(p > THRESHOLD, t) if t.any() else np.nan for p, t in pairs])
        if np.isnan(scores).all():
            raise BadInputError("no test case has a lesion: there is no Dice.")
        return lambda rows: float(np.nanmean(scores[rows]))

    def strata(self, test: Examples) -> Units | None:
        """Return whether a case has a lesion, so that no draw is without any."""
        return np.asarray(test.targets.reshape(len(test), -1).any(1))

    def share_of(self, value: float, test: Examples, units: Units) -> int | None:
        """Return None: a mean Dice has a spread of its own."""
        return None


@dataclass(frozen=True)
class Detection(Segmentation):
    """Finding lesions, each once; the score is the mean sensitivity at 1/8 to 8 false alarms.

    Candidates are the connected regions that a segmenter gives a probability above 0.1, scored by
    their highest; a candidate hits the lesion that it shares most pixels with.
    """

    name: str = "detection"
    score: str = "CPM"

    def scorer(self, test: Examples, predictions: Float64) -> Scorer:
        """Return the competition performance metric of some rows."""
        found = [candidates(p, t) for p, t in zip(predictions, test.targets, strict=True)]

        def score(rows: Integers) -> float:
            chosen = [found[row] for row in rows]
            offsets = np.cumsum([0, *(lesions for _, _, lesions in chosen)])
            if not offsets[-1]:
                raise BadInputError("no test case has a lesion: there is nothing to detect.")
            scores = np.concatenate([scores for scores, _, _ in chosen])
            hits = [np.where(h < 0, -1, h + first) for (_, h, _), first in
                    zip(chosen, offsets, strict=False)]  # fmt: skip
            return cpm(scores, np.concatenate(hits), n_lesions=int(offsets[-1]), n_images=len(rows))

        return score


def candidates(probability: Float64, mask: npt.NDArray[Any]) -> tuple[Float64, Integers, int]:
    """Return the score of each candidate, the lesion that it hits (-1: none), and their number."""
    from scipy.ndimage import label, maximum

    regions, number = label(probability > CANDIDATE)
    lesions, n_lesions = label(mask != 0)
    scores = np.atleast_1d(maximum(probability, regions, np.arange(1, number + 1)))
    overlap = np.zeros((number + 1, n_lesions + 1), dtype=np.int64)
    np.add.at(overlap, (regions.ravel(), lesions.ravel()), 1)
    shared = overlap[1:, 1:]
    hits = np.full(number, -1, dtype=np.int64)
    if n_lesions:
        touching = shared.max(1, initial=0) > 0
        hits[touching] = shared[touching].argmax(1)
    return np.asarray(scores, dtype=np.float64)[:number], hits, int(n_lesions)
