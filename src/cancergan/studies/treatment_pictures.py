"""Pictures of treatment: who might have had what, and estimated effects beside true ones."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.core.pictures import Picture

Values = npt.NDArray[np.float64]
Effects = tuple[Values, Values | None, Values | None]
SHOWN = 80


def overlap_picture(
    propensity: Values, treatment: npt.NDArray[Any], arms: Sequence[str]
) -> Picture:
    """Return the propensity of the second treatment among those who had each."""
    figure, axes = _figure(1, (6.5, 2.6))
    edges = np.linspace(0, 1, 31)
    for place, (arm, colour) in enumerate(zip(arms, ("#3a6ea5", "#b2182b"), strict=False)):
        counts, _ = np.histogram(propensity[treatment == place], edges)
        axes[0].stairs(counts, edges, color=colour, fill=True, alpha=0.45, label=f"had {arm}")
    axes[0].set_xlabel(f"propensity of treatment {arms[1]}, cross-fitted")
    axes[0].set_ylabel("patients")
    axes[0].legend(frameon=False)
    return _drawn(figure)


def effect_picture(effects: Mapping[str, Effects], truth: Values) -> Picture:
    """Return each method's effects over the true ones, with its intervals where it has any."""
    figure, axes = _figure(len(effects), (2.9 * len(effects), 3.1))
    shown = np.unique(np.linspace(0, len(truth) - 1, min(SHOWN, len(truth))).astype(int))
    both = np.concatenate([truth, *(one[0] for one in effects.values())])
    ends = np.quantile(both, [0.005, 0.995]) + np.array([-1, 1]) * 0.05 * (np.ptp(both) + 1e-9)
    for panel, (name, (estimate, low, high)) in zip(axes, effects.items(), strict=True):
        panel.plot(ends, ends, color="grey", linewidth=0.8)
        if low is not None and high is not None:
            panel.vlines(truth[shown], low[shown], high[shown], color="#9db8d6", linewidth=1)
        panel.plot(truth[shown], estimate[shown], ".", color="#3a6ea5", markersize=4)
        panel.set_title(name, fontsize=9)
        panel.set_xlim(*ends)
        panel.set_ylim(*ends)
        panel.set_xlabel("true effect")
    axes[0].set_ylabel("estimated effect")
    return _drawn(figure)


def curve_picture(
    curves: Mapping[str, Values], truth: Values, doses: Values, *, patients: int = 4
) -> Picture:
    """Return the dose response (n, D) of some patients by every method, the true one in black."""
    figure, axes = _figure(patients, (2.9 * patients, 3.1))
    chosen = np.linspace(0, len(truth) - 1, patients).astype(int)
    for panel, patient in zip(axes, chosen, strict=True):
        panel.plot(doses, truth[patient], color="black", label="true")
        for name, values in curves.items():
            panel.plot(doses, values[patient], label=name, linewidth=1)
        panel.set_xlabel("dose")
    axes[0].set_ylabel("outcome")
    axes[0].legend(frameon=False, fontsize=7)
    return _drawn(figure)


def _figure(panels: int, size: tuple[float, float]) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.atleast_1d(figure.subplots(1, panels))
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _drawn(figure: Any) -> Picture:
    from PIL import Image

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    with Image.open(buffer) as image:
        return np.asarray(image.convert("RGB"))
