"""B-mode ultrasound of the breast: layers of tissue in speckle, lesions, shadow and enhancement."""

from __future__ import annotations

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import Drawn, cohort_of, phantoms
from cancergan.cohort.phantoms.fields import (
    Generator,
    log_compressed,
    sheared,
    smooth_field,
    speckle,
)
from cancergan.cohort.phantoms.people import (
    checked_range,
    checked_size,
    draw_class,
    draw_person,
    style_of,
)
from cancergan.cohort.phantoms.shapes import Blob, blob, inner_point, positions, soft_edge

DEPTH_MM = 36.0
# Standard deviation of the point-spread function, along the beam and across it.
RESOLUTION_MM = (0.2, 0.4)
DECIBELS = 60.0
GLAND_DECIBELS = -29.0


@phantoms.register("breast_ultrasound")
def breast_ultrasound(
    cases: int,
    seed: int,
    *,
    size: int = 112,
    prevalence: float = 0.33,
    normal: float = 0.2,
    lesion_radius: tuple[float, float] = (3.0, 7.0),
    contrast: float = 16.0,
    attenuation: float = 0.4,
    log_compression: bool = True,
    centres: int = 3,
) -> Cohort:
    """Ultrasound of the breast; label normal, benign or malignant; mask 1 is the lesion.

    Pixels are grey levels 0-255 over 60 dB, or the envelope itself; 36 mm are ``size`` pixels.

    Realistic: fully developed speckle (Rayleigh's law, coarser across the beam than along); skin,
    fat with septa, fibroglandular bands, muscle; a benign lesion is oval, circumscribed, wider than
    tall, with enhancement behind it; a malignant one is irregular, taller, with an echogenic halo
    and a shadow. Not realistic: no beam focus, reverberation, compounding, callipers or text; no
    calcifications; attenuation does not
    lower the frequency.

    Args:
        cases: how many.
        seed: of all draws.
        size: pixels along both axes.
        prevalence: share of malignant cases.
        normal: share of cases without a lesion; the rest is benign.
        lesion_radius: least and largest radius (mm) of the disc of the lesion's area.
        contrast: how many decibels the lesion is darker than fibroglandular tissue.
        attenuation: decibels per millimetre of depth that time gain leaves uncompensated.
        log_compression: whether pixels are grey levels, rather than the envelope.
        centres: how many hospitals; each sets its own gain.
    """
    shape = (checked_size(size), checked_size(size))
    spacing = DEPTH_MM / size
    lesion_radius = checked_range("lesion_radius", lesion_radius, at_most=DEPTH_MM / 4)

    def draw(random: Generator, number: int) -> Drawn:
        label = draw_class(random, {"malignant": prevalence, "normal": normal}, "benign")
        person = draw_person(random, age=(51.0, 13.0), female=1.0, centres=centres)
        decibels = _layers(random, shape, spacing)
        mask, radius = np.zeros(shape, np.uint8), 0.0
        if label != "normal":
            outline = _outline(random, label, lesion_radius)
            at = _around(random, shape, spacing, margin=1.5 * outline.radius)
            decibels = _with_lesion(decibels, outline, at, label=label, contrast=contrast)
            mask[outline.contains(at)] = 1
            radius = outline.radius
        decibels -= attenuation * spacing * np.arange(shape[0])[:, None]
        gain = style_of(person["centre"], "ultrasound").normal(0.0, 2.0)
        width = np.asarray(RESOLUTION_MM) / spacing
        image = speckle(10 ** ((decibels + gain) / 20), random, width=width)
        if log_compression:
            image = log_compressed(image, decibels=DECIBELS)
        row = {"label": label, **person, "lesion_radius_mm": radius, "contrast_db": contrast}
        return Drawn(image[None].astype(np.float32), mask, row, (spacing, spacing))

    return cohort_of(draw, cases, seed, name="breast_ultrasound")


def _layers(random: Generator, shape: tuple[int, int], spacing: float) -> Float64:
    """Return the echo level (dB) of skin, fat, fibroglandular tissue and muscle, from the top."""
    depth = np.arange(shape[0])[:, None] * spacing
    waves = [random.uniform(0.6, 1.6) * _waves(random, shape, spacing) for _ in range(3)]
    skin = depth - random.uniform(1.2, 2.0) - 0.15 * waves[0]
    fat = depth - random.uniform(6.0, 11.0) - 1.2 * waves[1]
    gland = depth - random.uniform(24.0, 30.0) - 1.0 * waves[2]
    septa = _fibres(random, shape, spacing, width=(0.3, 5.0))
    bands = _fibres(random, shape, spacing, width=(0.5, 4.0))
    striae = _fibres(random, shape, spacing, width=(0.25, 7.0))
    level = np.where(skin < 0, -17.0, -38.0 + 14 * np.maximum(septa - 0.9, 0.0))
    level = level + soft_edge(fat, 1.0) * (GLAND_DECIBELS + 4.5 * bands - level)
    level = level + soft_edge(gland, 0.5) * (-38.0 + 6.0 * striae - level)
    fascia = np.exp(-((gland / 0.35) ** 2)) + 0.7 * np.exp(-(((skin - 0.1) / 0.25) ** 2))
    return np.asarray(level + 12 * fascia)


def _waves(random: Generator, shape: tuple[int, int], spacing: float) -> Float64:
    """Return one smooth line across the image, (1, columns), of variance about 1."""
    return smooth_field((shape[1],), random, width=5.0, spacing=spacing)[None]


def _fibres(
    random: Generator, shape: tuple[int, int], spacing: float, *, width: tuple[float, float]
) -> Float64:
    """Return a texture drawn out sideways that follows a slow undulation, variance about 1."""
    texture = smooth_field(shape, random, width=width, spacing=spacing)
    return sheared(texture, 1.5 / spacing * _waves(random, shape, spacing))


def _around(random: Generator, shape: tuple[int, int], spacing: float, *, margin: float) -> Float64:
    """Return positions (2, rows, columns) in millimetres around where a lesion is: not too deep."""
    centre = inner_point(random, shape, spacing=spacing, margin=margin)
    return positions(shape, spacing=spacing, centre=np.maximum(centre * (0.85, 1.0), margin))


def _outline(random: Generator, label: str, radius: tuple[float, float]) -> Blob:
    size = random.uniform(*radius)
    if label == "benign":
        return blob(
            random,
            radius=size,
            irregularity=random.uniform(0.02, 0.06),
            detail=1.5,
            elongation=random.uniform(1.2, 1.8),
            turned=False,
        )
    return blob(
        random,
        radius=size,
        irregularity=random.uniform(0.12, 0.22),
        detail=4.0,
        elongation=random.uniform(0.75, 1.05),
        spikes=int(random.integers(4, 10)),
        spike_height=random.uniform(0.2, 0.5),
        turned=False,
    )


def _with_lesion(
    decibels: Float64, outline: Blob, at: Float64, *, label: str, contrast: float
) -> Float64:
    """Return the echo levels with a lesion and with what it does to the tissue behind it."""
    from scipy.ndimage import gaussian_filter1d

    depth = outline.depth(at)
    inside = depth > 0
    spacing = at[0, 1, 0] - at[0, 0, 0]
    path = gaussian_filter1d(np.cumsum(inside, axis=0) * spacing, 0.6 / spacing, axis=1)
    behind = ~inside & (at[0] > 0)
    sign = 6.0 if label == "benign" else -12.0
    changed = decibels + np.where(behind, sign * np.tanh(path / outline.radius), 0.0)
    if label == "malignant":
        changed = changed + 7.0 * np.exp(-(((depth + 1.0) / 1.0) ** 2)) * ~behind
    level = GLAND_DECIBELS - contrast
    return np.asarray(changed + soft_edge(depth, 0.3) * (level - changed))
