"""The membership attacks of the audit, each from what an attacker has to one score a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.games.base import Game
from cancergan.games.latent import LatentGame
from cancergan.metrics.classification import auc
from cancergan.metrics.distances import nearest
from cancergan.privacy.attacks import (
    density_ratio_scores,
    discriminator_scores,
    distance_scores,
    true_positive_rate,
)
from cancergan.privacy.reidentification import Matcher
from cancergan.studies.evidence import Outcome, Values
from cancergan.training.latent import Inversion, invert

Floats = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]
SEARCH_STEPS = 60
RARE = 0.2  # of either side: those farthest from what is known of the population


@dataclass(frozen=True, eq=False)
class Side:
    """Prepared cases of one side.

    Attributes:
        images: (n, C, *spatial) in [-1, 1].
        labels: class codes (n,) or None.
        patients: of each case.
        table: the cohort's own, row by row.
    """

    images: Floats
    labels: npt.NDArray[np.int64] | None
    patients: tuple[str, ...]
    table: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Sides:
    """Who is to be told apart: members, others, and what the attacker knows of the population."""

    inside: Side
    outside: Side
    known: Side

    @property
    def truth(self) -> Scores:
        """Return 1 for members and 0 for others, members first."""
        return np.repeat([1.0, 0.0], [len(self.inside.images), len(self.outside.images)])

    @property
    def units(self) -> list[str]:
        """Return the patient of each case, members first."""
        sides = {"in": self.inside, "out": self.outside}
        return [f"{name} {p}" for name, side in sides.items() for p in side.patients]

    @property
    def images(self) -> Floats:
        """Return the images of members, then of others."""
        return np.concatenate([self.inside.images, self.outside.images])


@dataclass(frozen=True, eq=False)
class Attacked:
    """What attacks may use: the game (white box), synthetic cases, and cases to tell apart.

    ``reference`` holds further cases of patients that were not trained on, for attacks that need to
    know what is common in the population; ``matcher`` was trained on them, where it could be.
    """

    game: Game
    synthetic: Floats
    reference: Floats
    features: Callable[[Floats], Scores]
    matcher: Matcher | None = None

    def distance(self, side: Side, features: Callable[[Floats], Any]) -> Scores:
        """Score by nearness to a synthetic case."""
        return distance_scores(features(side.images), features(self.synthetic))

    def density(self, side: Side) -> Scores:
        """Score by how much denser synthetic cases lie than real ones of others do.

        By the nearest neighbour alone: one copy of a case must show.
        """
        made, known = self.features(self.synthetic), self.features(self.reference)
        scale = known.std(axis=0) + 1e-9
        queries = self.features(side.images) / scale
        return density_ratio_scores(queries, made / scale, known / scale, k=1)

    def discriminator(self, side: Side) -> Scores:
        """Score by how real the discriminator takes a case for."""
        return discriminator_scores(self.game, side.images, side.labels)

    def search(self, side: Side) -> Scores:
        """Score by how closely the generator can be made to draw a case (reconstruction)."""
        return -self.reconstructed(side).errors

    def reconstructed(self, side: Side) -> Inversion:
        """Search latent space for each case."""
        assert isinstance(self.game, LatentGame)
        return invert(self.game, side.images, side.labels, steps=SEARCH_STEPS)

    def match(self, side: Side) -> Scores:
        """Score by how surely a synthetic case verifies as the case's patient."""
        assert self.matcher is not None
        one, two = (self.matcher.features(images) for images in (side.images, self.synthetic))
        return np.asarray(self.matcher.scores(one, two).max(axis=1))

    def attacks(self) -> dict[str, Attack]:
        """Return the attacks that can be made on this game with what is known."""
        missing = set()
        if not isinstance(self.game, LatentGame):
            missing.add("latent search")
        if self.matcher is None:
            missing.add("patient matching")
        return {name: attack for name, attack in ATTACKS.items() if name not in missing}


@dataclass(frozen=True)
class Attack:
    """An attack in words, and how it scores the cases of a side (n,)."""

    words: str
    score: Callable[[Attacked, Side], Scores]


def _flat(images: Floats) -> Scores:
    return images.reshape(len(images), -1).astype(np.float64)


ATTACKS: Mapping[str, Attack] = {
    "distance in pixels": Attack(
        "nearness to a synthetic case, pixel by pixel (black box)",
        lambda attacked, side: attacked.distance(side, _flat),
    ),
    "distance in features": Attack(
        "nearness to a synthetic case, in fixed random convolutions (black box)",
        lambda attacked, side: attacked.distance(side, attacked.features),
    ),
    "density ratio": Attack(
        "synthetic against real density around a case (DOMIAS; black box, knows the population)",
        Attacked.density,
    ),
    "patient matching": Attack(
        "a siamese network, trained on others, takes a synthetic case for the patient (black box)",
        Attacked.match,
    ),
    "discriminator": Attack(
        "how real the discriminator takes a case for (LOGAN; white box)", Attacked.discriminator
    ),
    "latent search": Attack(
        "how closely the generator can be made to draw a case (white box)", Attacked.search
    ),
}


def rarity(attacked: Attacked, images: Floats, *, k: int = 5) -> Scores:
    """Return how far each case lies from its k-th neighbour in the known population, (n,)."""
    known = attacked.features(attacked.reference)
    scale = known.std(axis=0) + 1e-9
    seen, known = attacked.features(images) / scale, known / scale
    distance = np.sqrt(((seen[:, None] - known[None]) ** 2).sum(axis=2))
    return np.asarray(np.sort(distance, axis=1)[:, min(k, len(known)) - 1])


def membership_outcomes(
    name: str, scores: Scores, rare: Scores, sides: Sides, rates: Sequence[float]
) -> list[Outcome]:
    """Return what an attack achieves: AUC of all, of outliers and of the rare, and hit rates."""
    values = np.stack([scores, sides.truth, rare], axis=1)[None]
    make = partial(
        Outcome, name, values=values, units=sides.units, direction="lower",
        strata=sides.truth.astype(int).tolist(), space="membership",
    )  # fmt: skip
    found = [
        make(figure="auc", statistic=_auc),
        make(figure="auc of outliers", statistic=_outliers),
        make(figure="auc of the rare", statistic=_rare),
    ]
    for rate in rates:
        found.append(make(figure=f"tpr at fpr {rate:g}", statistic=partial(_rate, at=rate)))
    return found


def _auc(rows: Values) -> float:
    return auc(rows[:, 1].astype(int), rows[:, 0])


def _outliers(rows: Values) -> float:
    """Return the AUC among the tenth of members that scored highest and as many of the others.

    The cases that an attack is surest of; a mean over all hides them.
    """
    top = [np.sort(rows[rows[:, 1] == side, 0])[::-1] for side in (1, 0)]
    counts = [max(2, len(side) // 10) for side in top]
    scores = np.concatenate([side[:count] for side, count in zip(top, counts, strict=True)])
    return auc(np.repeat([1, 0], counts), scores)


def _rare(rows: Values) -> float:
    """Return the AUC among the fifth of each side that is rarest in the population.

    Who is unlike everybody else is singled out first (Stadler et al. 2022); the choice knows
    nothing of the attack.
    """
    sides = [rows[rows[:, 1] == side] for side in (1, 0)]
    rarest = [
        side[np.argsort(-side[:, 2], kind="stable")[: max(2, int(RARE * len(side)))]]
        for side in sides
    ]
    return _auc(np.concatenate(rarest))


def _rate(rows: Values, *, at: float) -> float:
    return true_positive_rate(rows[:, 0], rows[:, 1] > 0, at=at)


def nearest_rows(queries: Floats, made: Floats) -> npt.NDArray[np.int64]:
    """Return the number of the synthetic case that is nearest in pixels to each query."""
    return np.asarray(nearest(_flat(queries), _flat(made))[1])
