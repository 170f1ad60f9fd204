"""How tumours grow and what they push away: Gompertz's law, and an incompressible displacement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64


@dataclass(frozen=True)
class Gompertz:
    """Growth by Gompertz's law: V(t) = V0 exp(a/b (1 - exp(-b t))) (Norton et al. 1976).

    Attributes:
        start: V0, the volume at time 0.
        rate: a, the relative growth at time 0, per day.
        decay: b, per day; the volume tends to V0 exp(a/b).
    """

    start: float
    rate: float
    decay: float

    def volume(self, days: npt.ArrayLike) -> Float64:
        """Return the volume at times in days, in the unit of ``start``."""
        grown = -np.expm1(-self.decay * np.asarray(days, float)) / self.decay
        return np.asarray(self.start * np.exp(self.rate * grown))

    @property
    def limit(self) -> float:
        """The volume that it tends to."""
        return float(self.start * np.exp(self.rate / self.decay))


def radius_of(volume: npt.ArrayLike) -> Float64:
    """Return the radius of the ball of a volume."""
    return np.asarray(np.cbrt(3 * np.asarray(volume, float) / (4 * np.pi)))


def before_growth(around: Float64, *, radius: float, share: float) -> Float64:
    """Return where the tissue at positions (d, *shape) around a tumour was before it grew.

    Tissue is incompressible and moves along the radius, so beyond a tumour of ``radius`` that
    pushed away ``share`` (0 to below 1) of its volume the old distance r0 obeys
    r0^3 = r^3 - share radius^3; inside it, distances shrink alike.
    """
    distance = np.sqrt((around**2).sum(axis=0))
    outside = np.cbrt(np.maximum(distance**3 - share * radius**3, 0.0))
    inside = distance * np.cbrt(1.0 - share)
    old = np.where(distance > radius, outside, inside)
    return np.asarray(around * (old / np.maximum(distance, 1e-9)))


def after_growth(around: Float64, *, radius: float, share: float) -> Float64:
    """Return where the tissue at positions (d, *shape) goes: the inverse of ``before_growth``."""
    old = np.sqrt((around**2).sum(axis=0))
    outside = np.cbrt(old**3 + share * radius**3)
    inside = old / np.cbrt(1.0 - share)
    new = np.where(outside > radius, outside, inside)
    return np.asarray(around * (new / np.maximum(old, 1e-9)))
