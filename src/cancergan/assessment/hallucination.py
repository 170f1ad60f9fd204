"""Does a translator keep what it sees, or make what it learnt to expect?

Cohen et al. 2018 ("Distribution matching losses can hallucinate features in medical image
translation"): train a translator towards targets of which a share r shows a tumour, translate
balanced held-out cases, and count how many of the translations are diagnosed with one. A faithful
translator keeps the share of the cases, whatever r; one that only matches distributions gives r.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Estimate
from cancergan.core.provenance import fingerprint
from cancergan.metrics.classification import auc
from cancergan.metrics.resampling import binomial_interval, bootstrap_interval

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Arm:
    """One translator, trained towards one share of tumours, on the held-out cases.

    Attributes:
        ratio: share of the target images in training that show a tumour, in [0, 1].
        truth: (n,) whether the case has one.
        diagnosed: (n,) whether one is seen in its translation.
        patients: of the cases.
        suspicion: (n,) how far the diagnoses of source and translation are apart, in [0, 1]; None
            where the source was not looked at.
    """

    ratio: float
    truth: Booleans
    diagnosed: Booleans
    patients: tuple[str, ...]
    suspicion: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Flips:
    """How many cases lost and gained a tumour in translation, and how unlikely that is by chance.

    ``p`` is the exact McNemar test's: are additions and removals equally frequent?
    """

    ratio: float
    with_tumour: int
    without: int
    removed: int
    added: int
    p: float


def flips(arm: Arm) -> Flips:
    """Count additions and removals of one arm (McNemar 1947, exact binomial form)."""
    from scipy.stats import binomtest

    removed = int((arm.truth & ~arm.diagnosed).sum())
    added = int((~arm.truth & arm.diagnosed).sum())
    changed = removed + added
    p = float(binomtest(removed, changed).pvalue) if changed else 1.0
    return Flips(arm.ratio, int(arm.truth.sum()), int((~arm.truth).sum()), removed, added, p)


def slope(arms: Sequence[Arm], *, seed: int = 0) -> Estimate:
    """Return the slope of the diagnosed share over the target's share, by least squares.

    0 is a faithful translator, 1 one that only matches distributions. The interval resamples the
    patients, the same in every arm; it does not contain what another training would change.

    Raises:
        BadInputError: fewer than two different ratios, or arms of different cases.
    """
    ratios = np.array([arm.ratio for arm in arms])
    if len(set(ratios.tolist())) < 2:
        raise BadInputError("the slope needs arms of at least 2 different ratios.")
    if any(arm.patients != arms[0].patients for arm in arms):
        raise BadInputError("the arms are of different cases. Translate the same ones by each.")
    diagnosed = np.stack([arm.diagnosed for arm in arms]).astype(float)
    centred = ratios - ratios.mean()
    weights = centred / (centred**2).sum()

    def statistic(rows: npt.NDArray[np.int64]) -> float:
        return float(weights @ diagnosed[:, rows].mean(axis=1))

    interval = bootstrap_interval(statistic, arms[0].patients, seed=seed)
    return Estimate(
        family="hallucination",
        name="slope",
        space="task",
        value=statistic(np.arange(diagnosed.shape[1])),
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        n_synthetic=diagnosed.shape[1],
        direction="lower",
        fingerprint=fingerprint("slope", sorted(set(ratios.tolist()))),
        note="0: keeps what it sees; 1: makes what it learnt to expect",
    )


def detection(arms: Sequence[Arm], *, seed: int = 0) -> Estimate | None:
    """Return how well suspicion finds the translations that changed the diagnosis: an AUC.

    Over the cases of all arms; 0.5 is chance. Suspicion needs no truth, so that single images can
    be flagged where nobody knows what they show; whether they changed is known here alone. None
    where nothing, or everything, changed, or no source was looked at.
    """
    looked = [arm for arm in arms if arm.suspicion is not None]
    if not looked:
        return None
    scores = np.concatenate([np.asarray(arm.suspicion) for arm in looked])
    changed = np.concatenate([arm.truth != arm.diagnosed for arm in looked]).astype(np.int64)
    if len(set(changed.tolist())) < 2:
        return None
    units = [patient for arm in looked for patient in arm.patients]

    def statistic(rows: npt.NDArray[np.int64]) -> float:
        return auc(changed[rows], scores[rows]) if np.ptp(changed[rows]) else 0.5

    value = statistic(np.arange(len(changed)))
    interval = bootstrap_interval(statistic, units, seed=seed)
    return Estimate(
        family="hallucination",
        name="detection_auc",
        space="task",
        value=value,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        n_synthetic=len(changed),
        direction="higher",
        fingerprint=fingerprint("detection", sorted(arm.ratio for arm in looked)),
        note=f"{int(changed.sum())} of {len(changed)} translations changed the diagnosis",
    )


def rates(arms: Sequence[Arm], *, seed: int = 0) -> list[Estimate]:
    """Return the shares of tumours added to and removed from cases, of each arm."""
    found = []
    for arm in arms:
        for name, among, hit in (
            ("added", ~arm.truth, arm.diagnosed),
            ("removed", arm.truth, ~arm.diagnosed),
        ):
            rows = np.flatnonzero(among)
            if rows.size:
                found.append(_rate(name, arm, rows, hit, seed))
    return found


def _rate(name: str, arm: Arm, rows: npt.NDArray[np.intp], hit: Booleans, seed: int) -> Estimate:
    share = float(hit[rows].mean())
    units = [arm.patients[row] for row in rows]
    interval = bootstrap_interval(
        lambda drawn: float(hit[rows[drawn]].mean()), units, seed=seed, share_of=len(set(units))
    ) or binomial_interval(share, len(set(units)))
    return Estimate(
        family="hallucination",
        name=f"{name}_share",
        space=f"target ratio {arm.ratio:g}",
        value=share,
        low=interval[0],
        high=interval[1],
        n_synthetic=int(rows.size),
        direction="lower",
        fingerprint=fingerprint("flips", name, arm.ratio),
    )
