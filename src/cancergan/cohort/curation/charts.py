"""Small drawings of a description as inline SVG: histograms by class, and what sizes there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from markupsafe import Markup, escape

from cancergan.cohort.case import Float64
from cancergan.cohort.curation.survey import Survey

WIDTH, HEIGHT, FOOT = 560, 150, 18
BINS = 64
MOST_CLASSES = 6


def intensity_chart(seen: Survey) -> Markup:
    """Return a histogram of intensities, one line for each class; every case counts alike."""
    edges = _edges(seen.values)
    lines = []
    for name, rows in _classes(seen):
        counts, _ = np.histogram(seen.values[rows], bins=edges)
        lines.append((name, counts / seen.values[rows].size))
    return _lines(lines, edges)


def size_chart(seen: Survey) -> Markup:
    """Return a scatter of image sizes: rows across, columns up, a dot a size, larger if frequent.

    Of a volume, the first two axes.
    """
    sizes, counts = np.unique(
        [measured.shape[:2] for measured in seen.quality], axis=0, return_counts=True
    )
    top = float(sizes.max()) * 1.1
    side = HEIGHT + 40
    dots = [
        f'<circle class="dot" cx="{30 + column / top * (side - 30):.1f}" '
        f'cy="{(1 - row / top) * (side - FOOT):.1f}" r="{3 + 9 * np.sqrt(n / counts.max()):.1f}">'
        f"<title>{row} x {column}: {n} images</title></circle>"
        for (row, column), n in zip(sizes, counts, strict=True)
    ]
    ticks = [
        f'<text x="{30 + value / top * (side - 30):.0f}" y="{side - 3}" text-anchor="middle">'
        f'{value}</text><text x="26" y="{(1 - value / top) * (side - FOOT) + 3:.0f}" '
        f'text-anchor="end">{value}</text>'
        for value in _round_values(float(sizes.max()))
    ]
    frame = f'<path class="axis" d="M30 0V{side - FOOT}H{side}" fill="none"/>'
    words = f"{len(sizes)} sizes of image"
    return _svg(side, side, words, [frame, *ticks, *dots])


def _classes(seen: Survey) -> list[tuple[str, npt.NDArray[np.intp]]]:
    table = seen.cohort.table
    if "label" not in table:
        return [("all", np.arange(len(table)))]
    labels = table["label"].astype(object)
    named = [(name, np.flatnonzero((labels == name).to_numpy())) for name in seen.cohort.classes]
    named = [(name, rows) for name, rows in named if len(rows)]
    return named[:MOST_CLASSES] or [("all", np.arange(len(table)))]


def _lines(lines: Sequence[tuple[str, Float64]], edges: Float64) -> Markup:
    # A background that fills half of every image must not flatten all that is of interest.
    most = max(float(np.sort(counts)[-3]) for _, counts in lines) * 1.2 or 1.0
    step = WIDTH / (len(edges) - 1)
    parts = []
    for number, (_, counts) in enumerate(lines):
        heights = [
            f"{place * step:.1f},{(1 - min(count / most, 1.0)) * (HEIGHT - FOOT):.1f}"
            f" {(place + 1) * step:.1f},{(1 - min(count / most, 1.0)) * (HEIGHT - FOOT):.1f}"
            for place, count in enumerate(counts)
        ]
        parts.append(f'<polyline class="line c{number}" points="{" ".join(heights)}"/>')
    parts.append(f'<path class="axis" d="M0 {HEIGHT - FOOT}H{WIDTH}"/>')
    middle = (edges[0] + edges[-1]) / 2
    for place, value in ((0, edges[0]), (WIDTH / 2, middle), (WIDTH, edges[-1])):
        anchor = "start" if place == 0 else "end" if place == WIDTH else "middle"
        parts.append(
            f'<text x="{place}" y="{HEIGHT - 3}" text-anchor="{anchor}">{value:.4g}</text>'
        )
    words = "histogram of intensities for " + ", ".join(name for name, _ in lines)
    return _svg(WIDTH, HEIGHT, words, parts)


def legend(seen: Survey) -> list[str]:
    """Return the classes in the order of the histogram's colours."""
    return [name for name, _ in _classes(seen)]


def _edges(values: Float64) -> Float64:
    """Return the edges of the bins; of whole numbers each bin holds equally many."""
    low, high = np.percentile(values, (0.2, 99.8))
    if not np.array_equal(values, np.rint(values)):
        return np.linspace(low, max(high, low + 1e-6), BINS + 1)
    width = max(1.0, np.ceil((high - low + 1) / BINS))
    return np.asarray(np.arange(np.floor(low), high + width + 1, width))


def _round_values(most: float) -> list[int]:
    """Return up to four round numbers between 0 and the largest.

    >>> _round_values(160), _round_values(96), _round_values(512)
    ([50, 100, 150], [50], [200, 400])
    """
    steps = (factor * 10**power for power in range(7) for factor in (1, 2, 5))
    step = next(step for step in steps if most / step < 4)
    return list(range(step, int(most) + 1, step))


def _svg(width: float, height: float, words: str, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(words)}">{"".join(parts)}</svg>'
    )
