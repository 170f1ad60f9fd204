"""Pictures of plans: slices of dose by method, and dose-volume histograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.core.pictures import Picture, captioned, grid, to_picture
from cancergan.metrics.dose import dose_volume_histogram
from cancergan.studies.plans import Plan, Volume

_SHOWN, _AT_LEAST = 4, 96
_SOFT_TISSUE = 400.0  # half the width of the window that CT is shown in


def slices(cohort: Cohort, plans: Sequence[Plan], doses: Mapping[str, list[Volume]]) -> Picture:
    """Return the slice with most dose of some patients: CT, planned dose, and every method's.

    Dose is scaled to the largest planned one of its patient.
    """
    chosen = range(0, len(plans), max(1, len(plans) // _SHOWN))[:_SHOWN]
    rows: dict[str, list[Picture]] = {name: [] for name in ("image", "planned", *doses)}
    for n in chosen:
        plan, image = plans[n], np.asarray(cohort[n].image, np.float64)[0]
        place = int(plan.dose.sum(axis=(0, 1)).argmax()) if plan.dose.ndim == 3 else None
        middle = float(np.median(image[plan.region]))
        rows["image"].append(_picture((image - middle) / _SOFT_TISSUE, place))
        largest = float(plan.dose.max())
        shown = {"planned": plan.dose, **{name: made[n] for name, made in doses.items()}}
        for name, dose in shown.items():
            rows[name].append(_picture(dose / largest * 2 - 1, place))
    strips = {name: grid(pictures, columns=len(pictures)) for name, pictures in rows.items()}
    return captioned(strips, width=200)


def histograms(plan: Plan, doses: Mapping[str, Volume]) -> Picture:
    """Return the dose-volume histograms of one plan, a panel a method: planned full, its dashed."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(doses), 3.6), dpi=100, layout="constrained")
    panels = figure.subplots(1, len(doses), sharey=True, squeeze=False)[0]
    gray = np.linspace(0, 1.1 * float(plan.dose.max()), 120)
    drawn = {name: inside for name, inside in plan.structures.items() if inside.any()}
    for panel, (method, dose) in zip(panels, doses.items(), strict=True):
        for number, (name, inside) in enumerate(drawn.items()):
            colour = f"C{number % 10}"
            wanted = dose_volume_histogram(plan.dose, inside, gray) * 100
            found = dose_volume_histogram(dose, inside, gray) * 100
            panel.plot(gray, wanted, color=colour, linewidth=1.6, label=name)
            panel.plot(gray, found, color=colour, linewidth=1.2, linestyle="--")
        panel.set_title(f"{method} (dashed)", fontsize=9)
        panel.set_xlabel("dose (Gy)")
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("volume (%)")
    panels[-1].legend(frameon=False, fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return pixels[..., :3].copy()


def _picture(values: npt.NDArray[np.float64], place: int | None) -> Picture:
    flat = values if place is None else values[..., place]
    return to_picture(np.clip(flat, -1, 1)[None], at_least=_AT_LEAST)
