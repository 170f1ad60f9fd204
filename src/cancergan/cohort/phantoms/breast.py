"""X-ray physics and lesions that both mammography phantoms share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.phantoms.fields import Generator
from cancergan.cohort.phantoms.shapes import Blob, blob, positions, soft_edge

# Attenuation of fat per millimetre relative to fibroglandular tissue at 20 keV: 0.456 / 0.802 per
# centimetre (Johns and Yaffe 1987).
FAT = 0.57
COMPRESSED_THICKNESS = 55.0
# Share of fibroglandular tissue in the breast, for BI-RADS grades a to d.
GLANDULAR_SHARE = {"a": 0.05, "b": 0.12, "c": 0.22, "d": 0.38}
GRADE_SHARES = {"a": 0.10, "b": 0.40, "c": 0.40}


def glandular_share(texture: Float64, share: float | Float64, *, strength: float) -> Float64:
    """Return the share of fibroglandular tissue where a texture of variance 1 varies it.

    Logistic, so that it stays within 0 and 1; blurred by the 0.8 pixels of a detector.
    """
    from scipy.ndimage import gaussian_filter

    middle = np.clip(share, 1e-3, 0.95)
    odds = np.log(middle / (1 - middle)) + strength * gaussian_filter(texture, 0.8, mode="wrap")
    return np.asarray(1 / (1 + np.exp(-odds)))


@dataclass(frozen=True)
class Mass:
    """A mass: its outline, and what it adds to the image.

    Attributes:
        outline: around its own middle, millimetres.
        contrast: attenuation in excess of the tissue it displaces; 1 is fibroglandular tissue.
        blur: width of its edge in millimetres.
    """

    outline: Blob
    contrast: float
    blur: float

    def thickness(self, at: Float64) -> Float64:
        """Return the millimetres that it adds at positions (2, *shape) around its middle.

        A body as deep as it is wide: 2 contrast sqrt(radius^2 - distance^2) for a round one.
        """
        depth = self.outline.depth(at)
        reach = depth + np.sqrt((np.tensordot(self.outline.stretch, at, axes=1) ** 2).sum(axis=0))
        chord = 2 * np.sqrt(np.maximum(depth * (2 * reach - depth), 0.0))
        return np.asarray(
            self.contrast * chord * self.outline.radius / reach * soft_edge(depth, self.blur)
        )


def draw_mass(
    random: Generator, *, malignant: bool, radius: tuple[float, float], contrast: float
) -> Mass:
    """Draw a mass: benign is oval and circumscribed, malignant is irregular and spiculated."""
    size = random.uniform(*radius)
    if malignant:
        outline = blob(
            random,
            radius=size,
            irregularity=random.uniform(0.12, 0.25),
            detail=4.0,
            elongation=random.uniform(1.0, 1.3),
            spikes=int(random.integers(6, 14)),
            spike_height=random.uniform(0.4, 0.9),
        )
        return Mass(outline, contrast, blur=1.2)
    outline = blob(
        random,
        radius=size,
        irregularity=random.uniform(0.02, 0.06),
        detail=1.5,
        elongation=random.uniform(1.05, 1.6),
    )
    return Mass(outline, contrast, blur=0.4)


def draw_calcifications(
    random: Generator, *, malignant: bool, centre: Float64, spread: float
) -> Float64:
    """Draw a cluster of microcalcifications: (n, 3) rows of position and radius, millimetres.

    Malignant ones are more, finer and of many sizes; benign ones are few, larger and alike.
    """
    count = int(random.integers(12, 30) if malignant else random.integers(4, 9))
    places = centre + random.normal(0.0, spread, (count, 2))
    radii = random.lognormal(np.log(0.15 if malignant else 0.22), 0.4 if malignant else 0.1, count)
    return np.column_stack([places, np.clip(radii, 0.05, 0.5)])


def calcium(grains: Float64, shape: tuple[int, int], *, spacing: float) -> Float64:
    """Return the millimetres that microcalcifications add, each kept whole by its volume.

    A grain of radius r has a volume of 4/3 pi r^3 that attenuates 20 times as much as
    fibroglandular tissue; it is spread over a Gaussian not narrower than 0.6 pixels.
    """
    added = np.zeros(shape)
    for row, column, radius in grains:
        at = positions(shape, spacing=spacing, centre=(row, column))
        sigma = max(radius / 2, 0.6 * spacing)
        volume = 20 * 4 / 3 * np.pi * radius**3
        added += volume / (2 * np.pi * sigma**2) * np.exp(-(at**2).sum(axis=0) / (2 * sigma**2))
    return added
