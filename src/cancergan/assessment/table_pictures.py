"""The pictures of a report on tables: every column's histogram, and the correlations."""

from __future__ import annotations

import numpy as np

from cancergan.assessment.context import Context
from cancergan.assessment.findings import Panel, Picture, Row
from cancergan.core.marginals import MOST, correlations, marginal_pictures

IN_ROW = 6


def table_panels(context: Context) -> tuple[Panel, ...]:
    """Return the panels of a report on tables."""
    return _marginals(context), _correlations(context)


def _marginals(context: Context) -> Panel:
    real, synthetic = context.real.images, context.synthetic.images
    pictures = marginal_pictures(synthetic, context.columns, real)
    more = len(context.columns) - MOST
    rows = [
        Row("", tuple(Picture(one, "synthetic") for one in pictures[start : start + IN_ROW]))
        for start in range(0, len(pictures), IN_ROW)
    ]
    return Panel(
        title="Column by column",
        text="Bars: synthetic cases. Grey steps: real cases that the generator never saw. Both as "
        "shares, over the range of the training cases."
        + (f" {more} further columns are not drawn." if more > 0 else ""),
        rows=tuple(rows),
    )


def _correlations(context: Context) -> Panel:
    real, synthetic = correlations(context.real.images), correlations(context.synthetic.images)
    size = min(real.shape[0], synthetic.shape[0])
    pictures = (
        Picture(np.ascontiguousarray(real[:size, :size]), "real", "real"),
        Picture(np.ascontiguousarray(synthetic[:size, :size]), "synthetic", "synthetic"),
    )
    return Panel(
        title="Which columns go together",
        text="Correlations of all pairs of columns, in their order: red together, blue opposed, "
        "white unrelated.",
        rows=(Row("", pictures),),
    )
