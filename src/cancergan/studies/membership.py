"""The attacks of the audit, each from what an attacker has to one score a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.games.base import Game
from cancergan.games.latent import LatentGame
from cancergan.privacy.attacks import density_ratio_scores, discriminator_scores, distance_scores
from cancergan.training.latent import invert

Floats = npt.NDArray[np.float32]
SEARCH_STEPS = 60


@dataclass(frozen=True, eq=False)
class Side:
    """Prepared cases of one side: images (n, C, *spatial), class codes (n,) or None, patients."""

    images: Floats
    labels: npt.NDArray[np.int64] | None
    patients: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Attacked:
    """What attacks may use: the game (white box), synthetic cases, and cases to tell apart.

    ``reference`` holds further cases of patients that were not trained on, for attacks that need to
    know what is common in the population.
    """

    game: Game
    synthetic: Floats
    reference: Floats
    features: Callable[[Floats], npt.NDArray[np.float64]]

    def distance(self, side: Side, features: Callable[[Floats], Any]) -> npt.NDArray[np.float64]:
        """Score by nearness to a synthetic case."""
        return distance_scores(features(side.images), features(self.synthetic))

    def density(self, side: Side) -> npt.NDArray[np.float64]:
        """Score by how much denser synthetic cases lie than real ones of others do.

        By the nearest neighbour alone: one copy of a case must show.
        """
        made, known = self.features(self.synthetic), self.features(self.reference)
        scale = known.std(axis=0) + 1e-9
        queries = self.features(side.images) / scale
        return density_ratio_scores(queries, made / scale, known / scale, k=1)

    def discriminator(self, side: Side) -> npt.NDArray[np.float64]:
        """Score by how real the discriminator takes a case for."""
        return discriminator_scores(self.game, side.images, side.labels)

    def search(self, side: Side) -> npt.NDArray[np.float64]:
        """Score by how closely the generator can be made to draw a case (reconstruction)."""
        assert isinstance(self.game, LatentGame)
        return -invert(self.game, side.images, side.labels, steps=SEARCH_STEPS).errors


ATTACKS: Mapping[str, tuple[str, Callable[[Attacked, Side], npt.NDArray[np.float64]]]] = {
    "distance in pixels": (
        "nearness to a synthetic case, pixel by pixel (black box)",
        lambda attacked, side: attacked.distance(side, _flat),
    ),
    "distance in features": (
        "nearness to a synthetic case, in fixed random convolutions (black box)",
        lambda attacked, side: attacked.distance(side, attacked.features),
    ),
    "density ratio": (
        "synthetic against real density around a case (DOMIAS; black box, knows the population)",
        lambda attacked, side: attacked.density(side),
    ),
    "discriminator": (
        "how real the discriminator takes a case for (LOGAN; white box)",
        lambda attacked, side: attacked.discriminator(side),
    ),
    "latent search": (
        "how closely the generator can be made to draw a case (white box)",
        lambda attacked, side: attacked.search(side),
    ),
}


def _flat(images: Floats) -> npt.NDArray[np.float64]:
    return images.reshape(len(images), -1).astype(np.float64)
