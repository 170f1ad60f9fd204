"""How alike two pictures are once laid on each other: correlation of their detail at best shift."""

from __future__ import annotations

import numpy as np

from cancergan.cohort.case import Float32
from cancergan.cohort.curation.thumbnails import (
    DETAIL_SCALE,
    DETAIL_SIDE,
    SYMMETRIES,
    VIEWS,
    local_contrast,
    seen,
    turned,
)

ZOOMS = (1.0, 0.95, 1.05)
LEAST_OVERLAP = 0.6


def aligned_correlation(first: Float32, second: Float32, *, view: int, symmetry: int) -> float:
    """Return the largest correlation of detail over shifts and small zooms.

    The first (96, 96) thumbnail is seen by the view and turned by the symmetry before. At least
    60 % of the pictures must overlap. Copies come near 1, whatever their window or compression;
    different images stay well below, however alike their layout is.
    """
    fixed = local_contrast(seen(second[None], VIEWS[0], DETAIL_SIDE), DETAIL_SCALE)[0]
    moving = [
        local_contrast(seen(first[None], _zoomed(VIEWS[view], zoom), DETAIL_SIDE), DETAIL_SCALE)
        for zoom in ZOOMS
    ]
    pictures = turned(np.concatenate(moving), SYMMETRIES[symmetry])
    return float(_correlations(pictures, fixed).max())


def _zoomed(
    view: tuple[float, float, float, float], zoom: float
) -> tuple[float, float, float, float]:
    """Return a view widened or narrowed about its centre, within the picture."""
    top, left, bottom, right = view
    down, across = (bottom - top) * (zoom - 1) / 2, (right - left) * (zoom - 1) / 2
    wide = (top - down, left - across, bottom + down, right + across)
    low, high = np.clip(wide[:2], 0.0, 1.0), np.clip(wide[2:], 0.0, 1.0)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _correlations(moving: Float32, fixed: Float32) -> Float32:
    """Return the correlation of each (side, side) picture with the fixed one, at every shift."""
    from scipy.fft import irfft2, rfft2

    padded = (2 * DETAIL_SIDE, 2 * DETAIL_SIDE)
    ones = rfft2(np.ones_like(fixed), s=padded)
    there, there_energy = rfft2(fixed, s=padded), rfft2(fixed**2, s=padded)
    here, here_energy = np.conj(rfft2(moving, s=padded)), np.conj(rfft2(moving**2, s=padded))
    product = irfft2(there * here)
    energy = irfft2(there_energy * np.conj(ones)) * irfft2(ones * here_energy)
    overlap = irfft2(ones * np.conj(ones)) / fixed.size
    usable = (overlap >= LEAST_OVERLAP) & (energy > 1e-3 * fixed.size**2)
    return np.where(usable, product / np.sqrt(np.maximum(energy, 1e-9)), -1.0).astype(np.float32)
