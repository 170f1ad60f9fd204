"""Re-identification: a network that says whether two images are of one patient, and how well.

Source: Packhäuser et al. 2022 ("Deep learning-based patient re-identification is able to exploit
the biometric nature of medical chest X-ray data"); the network is that of Koch et al. 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import derive_seed, numpy_generator, torch_generator
from cancergan.downstream.augmentation import classical
from cancergan.downstream.batches import checked_images, in_chunks
from cancergan.downstream.optimisation import minimise
from cancergan.metrics.arrays import Float64, Integers
from cancergan.metrics.classification import auc
from cancergan.networks.encoders import ConvolutionalEncoder
from cancergan.networks.siamese import SiameseComparison, pairs_of

FEATURES = 32
FEWEST_PATIENTS = 4  # with two images each: fewer show no matcher what differs between people
AT_ONCE = 2**20


@dataclass(frozen=True, eq=False)
class Matcher:
    """A trained siamese network: higher scores for images that it takes to be of one patient."""

    network: SiameseComparison
    channels: int

    def features(self, images: npt.ArrayLike) -> Float64:
        """Return features (n, 32) of images (n, C, *spatial) in [-1, 1]."""
        batch = checked_images(images, channels=self.channels)
        return in_chunks(lambda part: torch.tanh(self.network.features(part)), batch)

    def scores(self, one: Float64, two: Float64) -> Float64:
        """Return the logit that features (n, d) and (m, d) are of one patient, (n, m)."""
        weight = self.network.verdict.weight.detach().double().numpy()[0]
        bias = float(self.network.verdict.bias.detach())
        step = max(1, AT_ONCE // (len(two) * len(weight)))
        parts = [
            np.abs(one[at : at + step, None] - two[None]) @ weight + bias
            for at in range(0, len(one), step)
        ]
        return np.concatenate(parts)


def several_images(patients: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Say of each case whether its patient has another."""
    _, place, counts = np.unique(np.asarray(patients, str), return_inverse=True, return_counts=True)
    return np.asarray(counts[place] > 1)


def train_matcher(
    images: npt.ArrayLike,
    patients: Sequence[str],
    *,
    seed: int,
    steps: int = 400,
    patients_at_once: int = 12,
) -> Matcher:
    """Train on pairs: two images each of some patients a step, every pair of them compared.

    Pairs of one patient and pairs of two count equally; images are mirrored, shifted and re-lit, so
    that the matcher looks at more than brightness.

    Args:
        images: (n, C, *spatial) in [-1, 1].
        patients: of each image.
        seed: of weights, draws and augmentation.
        steps: of Adam.
        patients_at_once: how many patients a step sees.

    Raises:
        BadInputError: fewer than 4 patients with two images.
    """
    batch = checked_images(images)
    names = np.asarray(patients, str)
    repeated = np.unique(names[several_images(names)])
    if len(repeated) < FEWEST_PATIENTS:
        raise BadInputError(
            f"{len(repeated)} patients have two images or more; a matcher of patients learns from "
            f"{FEWEST_PATIENTS} at least."
        )
    rows_of = {name: np.flatnonzero(names == name) for name in repeated}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "matcher"))
        looking = ConvolutionalEncoder(
            channels=batch.shape[1], spatial=batch.shape[2:], outputs=FEATURES, width=16, widest=64
        )
        network = SiameseComparison(looking, FEATURES)
    random = numpy_generator(seed, "pairs")
    generator = torch_generator(seed, "augmentation")
    drawn = []
    for _ in range(steps):
        some = random.choice(repeated, min(patients_at_once, len(repeated)), replace=False)
        drawn.append(np.concatenate([random.choice(rows_of[p], 2, replace=False) for p in some]))

    def loss(rows: Integers) -> Tensor:
        shown = classical(torch.from_numpy(batch[rows]), generator)
        one, two = pairs_of(len(rows))
        same = torch.from_numpy(names[rows[one.numpy()]] == names[rows[two.numpy()]]).float()
        logits = network(shown, one, two)
        every = functional.binary_cross_entropy_with_logits(logits, same, reduction="none")
        return (every * same).sum() / same.sum() + (every * (1 - same)).sum() / (1 - same).sum()

    minimise(loss, network.parameters(), np.stack(drawn))
    return Matcher(network.eval(), batch.shape[1])


@dataclass(frozen=True, eq=False)
class Pairs:
    """Every case against every other: what the matcher says, and whose they are.

    ``rows`` (n, 2 + n) hold the case's own number, its patient's number and its scores against all
    cases, so that a bootstrap that draws rows draws pairs.
    """

    rows: Float64

    @classmethod
    def of(cls, matcher: Matcher, images: npt.ArrayLike, patients: Sequence[str]) -> Pairs:
        """Compare all cases of some patients with one another."""
        seen = matcher.features(images)
        whose = np.unique(np.asarray(patients, str), return_inverse=True)[1]
        numbers = np.stack([np.arange(len(seen)), whose], axis=1).astype(np.float64)
        return cls(np.concatenate([numbers, matcher.scores(seen, seen)], axis=1))


def compared(rows: Float64) -> tuple[Float64, npt.NDArray[np.bool_]]:
    """Return the scores of all pairs of different cases among drawn rows, and which are of one.

    A case that was drawn twice is not compared with itself.
    """
    case, patient = rows[:, 0].astype(int), rows[:, 1].astype(int)
    one, two = np.triu_indices(len(rows), k=1)
    apart = case[one] != case[two]
    one, two = one[apart], two[apart]
    return rows[one, 2 + case[two]], patient[one] == patient[two]


def verification_auc(rows: Float64) -> float:
    """Return the AUC of pairs of one patient against pairs of two; rows as in ``Pairs``."""
    scores, same = compared(rows)
    return auc(same.astype(int), scores)
