"""Statistics of values, of a region's own or of its grey levels (IBSI 3.3 and 3.4)."""

from __future__ import annotations

import numpy as np

from cancergan.metrics.arrays import Float64, Integers
from cancergan.metrics.radiomics.glcm import entropy

Figures = dict[str, float]
VOLUME_HISTOGRAM = (
    "volume_at_10",
    "volume_at_90",
    "volume_difference_10_90",
    "intensity_at_10",
    "intensity_at_90",
    "intensity_difference_10_90",
)


def intensity_features(
    values: Float64, *, voxel_volume: float = 1.0, shift: float = 0.0
) -> Figures:
    """Return the intensity-based statistics of values (n,), n at least 1.

    Skewness and kurtosis of values that are all equal, and coefficients whose denominator is 0, are
    NaN. ``shift`` is added before energy and root mean square.
    """
    energy = float(((values + shift) ** 2).sum())
    return statistics(values) | {
        "energy": energy,
        "total_energy": energy * voxel_volume,
        "root_mean_square": float(np.sqrt(energy / len(values))),
    }


def statistics(values: Float64, counts: Float64 | None = None) -> Figures:
    """Return the statistics that values and grey levels have in common.

    Of values (n,), or of ascending values that occur so often each: counts (n,), all above 0.
    """
    counts = np.ones(len(values)) if counts is None else counts
    total = counts.sum()

    def mean_of(figures: Float64) -> float:
        return float(figures @ counts / total)

    least, tenth, quarter, median, three_quarters, ninetieth, greatest = percentiles(
        values, (0, 10, 25, 50, 75, 90, 100), counts
    )
    mean = mean_of(values)
    centred = values - mean
    squares = centred * centred
    variance = mean_of(squares)
    flat = greatest == least
    middle = (values >= tenth) & (values <= ninetieth)
    of_middle, in_middle = counts[middle], values[middle]
    robust_mean = in_middle @ of_middle / of_middle.sum()
    return {
        "mean": mean,
        "variance": variance,
        "skewness": np.nan if flat else mean_of(squares * centred) / variance**1.5,
        "kurtosis": np.nan if flat else mean_of(squares * squares) / variance**2 - 3,
        "median": median,
        "minimum": least,
        "percentile_10": tenth,
        "percentile_90": ninetieth,
        "maximum": greatest,
        "interquartile_range": three_quarters - quarter,
        "range": greatest - least,
        "mean_absolute_deviation": mean_of(np.abs(centred)),
        "robust_mean_absolute_deviation": float(
            np.abs(in_middle - robust_mean) @ of_middle / of_middle.sum()
        ),
        "median_absolute_deviation": mean_of(np.abs(values - median)),
        "coefficient_of_variation": _ratio(np.sqrt(variance), mean),
        "quartile_coefficient_of_dispersion": _ratio(
            three_quarters - quarter, three_quarters + quarter
        ),
    }


def histogram_features(levels: Integers) -> Figures:
    """Return the statistics of grey levels (n,) from 1, and of their histogram.

    The gradients need two levels or more.
    """
    counts = np.bincount(levels)[1:].astype(np.float64)
    share = counts / len(levels)
    present = np.flatnonzero(counts)
    figures = statistics(present.astype(np.float64) + 1, counts[present]) | {
        # Of several modes, the one nearest to the mean (IBSI 3.4.9).
        "mode": _mode(counts, float(levels.mean())),
        "entropy": float(entropy(share[None])[0]),
        "uniformity": float((share**2).sum()),
    }
    undefined = dict.fromkeys(
        (
            "maximum_gradient",
            "maximum_gradient_level",
            "minimum_gradient",
            "minimum_gradient_level",
        ),
        np.nan,
    )
    if len(counts) < 2:
        return figures | undefined
    slope = np.gradient(counts)
    return figures | {
        "maximum_gradient": float(slope.max()),
        "maximum_gradient_level": float(slope.argmax() + 1),
        "minimum_gradient": float(slope.min()),
        "minimum_gradient_level": float(slope.argmin() + 1),
    }


def volume_histogram_features(values: Float64, *, step: float | None = None) -> Figures:
    """Return the intensity-volume histogram's features of values (n,) (IBSI 3.5; El Naqa 2009).

    ``volume_at_10`` is the share of voxels of at least 10 % of the range; ``intensity_at_10`` the
    least intensity that at most 10 % of the voxels reach, in steps from the least value: of
    ``step``, or a thousandth of the range. NaN where all values are equal.
    """
    ordered = np.sort(values)
    low, extent = ordered[0], ordered[-1] - ordered[0]
    if extent == 0:
        return dict.fromkeys(VOLUME_HISTOGRAM, np.nan)
    step = extent / 1000 if step is None else step
    # One step beyond the greatest value, which no voxel reaches.
    grid = low + step * np.arange(int(np.ceil(extent / step)) + 2)
    reached = 1 - np.searchsorted(ordered, grid) / len(values)
    tenth, most = (
        float(1 - np.searchsorted(ordered, low + share * extent) / len(values))
        for share in (0.1, 0.9)
    )
    bright, dark = (float(grid[np.argmax(reached <= share)]) for share in (0.1, 0.9))
    found = (tenth, most, tenth - most, bright, dark, bright - dark)
    return dict(zip(VOLUME_HISTOGRAM, found, strict=True))


def percentiles(
    values: Float64, percents: tuple[float, ...], counts: Float64 | None = None
) -> list[float]:
    """Return percentiles with linear interpolation; one sort for all, where NumPy takes several.

    With counts (n,), values are ascending and each occurs so often.
    """
    ordered = np.sort(values)
    upto = np.cumsum(np.ones(len(values)) if counts is None else counts)
    place = np.array(percents) / 100 * (upto[-1] - 1)
    below = np.floor(place)
    lower = ordered[np.searchsorted(upto, below, side="right")]
    upper = ordered[np.searchsorted(upto, np.minimum(below + 1, upto[-1] - 1), side="right")]
    return [float(value) for value in lower + (place - below) * (upper - lower)]


def _mode(counts: Float64, mean: float) -> float:
    modes = np.flatnonzero(counts == counts.max()) + 1
    return float(modes[np.abs(modes - mean).argmin()])


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator else np.nan
