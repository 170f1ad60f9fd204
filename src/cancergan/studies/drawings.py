"""Figures of studies as pictures: lines with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cancergan.core.pictures import Picture

Point = tuple[float, float, float, float]


def line_plot(lines: Mapping[str, Sequence[Point]], *, x: str, y: str) -> Picture:
    """Return a plot of named lines of points (x, value, low, high), intervals as bars.

    Lines are set apart by colour and marker, and their points a little in x, so that bars show.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    places = sorted({point[0] for points in lines.values() for point in points})
    gap = (places[-1] - places[0]) / max(1, len(places)) / 8 if len(places) > 1 else 0.0
    for number, (name, points) in enumerate(lines.items()):
        data = np.array(sorted(points))
        shift = (number - (len(lines) - 1) / 2) * gap / max(1, len(lines)) * 2
        spread = np.abs(data[:, 2:].T - data[:, 1])
        axes.errorbar(data[:, 0] + shift, data[:, 1], yerr=spread, marker="os^Dv"[number % 5],
                      markersize=5, linewidth=1.5, capsize=3, label=name)  # fmt: skip
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return pixels[..., :3].copy()
