"""What may be wrong with the pixels of a case, each with its reason in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cancergan.cohort.case import Case, Float64
from cancergan.cohort.curation.step import image_of

SMALLEST_SIDE = 32
EMPTY_SHARE = 0.01
SATURATED_SHARE = 0.05
CUT_OFF_SHARE = 0.6
# Limits to the cohort's own spread, in robust standard deviations below its median.
BLUR_DEVIATIONS = 4.0
FEWEST_TO_COMPARE = 20
LOW_CONTRAST = 0.1


@dataclass(frozen=True)
class Flag:
    """One doubt about one case: its position, what kind, and why."""

    position: int
    kind: str
    reason: str


@dataclass(frozen=True)
class Measured:
    """What quality is judged by.

    Attributes:
        bad: number of pixels that are NaN or infinite.
        shape: spatial shape.
        same: share of pixels that hold the most frequent value.
        at_low, at_high: share of pixels at the smallest and at the largest value.
        contrast: from the 1st to the 99th percentile.
        sharpness: energy of details of one pixel over that of two (see ``sharpness``).
    """

    bad: int
    shape: tuple[int, ...]
    same: float
    at_low: float
    at_high: float
    contrast: float
    sharpness: float


def measured(case: Case) -> Measured:
    """Return the measures of one case; pixels that are not finite are left out of the others."""
    image = image_of(case)
    finite = image[np.isfinite(image)]
    bad = image.size - finite.size
    if not finite.size:
        return Measured(bad, image.shape[1:], 1.0, 1.0, 1.0, 0.0, 0.0)
    low, high = np.percentile(finite, (1, 99))
    _, counts = np.unique(finite, return_counts=True)
    return Measured(
        bad=bad,
        shape=image.shape[1:],
        same=float(counts.max() / finite.size),
        at_low=float(counts[0] / finite.size),
        at_high=float(counts[-1] / finite.size),
        contrast=float(high - low),
        sharpness=sharpness(case),
    )


def sharpness(case: Case) -> float:
    """Return how much fine detail there is for the coarser one: about 0.3 if sharp, 0 if blurred.

    Ratio of the mean squared difference between the image and itself smoothed by one pixel, to
    that between smoothings by one and three pixels. Of the middle slice of a volume.
    """
    from scipy.ndimage import gaussian_filter

    grey = np.nan_to_num(image_of(case).mean(axis=0), posinf=0.0, neginf=0.0)
    grey = grey[..., grey.shape[-1] // 2] if grey.ndim == 3 else grey
    fine, coarse = gaussian_filter(grey, 1.0), gaussian_filter(grey, 3.0)
    below = float(((fine - coarse) ** 2).mean())
    return float(((grey - fine) ** 2).mean() / below) if below > 0 else 0.0


def flags(cases: Sequence[Measured]) -> list[Flag]:
    """Return the doubts about the cases of one cohort.

    Blur and low contrast are judged by the cohort's own median, from 20 cases on.
    """
    found = [flag for position, case in enumerate(cases) for flag in _own_flags(position, case)]
    return sorted([*found, *_compared(cases)], key=lambda flag: flag.position)


def _own_flags(position: int, case: Measured) -> list[Flag]:
    """Return what a case shows by itself; of an empty image nothing more is said."""
    found = []
    if case.bad:
        found.append(Flag(position, "not finite", f"{case.bad} pixels are NaN or infinite"))
    if min(case.shape) < SMALLEST_SIDE:
        size = " x ".join(map(str, case.shape))
        found.append(Flag(position, "tiny", f"{size} pixels; a side is below {SMALLEST_SIDE}"))
    if case.same > 1 - EMPTY_SHARE:
        share = "all pixels are" if case.same == 1 else f"{100 * case.same:.1f} % of the pixels are"
        return [*found, Flag(position, "empty", f"{share} of one value")]
    if case.at_high > SATURATED_SHARE:
        reason = f"{100 * case.at_high:.0f} % of the pixels have the largest value"
        found.append(Flag(position, "saturated", reason))
    if case.at_low > CUT_OFF_SHARE:
        reason = f"{100 * case.at_low:.0f} % of the pixels have the smallest value"
        found.append(Flag(position, "mostly background", reason))
    return found


def _compared(cases: Sequence[Measured]) -> list[Flag]:
    seen = [n for n, case in enumerate(cases) if case.same <= 1 - EMPTY_SHARE]
    if len(seen) < FEWEST_TO_COMPARE:
        return []
    contrast = np.array([cases[n].contrast for n in seen])
    sharp = np.log10(np.maximum([cases[n].sharpness for n in seen], 1e-6))
    limit = _lower_limit(sharp)
    found = [
        Flag(n, "blurred", f"sharpness {10**value:.2g}, the median is {10 ** np.median(sharp):.2g}")
        for n, value in zip(seen, sharp, strict=True)
        if value < limit
    ]
    typical = float(np.median(contrast))
    return found + [
        Flag(n, "low contrast", f"a range of {value:.3g}, the median is {typical:.3g}")
        for n, value in zip(seen, contrast, strict=True)
        if value < LOW_CONTRAST * typical
    ]


def _lower_limit(values: Float64) -> float:
    """Return median minus four robust standard deviations (1.4826 times the median deviation)."""
    median = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - median)))
    return median - BLUR_DEVIATIONS * max(spread, 0.05)
