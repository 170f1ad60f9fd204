"""What is measured of one case: its background, its lesion against it, and the outline between."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Case, Float64
from cancergan.cohort.shifts.annotation import signed_depth, typical_radius
from cancergan.cohort.window import IntensityWindow

Bool = npt.NDArray[np.bool_]
# (image, regions) -> features by region and name: intensities (*spatial), about 0 to 1.
Radiomics = Callable[[Float64, Mapping[str, Bool]], Mapping[str, Mapping[str, float]]]
SMALLEST = 1e-3
FEWEST_PIXELS = 12
# Where the surroundings of a lesion begin and end, in its radii beyond the outline.
NEAR, FAR = 0.6, 1.6


def first_order(image: Float64, regions: Mapping[str, Bool]) -> dict[str, dict[str, float]]:
    """Return first-order radiomics of regions, of the image and of its detail at two scales.

    Level (mean), spread (log of the standard deviation after smoothing), fine detail (log of the
    mean absolute response at one pixel) and how much coarser detail exceeds it, which grows with
    blur. In units of the window; ``SMALLEST`` stands in for the logarithm of nothing.
    """
    from scipy.ndimage import gaussian_filter

    smooth, smoother = gaussian_filter(image, 1.0), gaussian_filter(image, 2.0)
    fine, coarse = np.abs(image - smooth), np.abs(smooth - smoother)
    features = {}
    for name, where in regions.items():
        detail = float(np.log(SMALLEST + fine[where].mean()))
        features[name] = {
            "level": float(image[where].mean()),
            "spread": float(np.log(SMALLEST + smoother[where].std())),
            "fine_detail": detail,
            "coarse_over_fine": float(np.log(SMALLEST + coarse[where].mean())) - detail,
        }
    return features


def measured_case(
    case: Case,
    window: IntensityWindow,
    *,
    use_mask: bool = True,
    radiomics: Radiomics = first_order,
) -> dict[str, float]:
    """Return features of one case by name: ``background.*``, ``lesion.*`` and ``outline.*``.

    Args:
        case: with an image (C, *spatial).
        window: of the reference; gives intensities their unit.
        use_mask: whether the lesion is told from the background; else all is background.
        radiomics: what is measured of a region.
    """
    assert case.image is not None
    column = (-1,) + (1,) * (case.image.ndim - 1)
    low = np.reshape(window.low, column)
    unit = (case.image - low) / (np.reshape(window.high, column) - low)
    features = {
        f"background.log_spacing_{axis}": float(np.log(step))
        for axis, step in enumerate(case.spacing)
    }
    mask = case.mask if use_mask else None
    if mask is None or not (mask > 0).any() or (mask > 0).all():
        return features | _texture(unit, {"background": np.ones(unit.shape[1:], bool)}, radiomics)
    depth = signed_depth(mask)
    radius = max(typical_radius(depth), 1.0)
    regions = _regions(depth, radius)
    features |= _texture(unit, regions, radiomics)
    if "core" in regions:
        outline = _outline(unit, depth, radius)
        scale = float(np.exp(np.mean(np.log(case.spacing))))
        # Where the outline is too generous the lesion itself is smaller than drawn.
        inner = radius * scale * (1 - outline["outline.offset"])
        features |= {"lesion.log_radius": float(np.log(inner))} | outline
    return features


def _regions(depth: Float64, radius: float) -> dict[str, Bool]:
    """Return the background, and the core and the surroundings of a lesion that is large enough.

    The core is the deeper half: an outline that is too generous hardly reaches it.
    """
    far = depth < -max(3.0, NEAR * radius)
    background = far if far.sum() >= FEWEST_PIXELS else depth < 0
    if (depth > 0).sum() < FEWEST_PIXELS:
        return {"background": background}
    around = (depth < -NEAR * radius) & (depth > -FAR * radius)
    around = around if around.sum() >= FEWEST_PIXELS else background
    core = depth >= np.median(depth[depth > 0])
    return {"background": background, "core": core, "around": around}


def _texture(unit: Float64, regions: Mapping[str, Bool], radiomics: Radiomics) -> dict[str, float]:
    """Return what was measured of the background, and what the core has beyond its surroundings."""
    features = {}
    for channel, values in enumerate(unit):
        found = radiomics(values, regions)
        for name, value in found["background"].items():
            features[f"background.{name}_{channel}"] = value
            if "core" in found:
                excess = found["core"][name] - found["around"][name]
                features[f"lesion.{name}_{channel}"] = excess
    return features


def _outline(unit: Float64, depth: Float64, radius: float) -> dict[str, float]:
    """Return where the edge in the image lies beside the drawn one, and how rough that is.

    ``offset``: the centre of the squared steps of the mean intensity along the depth, in radii;
    positive where the outline is too generous. ``roughness``: log of the outline's length for the
    area within.
    """
    reach = int(np.clip(round(0.6 * radius), 3, 20))
    bins = np.floor(depth).astype(int) + reach
    near = (bins >= 0) & (bins < 2 * reach)
    counts = np.bincount(bins[near], minlength=2 * reach)
    known = counts > 0
    energy = np.zeros(2 * reach - 1)
    for values in unit:
        totals = np.bincount(bins[near], weights=values[near], minlength=2 * reach)
        profile = np.interp(
            np.arange(2 * reach), np.flatnonzero(known), totals[known] / counts[known]
        )
        energy += np.diff(profile) ** 2
    places = np.arange(1 - reach, reach)
    total = energy.sum() + SMALLEST**2
    inside = depth > 0
    edge = float((inside & (depth < 1)).sum())
    return {
        "outline.offset": float(np.clip((places * energy).sum() / total / radius, -0.5, 0.5)),
        "outline.roughness": float(np.log(edge) - np.log(inside.sum()) * (1 - 1 / depth.ndim)),
    }
