"""Whose code is it? Attackers who learn from scratch what an encoder left in its codes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import derive_seed, numpy_generator
from cancergan.downstream.classifier import new_encoder, train_classifier
from cancergan.downstream.feature_space import FEATURES
from cancergan.downstream.optimisation import minimise
from cancergan.metrics.resampling import bootstrap_interval
from cancergan.networks.siamese import SiameseComparison, pairs_of

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]
FEWEST_PATIENTS, FEWEST_IMAGES = 3, 4
_PAIRED = 32


@dataclass(frozen=True)
class Probe:
    """What a fresh attacker makes of codes, beside what it makes of the pictures themselves.

    Attributes:
        reidentified: share of codes whose patient it names, with the 95 % interval ``low`` to
            ``high`` by patient.
        pictures: the same share of the pictures; an attacker that cannot read these proves nothing.
        commonest: the share that is right by always naming the patient with most images.
        patients, images: how many there were.
    """

    reidentified: float
    low: float
    high: float
    pictures: float
    commonest: float
    patients: int
    images: int

    def to_json(self) -> dict[str, Any]:
        """Return the probe as a JSON object."""
        return asdict(self)

    @property
    def sees(self) -> bool:
        """Whether it reads at least half of what pictures hold beyond the commonest patient."""
        return self.pictures - self.commonest > 0.5 * (1 - self.commonest)

    def line(self) -> str:
        """Return the finding in one sentence."""
        return (
            f"re-identification: {self.reidentified:.3f} of codes ({self.low:.3f} to "
            f"{self.high:.3f}), {self.pictures:.3f} of pictures; naming the commonest patient: "
            f"{self.commonest:.3f} ({self.images} images of {self.patients} patients)"
        )


def probe(
    codes: Floats, pictures: Floats, patients: npt.ArrayLike, *, steps: int, seed: int
) -> Probe:
    """Attack codes (n, F, *spatial) and pictures (n, C, *spatial) of the same cases.

    Raises:
        BadInputError: too few patients, or too few images of one, to say anything.
    """
    who = np.asarray(patients).astype(str)
    names, truth = np.unique(who, return_inverse=True)
    counts = np.bincount(truth)
    if len(names) < FEWEST_PATIENTS or counts.min() < FEWEST_IMAGES:
        raise BadInputError(
            f"a re-identification probe needs {FEWEST_PATIENTS} patients with {FEWEST_IMAGES} "
            f"images each; the cases have {len(names)} patients, one with {counts.min()}. Give "
            "more images of each patient (slices, visits)."
        )
    on_codes, on_pictures = (
        (probed(shown, truth, steps=steps, seed=seed).argmax(axis=1) == truth).astype(np.float64)
        for shown in (codes, pictures)
    )
    interval = bootstrap_interval(
        lambda rows: float(on_codes[rows].mean()), list(who), seed=seed, share_of=len(names)
    )
    assert interval is not None  # there are patients enough
    return Probe(
        float(on_codes.mean()), *interval, float(on_pictures.mean()),
        float(counts.max() / len(who)), len(names), len(who),
    )  # fmt: skip


def probed(codes: Floats, truth: Codes, *, steps: int, seed: int) -> npt.NDArray[np.float64]:
    """Return the probabilities (n, K) that a fresh classifier gives each case's ``truth``.

    Cross-fitted: cases of even and of odd number are each read by a probe that was trained on the
    others. Neighbouring slices of one patient thus lie on both sides, as for an attacker who has
    earlier images of the same patients; it is the strongest attack that the data allow.
    """
    classes = int(truth.max()) + 1
    found = np.zeros((len(codes), classes))
    even = np.arange(len(codes)) % 2 == 0
    for learnt, judged in ((even, ~even), (~even, even)):
        network = train_classifier(
            codes[learnt], truth[learnt], n_classes=classes, steps=steps, seed=seed
        )
        found[judged] = network.probabilities(codes[judged])
    return found


def matched(
    codes: Floats,
    patients: npt.ArrayLike,
    unseen: Floats,
    unseen_patients: npt.ArrayLike,
    *,
    steps: int,
    seed: int,
) -> npt.NDArray[np.float64]:
    """Return how well each unseen code finds its patient's others, (n,); 0.5 by chance, 1 always.

    The attacker has codes of other patients alone, and learns on pairs of them by a siamese network
    which belong together (as Packhäuser et al. 2022 matched chest radiographs). The figure of a
    code is the share of (another of its patient, one of somebody else) in which the first comes out
    nearer; NaN where there is no such pair.
    """
    owner = np.unique(np.asarray(patients).astype(str), return_inverse=True)[1]
    network = _comparison(codes, owner, steps=steps, seed=seed)
    who = np.asarray(unseen_patients).astype(str)
    with torch.no_grad():
        found = torch.tanh(network.features(torch.from_numpy(unseen)))
        scores = network.verdict((found[:, None] - found[None]).abs())[..., 0].numpy()
    figures = np.full(len(who), np.nan)
    for case in range(len(who)):
        same = (who == who[case]) & (np.arange(len(who)) != case)
        own, others = scores[case, same], scores[case, who != who[case]]
        if len(own) and len(others):
            above = (own[:, None] > others[None]).mean()
            figures[case] = above + (own[:, None] == others[None]).mean() / 2
    return figures


def _comparison(codes: Floats, owner: Codes, *, steps: int, seed: int) -> SiameseComparison:
    """Return a siamese network that has learnt which codes are of one patient."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "comparison"))
        network = SiameseComparison(
            new_encoder(codes.shape[1], codes.ndim - 2, seed), FEATURES
        ).train()
    chance = 1 / np.bincount(owner)[owner]
    drawn = numpy_generator(seed, "compared").choice(
        len(codes), size=(steps, _PAIRED), p=chance / chance.sum()
    )
    one, two = pairs_of(_PAIRED)

    def loss(rows: Codes) -> torch.Tensor:
        whose = torch.from_numpy(owner[rows])
        same = (whose[one] == whose[two]).float()
        logits = network(torch.from_numpy(codes[rows]), one, two)
        weight = same / same.mean().clamp_min(1e-3) + (1 - same) / (1 - same.mean()).clamp_min(1e-3)
        return functional.binary_cross_entropy_with_logits(logits, same, weight=weight / 2)

    minimise(loss, network.parameters(), drawn)
    return network.eval()
