"""Magnetic resonance: relaxation times of tissues, sequences by their equations, and the scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cancergan.cohort.case import Float32, Float64
from cancergan.cohort.phantoms.fields import Generator, smooth_field
from cancergan.cohort.phantoms.space import Grid

# Longitudinal and transverse relaxation times (ms) at 1.5 T and proton density, rounded from the
# literature (Stanisz et al. 2005; Bottomley et al. 1984).
TISSUES = {
    "air": (1000.0, 1.0, 0.0),
    "csf": (4000.0, 1800.0, 1.0),
    "grey": (950.0, 90.0, 0.80),
    "white": (600.0, 76.0, 0.70),
    "bone": (300.0, 5.0, 0.12),
    "marrow": (420.0, 55.0, 0.45),
    "fat": (260.0, 75.0, 0.85),
    "muscle": (900.0, 45.0, 0.75),
    "blood": (1400.0, 20.0, 0.75),
    "oedema": (1250.0, 155.0, 0.88),
    "tumour": (1500.0, 170.0, 0.90),
    "rim": (1350.0, 120.0, 0.86),
    "necrosis": (2600.0, 420.0, 0.96),
}
# Millimoles per litre of contrast agent that a tissue takes up; its relaxivity is 4.5 / mM / s.
UPTAKE = {"rim": 0.9, "blood": 1.6, "muscle": 0.15, "tumour": 0.04}
RELAXIVITY = 4.5e-3


@dataclass(frozen=True)
class Sequence:
    """A spin-echo sequence: repetition, echo and inversion time (ms); contrast agent or not.

    The signal is PD (1 - 2 exp(-TI/T1) + exp(-TR/T1)) exp(-TE/T2) with inversion, else
    PD (1 - exp(-TR/T1)) exp(-TE/T2); an agent adds relaxivity times concentration to 1/T1.
    """

    repetition: float
    echo: float
    inversion: float = 0.0
    contrast: bool = False

    def signal(self, tissue: str, *, uptake: float = 1.0) -> float:
        """Return the magnitude of a tissue's signal; ``uptake`` scales its contrast agent."""
        t1, t2, density = TISSUES[tissue]
        if self.contrast:
            t1 = 1.0 / (1.0 / t1 + RELAXIVITY * uptake * UPTAKE.get(tissue, 0.0))
        recovered = 1.0 - np.exp(-self.repetition / t1)
        if self.inversion:
            recovered = 1 - 2 * np.exp(-self.inversion / t1) + np.exp(-self.repetition / t1)
        return float(np.abs(density * recovered * np.exp(-self.echo / t2)))


T1, FLAIR = Sequence(520.0, 12.0), Sequence(9000.0, 120.0, 2250.0)
T1_CONTRAST = Sequence(520.0, 12.0, contrast=True)


class Mixture:
    """Fractions of tissues in every pixel, which add up to 1; starts as air."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.fractions: dict[str, Float64] = {"air": np.ones(shape)}

    def lay(self, tissue: str, weight: Float64) -> None:
        """Lay a tissue over what is there: it takes the share ``weight`` (0 to 1) of a pixel."""
        for fraction in self.fractions.values():
            fraction *= 1 - weight
        self.fractions[tissue] = self.fractions.get(tissue, 0.0) + weight

    def signal(self, sequence: Sequence, *, uptake: float = 1.0) -> Float64:
        """Return the signal of every pixel, in thousandths of fully relaxed water's."""
        parts = (
            1000.0 * sequence.signal(tissue, uptake=uptake) * fraction
            for tissue, fraction in self.fractions.items()
        )
        return np.asarray(sum(parts, np.zeros_like(self.fractions["air"])))


def scanned(
    signals: Mapping[str, Float64], grid: Grid, random: Generator, *, noise: float, bias: float
) -> Float32:
    """Return magnitude images (C, *shape) of signals: one coil's smooth bias, and Rician noise.

    ``bias`` is the standard deviation of the logarithm of the sensitivity, ``noise`` that of
    either channel of the receiver, in the units of the signals.
    """
    sensitivity = np.exp(bias * smooth_field(grid.shape, random, width=70.0, spacing=grid.spacing))
    images = []
    for signal in signals.values():
        real, imaginary = random.normal(0.0, noise, (2, *grid.shape))
        images.append(np.hypot(signal * sensitivity + real, imaginary))
    return np.stack(images).astype(np.float32)
