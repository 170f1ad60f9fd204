"""Membership attacks: scores that are higher for cases that a generator was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from scipy.spatial.distance import cdist

from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Estimate
from cancergan.core.provenance import fingerprint
from cancergan.games.base import Game
from cancergan.metrics.arrays import Float64
from cancergan.metrics.classification import auc
from cancergan.metrics.distances import nearest
from cancergan.metrics.resampling import binomial_interval, bootstrap_interval, units_of_ranking


def distance_scores(candidates: npt.ArrayLike, synthetic: npt.ArrayLike) -> Float64:
    """Return minus the distance of each candidate (n, d) to its nearest synthetic case (m, d).

    Source: the Monte Carlo attack's limit of Hilprecht et al. 2019; black box.
    """
    queries, made = np.asarray(candidates, float), np.asarray(synthetic, float)
    return -nearest(queries, made)[0]


def density_ratio_scores(
    candidates: npt.ArrayLike, synthetic: npt.ArrayLike, reference: npt.ArrayLike, *, k: int = 5
) -> Float64:
    """Return how much denser synthetic than reference cases lie around each candidate, as a log.

    The densities are of the k-th nearest neighbours, as the ratio of DOMIAS (van Breugel et al.
    2023, eq. 2) with nearest neighbours for kernels. ``reference`` holds real cases that were not
    trained on and are not among the candidates: what is common in the population gives no hint.
    """
    queries, made, known = (np.asarray(a, float) for a in (candidates, synthetic, reference))
    if min(len(made), len(known)) <= k:
        raise BadInputError(f"the density ratio needs more than {k} synthetic and reference cases.")
    spread = [
        np.partition(cdist(queries, cases), k - 1, axis=1)[:, k - 1] for cases in (known, made)
    ]
    ratio: Float64 = queries.shape[1] * np.log((spread[0] + 1e-12) / (spread[1] + 1e-12))
    return ratio


@torch.no_grad()
def discriminator_scores(
    game: Game, images: npt.ArrayLike, labels: npt.ArrayLike | None = None, *, at_once: int = 64
) -> Float64:
    """Return how real the game's discriminator takes images (n, C, *spatial) for; white box.

    Source: Hayes et al. 2019 (LOGAN). The mean over discriminators, and over patches.

    Raises:
        BadInputError: the game has no player that scores images.
    """
    pictures = torch.as_tensor(np.asarray(images), dtype=torch.float32)
    codes = None if labels is None else torch.as_tensor(np.asarray(labels))
    totals = []
    for player in game.players.values():
        if not player.touches_real or player.synthesises:
            continue
        network = player.network
        network.eval()
        parts = []
        for start in range(0, len(pictures), at_once):
            here = slice(start, start + at_once)
            judgement = network(pictures[here], None if codes is None else codes[here])
            parts.append(judgement.score.reshape(len(pictures[here]), -1).mean(dim=1))
        totals.append(torch.cat(parts).numpy())
    if not totals:
        raise BadInputError("the game has no discriminator whose scores an attack could read.")
    scores: Float64 = np.mean(totals, axis=0, dtype=np.float64)
    return scores


def true_positive_rate(scores: npt.ArrayLike, members: npt.ArrayLike, *, at: float) -> float:
    """Return the share of members above the threshold that a share ``at`` of others exceeds.

    The measure of Carlini et al. 2022: an attack is judged where it is sure. In [0, 1].

    >>> true_positive_rate([3, 2, 1, 0], [True, True, False, False], at=0.01)
    1.0
    """
    values, inside = np.asarray(scores, float), np.asarray(members, bool)
    others = np.sort(values[~inside])[::-1]
    allowed = int(np.floor(at * len(others) + 1e-9))  # others that may lie above
    return float((values[inside] > others[allowed]).mean())


def membership_findings(
    attack: str,
    scores: npt.ArrayLike,
    members: npt.ArrayLike,
    patients: Sequence[str],
    *,
    seed: int = 0,
    rates: Sequence[float] = (0.001, 0.01, 0.1),
    confidence: float = 0.95,
) -> list[Estimate]:
    """Return what an attack achieves: AUC and true positive rates, with intervals by patient.

    0.5 is the AUC of guessing; a rate that is not above the false positive rate is guessing too.
    """
    values, inside = np.asarray(scores, float), np.asarray(members, bool)
    names = np.asarray(patients, str)

    def area(rows: npt.NDArray[np.int64]) -> float:
        return auc(inside[rows].astype(int), values[rows])

    value = area(np.arange(len(values)))
    interval = bootstrap_interval(
        area,
        tuple(names),
        seed=seed,
        strata=tuple(inside.astype(str)),
        share_of=units_of_ranking(value, tuple(names[inside]), tuple(names[~inside])),
        confidence=confidence,
    )
    found = [_finding(attack, "membership_auc", value, interval, 0.5, inside, confidence)]
    n_members = len(set(names[inside]))
    for rate in rates:
        share = true_positive_rate(values, inside, at=rate)
        ends = binomial_interval(share, n_members, confidence)
        name = f"membership_true_positive_rate_at_{rate:g}"
        found.append(_finding(attack, name, share, ends, rate, inside, confidence))
    return found


def _finding(
    attack: str,
    name: str,
    value: float,
    interval: tuple[float, float] | None,
    floor: float,
    members: npt.NDArray[np.bool_],
    confidence: float,
) -> Estimate:
    low, high = interval or (None, None)
    return Estimate(
        family="privacy",
        name=name,
        space=attack,
        value=value,
        low=low,
        high=high,
        n_real=len(members),
        direction="lower",
        floor=floor,
        confidence=confidence,
        fingerprint=fingerprint(attack, name, int(members.sum()), len(members)),
    )
