"""What is written beside the table of a saved cohort: classes, geometry, scale, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cancergan.cohort.contents import Contents
from cancergan.cohort.pixels import Pixels
from cancergan.cohort.readers.native import VERSION


def record(
    contents: Contents,
    table: pd.DataFrame,
    geometry: Mapping[str, Mapping[str, Any]],
    scale: Mapping[str, float],
) -> dict[str, Any]:
    """Return the JSON that makes a saved table open as the very same cohort.

    ``geometry`` is by case id; ``scale`` the slope and intercept of stored numbers. Empty parts are
    left out.
    """
    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    everything = {
        "format": "cancergan cohort",
        "version": VERSION,
        "classes": list(contents.classes) or None,
        "unit_is_known": contents.unit_is_known,
        "text_columns": texts,
        "scale": dict(scale),
        "geometry": dict(geometry),
        "provenance": dict(contents.provenance),
    }
    return {key: value for key, value in everything.items() if value not in (None, {})}


def geometry_of(pixels: Pixels) -> dict[str, Any]:
    """Return spacing and affine exactly, as JSON; nothing where they say nothing."""
    stated: dict[str, Any] = {}
    if any(size != 1.0 for size in pixels.spacing):
        stated["spacing"] = list(map(float, pixels.spacing))
    if pixels.affine is not None:
        stated["affine"] = np.asarray(pixels.affine, dtype=float).tolist()
    return stated
