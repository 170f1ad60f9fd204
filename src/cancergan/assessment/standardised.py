"""A feature space whose features have mean 0 and variance 1 on the learning side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.core.provenance import fingerprint
from cancergan.downstream.feature_space import FeatureSpace


@dataclass(frozen=True, eq=False)
class Standardised:
    """``space`` less ``mean`` (d,), divided by ``scale`` (d,).

    The kernel distance depends on the origin and unit of the features, so without a common one its
    figure would have no meaning.
    """

    space: FeatureSpace
    mean: Float64
    scale: Float64

    @property
    def name(self) -> str:
        """The name of the space itself."""
        return self.space.name

    @property
    def fingerprint(self) -> str:
        """Identifies the space and its standardisation."""
        return fingerprint(self.space.fingerprint, self.mean, self.scale)

    def features(self, images: npt.ArrayLike) -> Float64:
        """Return features (n, d) of images (n, C, *spatial) in [-1, 1]."""
        return self.of(self.space.features(images))

    def of(self, features: Float64) -> Float64:
        """Return features (n, d) of the space itself, standardised."""
        standard: Float64 = (features - self.mean) / self.scale
        return standard


def standardised(space: FeatureSpace, seen: Float64) -> Standardised:
    """Return the space, standardised on features (n, d) that it gave before."""
    return Standardised(space, seen.mean(0), seen.std(0) + 1e-6)
