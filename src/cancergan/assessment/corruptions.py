"""Five ways to spoil a set of real images as a bad generator would, each in three grades."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from cancergan.assessment.context import Context, Side
from cancergan.assessment.neighbours import thumbnails
from cancergan.cohort.case import Float32

Spoil = Callable[[Context, Side, float, np.random.Generator], Side]


@dataclass(frozen=True)
class Corruption:
    """One way to spoil images.

    Attributes:
        family: the family of metrics that should notice.
        unit: what a grade means.
        grades: from slight to gross.
        spoil: from the context, the side to spoil, a grade and a generator to the spoilt side.
    """

    family: str
    unit: str
    grades: tuple[float, ...]
    spoil: Spoil


def blur(context: Context, side: Side, grade: float, generator: np.random.Generator) -> Side:
    """Blur every image by a Gaussian of ``grade`` pixels."""
    from scipy.ndimage import gaussian_filter

    sigma = (0.0, 0.0) + (grade,) * (side.images.ndim - 2)
    return replace(side, images=gaussian_filter(side.images, sigma))


def noise(context: Context, side: Side, grade: float, generator: np.random.Generator) -> Side:
    """Add white noise whose standard deviation is a share of the window."""
    drawn = generator.normal(0.0, 2 * grade, side.images.shape).astype(np.float32)
    return replace(side, images=np.clip(side.images + drawn, -1, 1))


def drop_modes(context: Context, side: Side, grade: float, generator: np.random.Generator) -> Side:
    """Show, of each class, only the cases most alike, mirrored and shifted, again and again.

    ``grade`` is the share of cases that no longer occur.
    """
    codes = np.zeros(len(side), dtype=np.int64) if side.labels is None else side.labels
    small = thumbnails(side.images).reshape(len(side), -1)
    chosen = np.empty(len(side), dtype=np.int64)
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        centre = small[generator.choice(rows)]
        order = rows[np.argsort(((small[rows] - centre) ** 2).sum(1), kind="stable")]
        kept = order[: max(1, round((1 - grade) * len(rows)))]
        chosen[rows] = generator.choice(kept, len(rows))
    return replace(side, images=_disguised(side.images[chosen], generator))


def copy(context: Context, side: Side, grade: float, generator: np.random.Generator) -> Side:
    """Replace a share of the images by training images of their class, mirrored, slightly noisy."""
    images = side.images.copy()
    learning = context.learning
    for row in generator.permutation(len(side))[: round(grade * len(side))]:
        same = np.arange(len(learning))
        if side.labels is not None and learning.labels is not None:
            same = np.flatnonzero(learning.labels == side.labels[row])
        image = learning.images[generator.choice(same)]
        mirrored = np.flip(image, -1) if generator.random() < 0.5 else image
        images[row] = mirrored + generator.normal(0, 0.02, image.shape)
    return replace(side, images=np.clip(images, -1, 1))


def mislabel(context: Context, side: Side, grade: float, generator: np.random.Generator) -> Side:
    """Give a share of the cases the label of another class."""
    assert side.labels is not None
    labels, classes = side.labels.copy(), len(context.classes)
    rows = generator.permutation(len(side))[: round(grade * len(side))]
    labels[rows] = (labels[rows] + generator.integers(1, classes, len(rows))) % classes
    return replace(side, labels=labels)


CORRUPTIONS: Mapping[str, Corruption] = {
    "blur": Corruption("fidelity", "sigma in pixels", (0.5, 1.0, 2.0), blur),
    "noise": Corruption("fidelity", "share of the window", (0.02, 0.05, 0.15), noise),
    "mode drop": Corruption("diversity", "share of cases lost", (0.5, 0.75, 0.9), drop_modes),
    "copied training images": Corruption("privacy", "share of cases", (0.1, 0.3, 1.0), copy),
    "wrong condition": Corruption("condition", "share of cases", (0.25, 0.5, 1.0), mislabel),
}


def _disguised(images: Float32, generator: np.random.Generator) -> Float32:
    """Return images mirrored at random and shifted by a few pixels, so that none is repeated."""
    disguised = np.empty_like(images)
    reach = max(1, min(images.shape[2:]) // 32)
    for row, image in enumerate(images):
        turned = np.flip(image, -1) if generator.random() < 0.5 else image
        axes = tuple(range(1, image.ndim))
        shifts = tuple(int(s) for s in generator.integers(-reach, reach + 1, len(axes)))
        disguised[row] = np.roll(turned, shifts, axes)
    return disguised
